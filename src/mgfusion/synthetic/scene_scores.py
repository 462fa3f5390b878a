"""How much of what each camera alone has seen is left in a fused picture of a synthetic scene."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mgfusion.images import unit_luminance
from mgfusion.synthetic.street_surfaces import Floats

if TYPE_CHECKING:
    from mgfusion.synthetic.scene_pair import Scene

HOT_CONTRAST_AT_LEAST = 0.60
TEXTURE_AT_LEAST = 0.75


def luma(picture: npt.NDArray[Any]) -> Floats:
    """(H, W) or (H, W, 3), uint8, uint16 or float in [0, 1], as its luminance (H, W), float32 in [0, 1]."""
    return unit_luminance(picture)


def gradient(grey: Floats) -> Floats:
    """Central differences of a slightly smoothed picture: noise shall not count as texture.

    Args:
        grey: (H, W), float32 in [0, 1].

    Returns:
        (2, H, W), float32: change per pixel downwards, and to the right.
    """
    import cv2

    smooth = cv2.GaussianBlur(grey, (0, 0), 0.7)
    return np.stack(np.gradient(smooth)).astype(np.float32)


def strength(grey: Floats) -> Floats:
    """Length of :func:`gradient`, (H, W), float32."""
    return np.asarray(np.hypot(*gradient(grey)), dtype=np.float32)


def hot_contrast_kept(scene: "Scene", fused: npt.NDArray[Any]) -> float:
    """The contrast that the worst hot object has in ``fused``, as a share of its infrared contrast.

    Contrast is the mean over the object less the mean over a ring around it (2 to 8 pixels away). 1 is as
    in the infrared picture, 0 is invisible, below 0 is a hot object drawn dark. A good fused picture has at
    least ``HOT_CONTRAST_AT_LEAST``. Objects under 40 pixels are left out; NaN where none is left.

    Args:
        scene: the scene that was fused.
        fused: (H, W) or (H, W, 3), uint8, uint16 or float in [0, 1].
    """
    import cv2

    grey, ir = luma(fused), luma(scene.ir)
    count, labels = cv2.connectedComponents(scene.hot_mask.astype(np.uint8))
    far_from_hot = cv2.dilate(scene.hot_mask.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    kept = []
    for label in range(1, count):
        mask = labels == label
        if mask.sum() < 40:
            continue
        ring = (cv2.dilate(mask.astype(np.uint8), np.ones((17, 17), np.uint8)) > 0) & far_from_hot
        if ring.any():
            kept.append((grey[mask].mean() - grey[ring].mean()) / (ir[mask].mean() - ir[ring].mean()))
    return float(min(kept, default=np.nan))


def texture_kept(scene: "Scene", fused: npt.NDArray[Any]) -> float:
    """How much of the visible gradients ``fused`` has, on average over the textured mask.

    A pixel's share is its fused gradient projected on its visible one, limited to -1 ... 1: 1 is at least as
    in the visible picture, 0 is none, below 0 is texture turned negative. A good fused picture has at least
    ``TEXTURE_AT_LEAST`` on average; edges that the visible picture does not have count for nothing.

    Args:
        scene: the scene that was fused.
        fused: (H, W) or (H, W, 3), uint8, uint16 or float in [0, 1].
    """
    theirs = gradient(luma(scene.vis))[:, scene.texture_mask]
    ours = gradient(luma(fused))[:, scene.texture_mask]
    share = (ours * theirs).sum(axis=0) / np.maximum((theirs**2).sum(axis=0), 1e-12)
    return float(np.clip(share, -1, 1).mean())
