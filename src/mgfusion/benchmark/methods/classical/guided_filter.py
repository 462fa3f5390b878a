"""Fusion with guided filtering (GFF)."""

import numpy as np

from mgfusion.benchmark.methods.classical.planes import Plane, window_mean

# The paper's own settings, for pictures in [0, 1].
_BASE = 31
_SALIENCY, _SALIENCY_SIGMA = 11, 5.0
_RADIUS_BASE, _EPS_BASE = 45, 0.3
_RADIUS_DETAIL, _EPS_DETAIL = 7, 1e-6


def gff(ir: Plane, vis: Plane) -> Plane:
    """Base and detail layers weighted by saliency maps that a guided filter fits to the edges.

    Li, Kang & Hu, "Image fusion with guided filtering", IEEE Trans. Image Process. 22(7), 2013, eq. 5 to 17;
    the guided filter of He, Sun & Tang, IEEE Trans. Pattern Anal. Mach. Intell. 35(6), 2013.

    Args:
        ir, vis: (H, W) in [0, 1].
    """
    base_ir, base_vis = window_mean(ir, _BASE), window_mean(vis, _BASE)
    saliency_ir, saliency_vis = _saliency(ir), _saliency(vis)
    lead = (np.sign(saliency_ir - saliency_vis) + 1) / 2  # 1 infrared, 0 visible, 1/2 for a tie
    base = _blend(ir, vis, lead, base_ir, base_vis, _RADIUS_BASE, _EPS_BASE)
    detail = _blend(ir, vis, lead, ir - base_ir, vis - base_vis, _RADIUS_DETAIL, _EPS_DETAIL)
    return base + detail


def _saliency(x: Plane) -> Plane:
    import cv2

    high = np.abs(cv2.Laplacian(x, cv2.CV_32F, ksize=1, borderType=cv2.BORDER_REFLECT))
    smooth: Plane = cv2.GaussianBlur(
        high, (_SALIENCY, _SALIENCY), _SALIENCY_SIGMA, borderType=cv2.BORDER_REFLECT
    )
    return smooth


def _blend(ir: Plane, vis: Plane, lead: Plane, a: Plane, b: Plane, radius: int, eps: float) -> Plane:
    weight_ir = guided_filter(ir, lead, radius, eps)
    weight_vis = guided_filter(vis, 1 - lead, radius, eps)
    # Each map is filtered with its own guide, so that the two need not add up to one.
    weight_ir, weight_vis = np.clip(weight_ir, 1e-6, 1), np.clip(weight_vis, 1e-6, 1)
    return (weight_ir * a + weight_vis * b) / (weight_ir + weight_vis)


def guided_filter(guide: Plane, x: Plane, radius: int, eps: float) -> Plane:
    """``x`` smoothed over windows of 2 ``radius`` + 1 pixels, keeping the edges of ``guide``; all (H, W)."""
    size = 2 * radius + 1
    # Double precision: the variance is a difference of squares, and eps can be 1e-6.
    guide64, x64 = guide.astype(np.float64), x.astype(np.float64)
    mean_guide, mean_x = window_mean(guide64, size), window_mean(x64, size)
    covariance = window_mean(guide64 * x64, size) - mean_guide * mean_x
    variance = window_mean(guide64 * guide64, size) - mean_guide * mean_guide
    slope = covariance / (np.maximum(variance, 0) + eps)
    offset = mean_x - slope * mean_guide
    return (window_mean(slope, size) * guide64 + window_mean(offset, size)).astype(np.float32)
