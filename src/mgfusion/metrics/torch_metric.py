"""Fusion metrics as a torchmetrics metric, for a training loop; needs torchmetrics (extra ``train``)."""

from collections.abc import Iterable

import torch
from torch import Tensor
from torchmetrics import Metric

from mgfusion.metrics import METRICS, PAPER_METRICS, evaluate_pair, select, with_weights
from mgfusion.metrics.batched import BATCHED_CONVENTIONS, evaluate_batch


class FusionMetrics(Metric):
    """Means of fusion metrics over all pictures seen, on every process together.

    >>> scores = FusionMetrics(["Qabf", "SSIM"])
    >>> scores.update(fused, ir, vis)  # (B, 1, H, W) in [0, 1], any device
    >>> scores.compute()  # {"Qabf": tensor(0.55), "SSIM": tensor(1.41)}

    The paper's six are computed where the tensors are, the others on the CPU, picture by picture. The
    states, the sum of finite values, of their weights and their number for each metric, are summed across
    processes, so that the result does not depend on how pictures were shared out. Weights are 1, but for a
    metric whose means are over something else than pictures (``HTC``: over hot targets).
    """

    full_state_update = False
    total: Tensor
    weight: Tensor
    number: Tensor

    def __init__(self, metrics: Iterable[str] = PAPER_METRICS, convention: str = "standard") -> None:
        """``metrics`` and ``convention`` as in ``mgfusion.evaluate_pair``; OptionError where unknown."""
        super().__init__()
        self.names = select(metrics, convention)
        self.convention = convention
        batched = PAPER_METRICS if convention in BATCHED_CONVENTIONS else ()
        needed = with_weights(self.names)
        self._together = [n for n in needed if n in batched]
        self._alone = [n for n in needed if n not in batched]
        for state in ("total", "weight", "number"):
            self.add_state(state, torch.zeros(len(self.names), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, fused: Tensor, ir: Tensor, vis: Tensor) -> None:
        """Add a batch: (B, 1, H, W) or (B, 3, H, W), float in [0, 1] or uint8, equal in B, H, W."""
        values = evaluate_batch(fused, ir, vis, self._together, self.convention) if self._together else {}
        if self._alone:
            arrays = [x.detach().cpu().movedim(1, -1).numpy() for x in (fused, ir, vis)]
            arrays = [x[..., 0] if x.shape[-1] == 1 else x for x in arrays]
            rows = [
                evaluate_pair(f, a, b, self._alone, self.convention) for f, a, b in zip(*arrays, strict=True)
            ]
            values |= {n: torch.tensor([row[n] for row in rows], dtype=torch.float64) for n in self._alone}
        scores = torch.stack([values[n].to(self.total) for n in self.names])
        weighed_by = [METRICS[n].weight for n in self.names]
        ones = torch.ones_like(scores[0])
        weights = torch.stack([ones if w is None else values[w].to(self.total) for w in weighed_by])
        finite = scores.isfinite()
        self.total += torch.where(finite, scores * weights, 0).sum(1)
        self.weight += torch.where(finite, weights, 0).sum(1)
        self.number += finite.sum(1)

    def compute(self) -> dict[str, Tensor]:
        """Metric name -> mean over the pictures where it was finite; NaN where there was none."""
        return dict(zip(self.names, self.total / self.weight, strict=True))

    def counts(self) -> dict[str, int]:
        """How many pictures of this process went into each mean."""
        return {n: int(c) for n, c in zip(self.names, self.number, strict=True)}
