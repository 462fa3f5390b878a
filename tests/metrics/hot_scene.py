"""A scene whose hot targets' contrasts are known."""

import numpy as np

HEIGHT, WIDTH = 240, 320
BOXES = ((40, 60, 20, 12), (120, 200, 24, 16))  # top, left, height, width
GROUND, HEAT = 60, (180, 220)


def hot_scene(heat: tuple[int, ...] = HEAT, ground: int = GROUND) -> np.ndarray:
    """Flat ground with a box of each heat, (240, 320) uint8: contrast (heat - ground) / 8."""
    picture = np.full((HEIGHT, WIDTH), ground, np.uint8)
    for (top, left, height, width), value in zip(BOXES, heat, strict=False):
        picture[top : top + height, left : left + width] = value
    return picture
