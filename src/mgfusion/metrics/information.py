"""Information measures on grey-level histograms: entropy, mutual information, cross entropy."""

import numpy as np

from mgfusion.metrics.triple import Array, Picture, Triple


def _plogp(p: Array) -> float:
    """-sum p ln p over the positive entries."""
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def histogram(p: Picture) -> Array:
    """Relative frequency of each grey level, (256,)."""
    return p.memo("histogram", lambda: np.bincount(p.levels, minlength=256) / p.x.size)


def joint_histogram(t: Triple, p: Picture, q: Picture) -> Array:
    """Relative frequency of each pair of grey levels, (256, 256), p along the rows."""

    def make() -> Array:
        return np.bincount(p.levels * 256 + q.levels, minlength=65536).reshape(256, 256) / p.x.size

    return t.memo(("joint", id(p), id(q)), make)


def mutual(t: Triple, p: Picture, q: Picture) -> float:
    """Mutual information of two pictures, in nats."""
    return _plogp(histogram(p)) + _plogp(histogram(q)) - _plogp(joint_histogram(t, p, q))


def entropy(t: Triple) -> float:
    """EN: Shannon entropy of the fused picture's 256 grey levels, in bits."""
    return _plogp(histogram(t.fused)) / np.log(2)


def mutual_information(t: Triple, *, stretched: bool = False, nats: bool = False) -> float:
    """MI: I(ir; fused) + I(vis; fused) (Qu et al., 2002), in bits, or in nats.

    `stretched` first stretches each picture to 0..255.
    """
    f, a, b = (p.stretched if stretched else p for p in (t.fused, t.ir, t.vis))
    if any(np.isnan(p.x[0, 0]) for p in (f, a, b)):
        return float("nan")
    return (mutual(t, a, f) + mutual(t, b, f)) / (1 if nats else np.log(2))
