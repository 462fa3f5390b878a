"""Structural similarity of the fused picture to both sources."""

import numpy as np

from mgfusion.metrics.moments import GAUSSIAN_11, Window, covariance, mean_variance
from mgfusion.metrics.triple import Array, Picture, Triple


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


def ssim(
    t: Triple,
    *,
    window: Window = GAUSSIAN_11,
    dynamic_range: float = 255.0,
    unbiased: bool = False,
    average: bool = False,
) -> float:
    """SSIM(ir, fused) + SSIM(vis, fused), at most 2; `average` halves it.

    C1 = (0.01 L)^2, C2 = (0.03 L)^2 with L = `dynamic_range`. `unbiased` takes sample (co)variances.
    """
    c1, c2 = (0.01 * dynamic_range) ** 2, (0.03 * dynamic_range) ** 2
    total = sum(float(np.mean(ssim_map(t, s, t.fused, window, c1, c2, unbiased))) for s in t.sources)
    return total / 2 if average else total
