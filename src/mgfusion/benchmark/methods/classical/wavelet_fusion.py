"""Fusion in the discrete wavelet transform."""

import numpy as np

from mgfusion.benchmark.methods.classical.planes import Plane, stronger

_WAVELET, _DEEPEST = "bior4.4", 4


def wavelet(ir: Plane, vis: Plane) -> Plane:
    """Each wavelet detail with the larger maximum in a 3 x 3 window; the mean of the approximations.

    Li, Manjunath & Mitra, "Multisensor image fusion using the wavelet transform", Graphical Models and Image
    Processing 57(3), 1995, with its majority vote (a choice that most neighbours contradict is turned round).

    Args:
        ir, vis: (H, W) in [0, 1].
    """
    import pywt

    height, width = ir.shape
    levels = min(_DEEPEST, pywt.dwtn_max_level(ir.shape, _WAVELET))  # 0 for tiny pictures: the mean
    bands_ir = pywt.wavedec2(ir, _WAVELET, mode="symmetric", level=levels)
    bands_vis = pywt.wavedec2(vis, _WAVELET, mode="symmetric", level=levels)
    fused = [(bands_ir[0] + bands_vis[0]) / 2]
    for triple_ir, triple_vis in zip(bands_ir[1:], bands_vis[1:], strict=True):
        fused.append(tuple(_choose(a, b) for a, b in zip(triple_ir, triple_vis, strict=True)))
    whole = pywt.waverec2(fused, _WAVELET, mode="symmetric")
    return np.ascontiguousarray(whole[:height, :width], dtype=np.float32)


def _choose(a: Plane, b: Plane) -> Plane:
    import cv2

    window = np.ones((3, 3), np.uint8)
    lead = cv2.dilate(np.abs(a), window) - cv2.dilate(np.abs(b), window)
    votes = cv2.blur(np.sign(lead).astype(np.float32), (3, 3), borderType=cv2.BORDER_REFLECT)
    return stronger(a, b, votes, -votes)
