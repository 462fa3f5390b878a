"""Visual information fidelity: VIF (Sheikh and Bovik, 2006) in the pixel domain, and VIFF (Han et al.,
2013).
"""

from typing import Literal, NamedTuple

import numpy as np

from mgfusion.metrics.filters import Array, gaussian, separable
from mgfusion.metrics.picture import Picture, Triple

SCALES = (17, 9, 5, 3)  # window sizes 2^(5-s) + 1 for s = 1..4
NOISE = 0.005 * 255**2
LN10 = float(np.log(10))
_EPS = 1e-10


class Scale(NamedTuple):
    """Local statistics at one scale: source variance, gain source -> fused, variance of what the gain
    leaves.
    """

    source: Array
    gain: Array
    residual: Array


class _Local(NamedTuple):
    x: Array
    mean: Array
    variance: Array


def _valid(x: Array, k: Array, swapping: bool) -> Array:
    """Filter without border; empty where ``x`` is smaller than the window.

    ``swapping`` is scipy's convolve2d, which exchanges picture and window where the window is at least as
    large both ways.
    """
    if swapping and max(x.shape) <= len(k) and min(x.shape) < len(k):
        from scipy.signal import convolve2d  # rarely comes here, and costs more to import than all the rest

        return np.asarray(convolve2d(x, np.outer(k, k), "valid"))
    return separable(x, k, k)


def _pyramid(p: Picture, saturated: bool, swapping: bool) -> list[_Local]:
    """Each scale's picture, local mean and local variance."""

    def make() -> list[_Local]:
        scales = []
        x = p.quantised.x if saturated else p.x
        for s, size in enumerate(SCALES):
            k = gaussian(size, size / 5)
            if s:
                x = np.ascontiguousarray(_valid(x, k, swapping)[::2, ::2])
            mean = _valid(x, k, swapping)
            if mean.size == 0:
                break
            square = np.minimum(x * x, 255) if saturated and s == 0 else x * x
            scales.append(_Local(x, mean, np.maximum(_valid(square, k, swapping) - mean * mean, 0)))
        return scales

    return p.memo(("vif", saturated, swapping), make)


def scales(t: Triple, source: Picture, saturated: bool = False, swapping: bool = False) -> list[Scale]:
    """The statistics of a source against the fused picture, fewer than four where the pictures are small."""

    def make() -> list[Scale]:
        out = []
        pairs = zip(
            _pyramid(source, saturated, swapping), _pyramid(t.fused, saturated, swapping), strict=True
        )
        for s, (ref, dist) in enumerate(pairs):
            k = gaussian(SCALES[s], SCALES[s] / 5)
            product = ref.x * dist.x
            if saturated and s == 0:
                np.minimum(product, 255, out=product)
            cov = _valid(product, k, swapping) - ref.mean * dist.mean
            s1, s2 = ref.variance, dist.variance
            gain = cov / (s1 + _EPS)
            residual = s2 - gain * cov
            flat = s1 < _EPS
            gain[flat] = 0
            residual[flat] = s2[flat]
            s1 = np.where(flat, 0, s1)
            flat = s2 < _EPS
            gain[flat] = 0
            residual[flat] = 0
            negative = gain < 0
            residual[negative] = s2[negative]
            gain[negative] = 0
            out.append(Scale(s1, gain, np.maximum(residual, _EPS)))
        return out

    return t.memo(("vif", id(source), saturated, swapping), make)


def _information(s: Scale, noise: float) -> tuple[Array, Array]:
    """log(1 + g^2 s1 / (sv + noise)) and log(1 + s1 / noise) at each place."""
    seen = s.gain * s.gain
    seen *= s.source
    seen /= s.residual + noise
    return np.log1p(seen, out=seen), np.log1p(s.source / noise)


def _vifp(t: Triple, source: Picture, saturated: bool, swapping: bool) -> float:
    seen = there = 0.0
    local = scales(t, source, saturated, swapping)
    if swapping and len(local) < len(SCALES):
        return float("nan")
    for s in local:
        numerator, denominator = _information(s, 2.0)
        seen += float(numerator.sum())
        there += float(denominator.sum())
    return seen / there if there > 0 else float("nan")


def vif(
    t: Triple,
    *,
    of: Literal["both", "ir", "vis"] = "both",
    average: bool = False,
    saturated: bool = False,
    swapping: bool = False,
) -> float:
    """VIFp(ir, fused) + VIFp(vis, fused), four scales, noise variance 2; ``average`` halves it, ``of`` takes
    one term.

    ``saturated`` is 8-bit arithmetic at the first scale: pictures rounded, products clipped at 255.
    ``swapping`` is scipy's filtering of pictures smaller than a window. A flat source has no information:
    NaN.
    """
    chosen = {"both": t.sources, "ir": (t.ir,), "vis": (t.vis,)}[of]
    total = sum(_vifp(t, s, saturated, swapping) for s in chosen)
    return total / 2 if average else total


def viff(t: Triple) -> float:
    """VIFF: at each place and scale the source with the smaller gain counts; noise 0.005 x 255^2 (Han
    et al., 2013).
    """
    value = 0.0
    for ir, vis, weight in zip(scales(t, t.ir), scales(t, t.vis), (1.0, 0.0, 0.15, 1.0), strict=True):
        if weight == 0:
            continue
        use_ir = ir.gain < vis.gain
        (seen_ir, there_ir), (seen_vis, there_vis) = _information(ir, NOISE), _information(vis, NOISE)
        seen = np.where(use_ir, seen_ir, seen_vis) / LN10 + 1e-7
        there = np.where(use_ir, there_ir, there_vis) / LN10 + 1e-7
        value += weight * float(seen.sum() / there.sum())
    return value / 2.15
