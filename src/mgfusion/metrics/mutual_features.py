"""FMI: feature mutual information over 3x3 windows (Haghighat et al., 2011; Haghighat and Razian, 2014)."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from mgfusion.metrics.filters import Array, separable
from mgfusion.metrics.picture import Picture, Triple

Feature = Literal["pixel", "gradient", "dct", "wavelet", "edge"]
BATCH = 2048  # windows at once: 81 joint probabilities each, 1.3 MB
N = 9


def _sobel_edges(x: Array) -> Array:
    """MATLAB's edge(x): Sobel / 8, threshold 4 x mean squared strength, thinned along rows and columns."""
    smooth, difference = np.array([1.0, 2.0, 1.0]), np.array([-1.0, 0.0, 1.0])
    bx = separable(x, difference, smooth, "replicate") / 8
    by = separable(x, smooth, difference, "replicate") / 8
    bx, by = bx * bx, by * by
    b = bx + by
    padded = np.pad(b, 1)
    left, right = padded[1:-1, :-2], padded[1:-1, 2:]
    above, below = padded[:-2, 1:-1], padded[2:, 1:-1]
    eps = 100 * np.finfo(np.float64).eps
    across = (bx >= by - eps) & (left <= b) & (b > right)
    along = (by >= bx - eps) & (above <= b) & (b > below)
    edges: Array = ((b > 4 * b.mean()) & (across | along)).astype(np.float64)
    return edges


def _wavelet(x: Array) -> Array:
    """One level of the discrete Meyer wavelet, the four bands side by side, scaled to 0..1."""
    import pywt  # only this feature needs it

    a, (h, v, d) = pywt.dwt2(x, "dmey", mode="symmetric")
    bands = np.block([[a, h], [v, d]])
    low, high = bands.min(), bands.max()
    return np.ones_like(bands) if low == high else (bands - low) / (high - low)


FEATURES: dict[Feature, Callable[[Array], Array]] = {
    "pixel": lambda x: x,
    "gradient": lambda x: np.gradient(x, axis=1),
    "dct": lambda x: fft.dctn(x, norm="ortho"),
    "wavelet": _wavelet,
    "edge": _sobel_edges,
}


class _Windows:
    """All 3x3 windows of a feature map as distributions over nine cells, column by column, (9, count)."""

    def __init__(self, x: Array) -> None:
        h, w = x.shape
        self.raw = np.stack([x[r : h - 2 + r, c : w - 2 + c].ravel() for c in range(3) for r in range(3)])
        low, high = self.raw.min(0), self.raw.max(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            unit = (self.raw - low) / (high - low)
        unit[:, low == high] = 1
        # sums run in the order of the cells: between two flat windows their rounding error decides
        columns = unit.reshape(3, 3, -1)
        total = np.add.reduce(np.add.reduce(columns, axis=1), axis=0)
        self.pdf = unit / total
        self.cdf = np.cumsum(self.pdf, axis=0)
        self.centred = self.pdf - np.add.reduce(self.pdf, axis=0) / N
        self.norm2 = np.add.reduce(self.centred**2, axis=0)
        place = np.arange(1, N + 1)[:, None]
        mean = np.add.reduce(place * self.pdf, axis=0)
        self.deviation = np.sqrt(np.maximum(np.add.reduce(place**2 * self.pdf, axis=0) - mean**2, 0))
        self.entropy = _entropy(self.pdf, 0)


def _entropy(p: Array, axis: int | tuple[int, int]) -> Array:
    """-sum p log2 |p|, 0 where p = 0."""
    terms = np.abs(p)
    terms[terms == 0] = 1
    np.log2(terms, out=terms)
    terms *= p
    value: Array = -terms.sum(axis)
    return value


def _joint_entropy(a: _Windows, f: _Windows, at: NDArray[np.intp], correlation: Array, upper: bool) -> Array:
    """Joint entropy of the windows ``at``: Frechet's extreme joint distribution mixed with independence.

    The mixing weight makes the joint distribution's correlation the one that was measured (Nelsen, 1987).
    """
    fc, ac = f.cdf[:, None, at], a.cdf[None, :, at]
    extreme = np.minimum(fc, ac) if upper else np.maximum(fc + ac - 1, 0)
    spread = f.deviation[at] * a.deviation[at]
    reach = (extreme - fc * ac).sum((0, 1))
    usable = (correlation != 0) & (spread != 0)
    weight = np.divide(correlation * spread, reach, out=np.zeros_like(reach), where=usable)
    extreme[1:] -= extreme[:-1].copy()
    extreme[:, 1:] -= extreme[:, :-1].copy()
    extreme *= weight
    extreme += (1 - weight) * f.pdf[:, None, at] * a.pdf[None, :, at]
    return _entropy(extreme, (0, 1))


def _similarity(a: _Windows, f: _Windows) -> float:
    """Mean over windows of the normalised mutual information of two features."""
    product = np.add.reduce(a.centred * f.centred, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.where(product == 0, 0, product / np.sqrt(a.norm2 * f.norm2))
    joint = np.empty_like(product)
    for upper in (True, False):
        chosen = np.flatnonzero((correlation >= 0) == upper)
        for start in range(0, chosen.size, BATCH):
            at = chosen[start : start + BATCH]
            joint[at] = _joint_entropy(a, f, at, correlation[at], upper)
    entropies = a.entropy + f.entropy
    information = entropies - joint
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(information == 0, 0, 2 * information / entropies)
    value[(a.raw == f.raw).all(0)] = 1
    return float(value.mean())


def fmi(t: Triple, *, feature: Feature = "pixel") -> float:
    """FMI: mean over windows and both sources of 2 I(source; fused) / (H(source) + H(fused)), at most 1.

    Window positions are the outcomes and (scaled) feature values their probabilities, as in the authors'
    code.
    """

    def windows(p: Picture) -> _Windows:
        return p.memo(("windows", feature), lambda: _Windows(FEATURES[feature](p.x)))

    f = windows(t.fused)
    return (_similarity(windows(t.ir), f) + _similarity(windows(t.vis), f)) / 2
