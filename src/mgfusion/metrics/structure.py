"""Structural similarity of the fused picture to both sources."""

import numpy as np
from scipy.ndimage import uniform_filter

from mgfusion.metrics.filters import Array
from mgfusion.metrics.moments import GAUSSIAN_11, Window, covariance, mean_variance
from mgfusion.metrics.picture import Picture, Triple


def ssim_map(
    t: Triple, p: Picture, q: Picture, window: Window, c1: float, c2: float, unbiased: bool = False
) -> Array:
    """The SSIM of two pictures at each place of the window (Wang et al., 2004, eq. 13)."""
    (m1, v1), (m2, v2) = mean_variance(p, window), mean_variance(q, window)
    cov = covariance(t, p, q, window)
    scale = window.size**2 / (window.size**2 - 1) if unbiased else 1.0
    m12 = m1 * m2
    value: Array = (2 * m12 + c1) * (2 * scale * cov + c2)
    value /= (m1 * m1 + m2 * m2 + c1) * (scale * (v1 + v2) + c2)
    return value


def _ssim_float32(x: Array, y: Array, size: int, c1: float, c2: float) -> float:
    """Unbiased SSIM under a uniform window, rounded to single precision after each step."""
    p, q = x.astype(np.float32), y.astype(np.float32)
    mp, mq, pp, qq, pq = (uniform_filter(z, size) for z in (p, q, p * p, q * q, p * q))
    unbias = size**2 / (size**2 - 1)
    vp, vq, cov = unbias * (pp - mp * mp), unbias * (qq - mq * mq), unbias * (pq - mp * mq)
    value = (2 * mp * mq + c1) * (2 * cov + c2) / ((mp**2 + mq**2 + c1) * (vp + vq + c2))
    r = size // 2
    return float(value[r:-r, r:-r].mean(dtype=np.float64))


def ssim(
    t: Triple,
    *,
    window: Window = GAUSSIAN_11,
    dynamic_range: float = 255.0,
    unbiased: bool = False,
    average: bool = False,
    single: bool = False,
) -> float:
    """SSIM(ir, fused) + SSIM(vis, fused), at most 2; ``average`` halves it.

    C1 = (0.01 L)^2, C2 = (0.03 L)^2 with L = ``dynamic_range``. ``unbiased`` takes sample (co)variances.
    ``single`` computes in float32, as scikit-image does with float32 pictures (uniform window only):
    variances lose their last digits there.
    """
    c1, c2 = (0.01 * dynamic_range) ** 2, (0.03 * dynamic_range) ** 2
    if single:
        return sum(_ssim_float32(s.x, t.fused.x, window.size, c1, c2) for s in t.sources)
    total = sum(float(np.mean(ssim_map(t, s, t.fused, window, c1, c2, unbiased))) for s in t.sources)
    return total / 2 if average else total
