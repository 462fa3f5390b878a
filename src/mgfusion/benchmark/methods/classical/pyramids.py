"""Fusion in pyramids: the Laplacian pyramid and the ratio of low-pass pyramid."""

import numpy as np

from mgfusion.benchmark.methods.classical.planes import Plane, stronger, window_mean

_DEEPEST = 5
_DARKEST = np.float32(1 / 255)  # lifts black, which has no ratio


def laplacian(ir: Plane, vis: Plane) -> Plane:
    """Laplacian pyramid, the stronger coefficient of each band, the mean of the coarsest level.

    Burt & Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Commun. 31(4), 1983;
    selection after Burt & Kolczynski, "Enhanced image capture through fusion", ICCV 1993, with the energy of
    a 3 x 3 window.

    Args:
        ir, vis: (H, W) in [0, 1].
    """
    irs, viss = _gaussian_pyramid(ir), _gaussian_pyramid(vis)
    fused = (irs[-1] + viss[-1]) / 2
    for level in range(len(irs) - 2, -1, -1):
        band_ir = irs[level] - _expand(irs[level + 1], irs[level])
        band_vis = viss[level] - _expand(viss[level + 1], viss[level])
        band = stronger(band_ir, band_vis, window_mean(band_ir**2, 3), window_mean(band_vis**2, 3))
        fused = _expand(fused, irs[level]) + band
    return fused


def rolp(ir: Plane, vis: Plane) -> Plane:
    """Ratio of low-pass pyramid: each local contrast farther from 1, the mean of the coarsest level.

    Toet, "Image fusion by a ratio of low-pass pyramid", Pattern Recognition Letters 9(4), 1989.

    Args:
        ir, vis: (H, W) in [0, 1].
    """
    irs, viss = _gaussian_pyramid(ir + _DARKEST), _gaussian_pyramid(vis + _DARKEST)
    fused = (irs[-1] + viss[-1]) / 2
    for level in range(len(irs) - 2, -1, -1):
        ratio_ir = irs[level] / _expand(irs[level + 1], irs[level])
        ratio_vis = viss[level] / _expand(viss[level + 1], viss[level])
        ratio = stronger(ratio_ir, ratio_vis, np.abs(ratio_ir - 1), np.abs(ratio_vis - 1))
        fused = _expand(fused, irs[level]) * ratio
    return fused - _DARKEST


def _gaussian_pyramid(x: Plane) -> list[Plane]:
    import cv2

    levels = [x]
    while len(levels) <= _DEEPEST and min(levels[-1].shape) >= 4:
        levels.append(cv2.pyrDown(levels[-1]))
    return levels


def _expand(x: Plane, like: Plane) -> Plane:
    import cv2

    wide: Plane = cv2.pyrUp(x, dstsize=(like.shape[1], like.shape[0]))
    return wide
