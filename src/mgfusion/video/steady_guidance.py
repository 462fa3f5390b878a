"""The encoder's embeddings over time: taken at scene cuts and every so many frames, blended in between."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from mgfusion.images import Array

if TYPE_CHECKING:
    from torch import Tensor

    from mgfusion.inference.fuser import Fuser
    from mgfusion.models.fusion_network import Run


class SteadyGuidance:
    """What runs in the network's place for each frame, guided by embeddings that change smoothly.

    A model of this package is given embeddings on a straight line from the last ones to the newest, which
    they reach when the next are taken; of any other network what ``for_picture`` gave is kept as long.

    Args:
        fuser: whose network runs.
        every: frames from one look of the encoder to the next.
    """

    def __init__(self, fuser: "Fuser", every: int) -> None:
        self._fuser, self._every = fuser, every
        config = getattr(fuser.model, "config", None)
        self._embeds = callable(getattr(fuser.model, "embed", None)) and config is not None
        self.guided = bool(config.guided) if self._embeds and config is not None else True
        self._age = 0
        self._held: Run | None = None
        self._from: tuple[Tensor, Tensor] | None = None
        self._to: tuple[Tensor, Tensor] | None = None
        reads_colour = config.vis_channels == 3 if self._embeds and config is not None else True
        self.needs_colour = fuser.traits.vis_channels == 3 and reads_colour
        """Whether each frame's RGB is needed, not just that of the frames which the encoder looks at."""

    def for_frame(self, ir: "Tensor", rgb: "Callable[[], Tensor]", cut: bool) -> "Run":
        """What to call with this frame's tensors.

        Args:
            ir: (1, 1, H, W), float32 in [0, 1].
            rgb: gives (1, 3, H, W), or (1, 1, H, W) of a grey frame; called where the encoder looks.
            cut: the scene is another one: nothing of the last embeddings is kept.
        """
        import torch

        model: Any = self._fuser.model
        if self._fuser.traits.for_picture is None:
            held: Run = model
            return held
        if self._embeds and not self.guided:
            return lambda ir, vis: model(ir, vis)
        device = self._fuser.device
        new = cut or self._age % self._every == 0 or (self._held is None and self._to is None)
        if new:
            self._age = 0
            whole = ir.to(device), rgb().to(device).expand(-1, 3, -1, -1)
            with torch.inference_mode():
                if not self._embeds:
                    self._held = self._fuser.traits.for_picture(*whole)
                else:
                    # What was shown last, not what was aimed at: no step, however the blend is cut short.
                    now = None if cut or self._to is None else self._blended(1.0)
                    self._to = model.embed(*whole)
                    self._from = now or self._to
        self._age += 1
        if not self._embeds:
            assert self._held is not None
            return self._held
        embeddings = self._blended(self._age / self._every)
        guided: Run = model.guided_by(embeddings, tuple(ir.shape[-2:]))
        return guided

    def _blended(self, share: float) -> "tuple[Tensor, Tensor]":
        assert self._from is not None and self._to is not None
        share = min(1.0, share)
        first, second = (a + share * (b - a) for a, b in zip(self._from, self._to, strict=True))
        return first, second

    def state(self) -> dict[str, Array]:
        """All that the next embeddings depend on; of a network that isn't ours nothing can be kept."""
        if self._from is None or self._to is None:
            return {}
        both = {"embed_from": self._from, "embed_to": self._to}
        arrays = {
            f"{name}_{i}": part.float().cpu().numpy()
            for name, pair in both.items()
            for i, part in enumerate(pair)
        }
        return {**arrays, "embed_age": np.array([self._age])}

    def restore(self, state: dict[str, Array]) -> None:
        """Go on from :meth:`state`."""
        import torch

        if "embed_age" not in state:
            return
        self._age = int(state["embed_age"][0])

        def tensor(name: str) -> "Tensor":
            return torch.from_numpy(state[name].copy()).to(self._fuser.device)

        self._from = tensor("embed_from_0"), tensor("embed_from_1")
        self._to = tensor("embed_to_0"), tensor("embed_to_1")
