"""A painted scene as both cameras photograph it, and masks of what only one of them sees."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mgfusion.synthetic.scene_scores import luma, strength
from mgfusion.synthetic.street_cameras import infrared_camera, visible_camera
from mgfusion.synthetic.street_surfaces import Bools, Canvas, Lamp

SUPERSAMPLING = 2
"""Scenes are drawn so many times larger than the cameras see them."""


@dataclass(frozen=True)
class Scene:
    """One registered pair with its masks."""

    ir: npt.NDArray[np.uint8]
    """(H, W)"""
    vis: npt.NDArray[np.uint8]
    """(H, W, 3) RGB"""
    hot_mask: Bools
    """(H, W): people and warm parts of cars, which the visible camera hardly sees."""
    texture_mask: Bools
    """(H, W): bricks, road marks, signs with visible gradients, which the infrared camera does not see."""


def photograph(canvas: Canvas, rng: np.random.Generator, lamps: list[Lamp], height: int, width: int) -> Scene:
    """The pair of this size of a canvas ``SUPERSAMPLING`` times as large; ``lamps`` shine on wet ground."""
    import cv2

    size = (width, height)
    visible = visible_camera(canvas, rng, lamps, size)
    infrared = infrared_camera(canvas, rng, size)
    hot = cv2.resize(canvas.hot.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    drawn = cv2.resize(canvas.texture.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    return Scene(infrared, visible, hot, _textured(visible, infrared, hot, drawn))


def _textured(vis: npt.NDArray[np.uint8], ir: npt.NDArray[np.uint8], hot: Bools, drawn: Bools) -> Bools:
    """Where something textured was drawn, the visible gradient is strong, and the infrared one is weak."""
    import cv2

    strong = strength(luma(vis)) > 0.03
    weak = strength(luma(ir)) < 0.02
    near_hot = cv2.dilate(hot.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    return np.asarray(strong & weak & drawn & ~near_hot)
