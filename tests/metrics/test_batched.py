"""The tensor forms equal the numpy ones, and accumulate."""

import math

import numpy as np
import pytest
import torch
from pictures import textured, triple_of

from mgfusion.metrics import PAPER_METRICS, FusionMetrics, evaluate_batch, evaluate_pair

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def batch_of(*triples: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Batch:
    fused, ir, vis = (torch.from_numpy(np.stack(p))[:, None] for p in zip(*triples, strict=True))
    return fused, ir, vis


@pytest.mark.parametrize("convention", ["standard", "paper"])
@pytest.mark.parametrize(("height", "width"), [(64, 72), (61, 83), (41, 41), (30, 36)])
def test_batches_equal_single_pictures(convention: str, height: int, width: int) -> None:
    flat = np.zeros((height, width), np.uint8)
    ir = textured(9, height, width)
    triples = [triple_of(s, height, width) for s in (1, 2)]
    triples += [(ir, ir, triples[0][2]), (flat, ir, ir), (ir, flat + 90, ir), (flat, flat, flat)]
    got = evaluate_batch(*batch_of(*triples), PAPER_METRICS, convention)
    for i, triple in enumerate(triples):
        expected = evaluate_pair(*triple, PAPER_METRICS, convention)
        assert {n: float(v[i]) for n, v in got.items()} == pytest.approx(
            expected, rel=1e-9, abs=1e-12, nan_ok=True
        )


def test_dtypes_agree() -> None:
    batch = batch_of(triple_of(1), triple_of(2))
    exact = evaluate_batch(*batch)
    for scaled in (
        [x.float() / 255 for x in batch],
        [x.double() / 255 for x in batch],
        [x.expand(-1, 3, -1, -1) for x in batch],
    ):
        for name, value in evaluate_batch(*scaled).items():
            torch.testing.assert_close(value, exact[name], rtol=1e-12, atol=0)
    for name, value in evaluate_batch(*batch, dtype=torch.float32).items():
        torch.testing.assert_close(value.double(), exact[name], rtol=2e-3, atol=0)


def test_wrong_tensors_are_named() -> None:
    fused, ir, vis = batch_of(triple_of(1))
    with pytest.raises(ValueError, match=r"vis: shape \(64, 72\)"):
        evaluate_batch(fused, ir, vis[0, 0])
    with pytest.raises(ValueError, match="differ in size"):
        evaluate_batch(fused, ir, vis[..., 1:])
    with pytest.raises(ValueError, match="use evaluate_pair"):
        evaluate_batch(fused, ir, vis, ["EN"])


NAMES = ["Qabf", "EN", "MSSSIM", "SCD"]


def test_accumulated_means_are_means_of_pictures() -> None:
    triples = [triple_of(s) for s in range(5)]
    scores = FusionMetrics(NAMES)
    scores.update(*batch_of(*triples[:2]))
    scores.update(*(x.float() / 255 for x in batch_of(*triples[2:])))
    rows = [evaluate_pair(*t, NAMES) for t in triples]
    means = {n: float(v) for n, v in scores.compute().items()}
    assert means == pytest.approx({n: np.mean([r[n] for r in rows]) for n in NAMES}, rel=1e-6, nan_ok=True)
    assert scores.counts() == {"Qabf": 5, "EN": 5, "MSSSIM": 0, "SCD": 5}


def test_processes_add_up() -> None:
    triples = [triple_of(s) for s in range(4)]
    triples[0] = (triples[0][1], triples[0][1], triples[0][1])  # its SCD is undefined and must not count
    one, other, whole = (FusionMetrics(["SCD", "SSIM"], "paper") for _ in range(3))
    one.update(*batch_of(triples[0]))
    other.update(*batch_of(*triples[1:]))
    whole.update(*batch_of(*triples))
    one.merge_state(other)
    torch.testing.assert_close(one.compute(), whole.compute())
    assert one.counts() == {"SCD": 3, "SSIM": 4}
    whole.reset()
    assert math.isnan(whole.compute()["SCD"])
