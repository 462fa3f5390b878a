"""Metrics built on contrast sensitivity: Q_CV (Chen and Varshney, 2007)."""

from functools import lru_cache

import numpy as np
from scipy import fft

from mgfusion.metrics.triple import Array, Triple

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

    `stretched` takes each picture's full range to 0..255 first, as all public codes do: a constant picture, other than
    black, then has no value and the result is NaN.
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
