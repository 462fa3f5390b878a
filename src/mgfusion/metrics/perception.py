"""Metrics built on contrast sensitivity: Q_CV (Chen and Varshney, 2007), Q_CB (Chen and Blum, 2009)."""

from functools import lru_cache

import numpy as np
from scipy import fft

from mgfusion.metrics.filters import Array, gaussian_density, separable
from mgfusion.metrics.picture import Picture, Triple

BLOCK = 16


def frequencies(n: int) -> Array:
    """MATLAB's freqspace(n), in the order of an FFT: fractions of the Nyquist frequency, DC first."""
    centred = np.arange(-n + 1 if n % 2 else -n, n, 2) / n
    return np.fft.ifftshift(centred)


@lru_cache(maxsize=8)
def _mannos_sakrison(h: int, w: int) -> Array:
    """Contrast sensitivity on the half plane of an (h, w) real FFT."""
    u, v = w / 8 * frequencies(w)[: w // 2 + 1], h / 8 * frequencies(h)
    r = np.hypot(u[None, :], v[:, None])
    s: Array = 2.6 * (0.0192 + 0.144 * r) * np.exp(-((0.144 * r) ** 1.1))
    s.flags.writeable = False
    return s


def _block_sums(x: Array) -> Array:
    """Sums over 16x16 blocks, the last ones padded with zeros."""
    h, w = x.shape
    rows = np.add.reduceat(x, np.arange(0, h, BLOCK), axis=0)
    return np.add.reduceat(rows, np.arange(0, w, BLOCK), axis=1)


def qcv(t: Triple, *, stretched: bool = True) -> float:
    """Q_CV: contrast-weighted squared difference to the sources, weighted by local saliency; lower is better.

    ``stretched`` takes each picture's full range to 0..255 first, as all public codes do: a constant picture,
    other than black, then has no value and the result is NaN.
    """
    f, a, b = (p.stretched if stretched else p for p in (t.fused, t.ir, t.vis))
    if any(np.isnan(p.x[0, 0]) for p in (f, a, b)):
        return float("nan")
    h, w = t.shape
    above = below = 0.0
    for source in (a, b):
        spectrum = fft.rfft2(source.x - f.x)
        spectrum *= _mannos_sakrison(h, w)
        difference = fft.irfft2(spectrum, s=(h, w), overwrite_x=True)
        difference *= difference
        g = source.edge_strength
        g2 = g * g
        g2 *= g2
        g2 *= g
        saliency = _block_sums(g2)
        above += float((saliency * _block_sums(difference)).sum()) / BLOCK**2
        below += float(saliency.sum())
    return above / below if below > 0 else float("nan")


@lru_cache(maxsize=8)
def _difference_of_gaussians(h: int, w: int) -> Array:
    """Chen and Blum's contrast sensitivity on the half plane of an (h, w) real FFT."""
    u, v = w / 30 * frequencies(w)[: w // 2 + 1], h / 30 * frequencies(h)
    r2 = u[None, :] ** 2 + v[:, None] ** 2
    s: Array = np.exp(-r2 / 15.387**2) - 0.7622 * np.exp(-r2 / 1.3456**2)
    s.flags.writeable = False
    return s


def _masked_contrast(p: Picture, darkest: float) -> Array:
    """|local contrast| C of the filtered picture, 0 where it is darker than ``darkest``, compressed: C^3
    / (C^2 + 1e-4).
    """

    def make() -> Array:
        h, w = p.x.shape
        seen = fft.irfft2(fft.rfft2(p.x) * _difference_of_gaussians(h, w), s=(h, w))
        narrow, wide = (gaussian_density(31, sigma) for sigma in (2, 4))
        with np.errstate(divide="ignore", invalid="ignore"):
            ground = separable(seen, wide, wide, "zero")
            c = separable(seen, narrow, narrow, "zero") / ground
        c -= 1
        np.abs(c, out=c)
        c[np.abs(ground) < darkest] = 0
        c2 = c * c
        c *= c2
        c2 += 1e-4
        c /= c2
        return c

    return p.memo(("masked contrast", darkest), make)


def qcb(t: Triple, *, mended: bool = True) -> float:
    """Q_CB: how much of the sources' local contrast, as an observer sees it, the fused picture keeps; in
    [0, 1].

    Pictures are stretched to 0..255 first. A pixel without contrast in both sources, or in a source and the
    fused picture, has no value: it is left out, and black ground (under 1e-9 grey levels, rounding error of
    the FFT) has no contrast. Without ``mended``, the former makes the result NaN, and the latter scores
    rounding error.
    """
    f, a, b = (p.stretched for p in (t.fused, t.ir, t.vis))
    if any(np.isnan(p.x[0, 0]) for p in (f, a, b)):
        return float("nan")
    cf, ca, cb = (_masked_contrast(p, 1e-9 if mended else 0) for p in (f, a, b))
    with np.errstate(divide="ignore", invalid="ignore"):
        wa, wb = ca * ca, cb * cb
        kept = wa * (np.minimum(ca, cf) / np.maximum(ca, cf))
        kept += wb * (np.minimum(cb, cf) / np.maximum(cb, cf))
        kept /= wa + wb
    if mended:
        kept = kept[np.isfinite(kept)]
    return float(kept.mean()) if kept.size else float("nan")
