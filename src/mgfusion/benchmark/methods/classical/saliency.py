"""Two-scale fusion by visual saliency (TIF)."""

import numpy as np

from mgfusion.benchmark.methods.classical.planes import Plane, window_mean

_BASE, _MEDIAN = 35, 3


def tif(ir: Plane, vis: Plane) -> Plane:
    """The mean of the base layers plus the detail layers, each pixel weighted by its saliency.

    Bavirisetti & Dhuli, "Two-scale image fusion of visible and infrared images using saliency detection",
    Infrared Physics & Technology 76, 2016: saliency is the distance of a 35 x 35 mean from a 3 x 3 median.

    Args:
        ir, vis: (H, W) in [0, 1].
    """
    base_ir, base_vis = window_mean(ir, _BASE), window_mean(vis, _BASE)
    saliency_ir, saliency_vis = _saliency(ir, base_ir), _saliency(vis, base_vis)
    total = saliency_ir + saliency_vis
    weight_ir = np.where(total > 0, saliency_ir / np.where(total > 0, total, 1), np.float32(0.5))
    return (base_ir + base_vis) / 2 + weight_ir * (ir - base_ir) + (1 - weight_ir) * (vis - base_vis)


def _saliency(x: Plane, mean: Plane) -> Plane:
    import cv2

    distance: Plane = np.abs(mean - cv2.medianBlur(x, _MEDIAN))
    return distance
