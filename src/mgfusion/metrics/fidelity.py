"""Visual information fidelity: VIF (Sheikh and Bovik, 2006) in the pixel domain, and VIFF (Han et al., 2013)."""

from typing import Literal, NamedTuple

import numpy as np

from mgfusion.metrics.triple import Array, Picture, Triple, gaussian, separable

SCALES = (17, 9, 5, 3)  # window sizes 2^(5-s) + 1 for s = 1..4
_EPS = 1e-10


class Scale(NamedTuple):
    """Local statistics at one scale: source variance, gain source -> fused, variance of what the gain leaves."""

    source: Array
    gain: Array
    residual: Array


class _Local(NamedTuple):
    x: Array
    mean: Array
    variance: Array


def _pyramid(p: Picture, saturated: bool) -> list[_Local]:
    """Each scale's picture, local mean and local variance."""

    def make() -> list[_Local]:
        scales = []
        x = p.quantised.x if saturated else p.x
        for s, size in enumerate(SCALES):
            k = gaussian(size, size / 5)
            if s:
                if min(x.shape) < size:
                    break
                x = np.ascontiguousarray(separable(x, k, k)[::2, ::2])
            if min(x.shape) < size:
                break
            mean = separable(x, k, k)
            square = np.minimum(x * x, 255) if saturated and s == 0 else x * x
            scales.append(_Local(x, mean, np.maximum(separable(square, k, k) - mean * mean, 0)))
        return scales

    return p.memo(("vif", saturated), make)


def scales(t: Triple, source: Picture, saturated: bool = False) -> list[Scale]:
    """The statistics of a source against the fused picture, fewer than four where the pictures are small."""

    def make() -> list[Scale]:
        out = []
        pairs = zip(_pyramid(source, saturated), _pyramid(t.fused, saturated), strict=True)
        for s, (ref, dist) in enumerate(pairs):
            k = gaussian(SCALES[s], SCALES[s] / 5)
            product = ref.x * dist.x
            if saturated and s == 0:
                np.minimum(product, 255, out=product)
            cov = separable(product, k, k) - ref.mean * dist.mean
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

    return t.memo(("vif", id(source), saturated), make)


def _information(s: Scale, noise: float) -> tuple[Array, Array]:
    """log(1 + g^2 s1 / (sv + noise)) and log(1 + s1 / noise) at each place."""
    seen = s.gain * s.gain
    seen *= s.source
    seen /= s.residual + noise
    return np.log1p(seen, out=seen), np.log1p(s.source / noise)


def _vifp(t: Triple, source: Picture, saturated: bool) -> float:
    seen = there = 0.0
    for s in scales(t, source, saturated):
        numerator, denominator = _information(s, 2.0)
        seen += float(numerator.sum())
        there += float(denominator.sum())
    return seen / there if there > 0 else float("nan")


def vif(
    t: Triple, *, of: Literal["both", "ir", "vis"] = "both", average: bool = False, saturated: bool = False
) -> float:
    """VIFp(ir, fused) + VIFp(vis, fused), four scales, noise variance 2; `average` halves it, `of` takes one term.

    `saturated` is 8-bit arithmetic at the first scale: pictures rounded, products clipped at 255.
    A flat source has no information: NaN.
    """
    chosen = {"both": t.sources, "ir": (t.ir,), "vis": (t.vis,)}[of]
    total = sum(_vifp(t, s, saturated) for s in chosen)
    return total / 2 if average else total
