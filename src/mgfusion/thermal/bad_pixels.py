"""Pixels that a thermal sensor reads wrongly."""

import numpy as np

from mgfusion.images import FloatArray
from mgfusion.thermal.levels import to_levels

_DEVIATES = 20 / 255  # beyond all neighbours by this and by some times what they differ among themselves:
_COLD, _HOT = (
    1,
    10,
)  # a far lamp or fire is as small as a pixel, but a lens gives its neighbours a share
_RING = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if y or x]


def repair_dead_pixels(ir: FloatArray) -> FloatArray:
    """Single pixels far darker or brighter than all eight neighbours become the neighbours' median.

    Two pixels that agree are never touched, nor is the smallest hot point that came through a lens: some of
    its neighbours are warmer than others. Pixels on the frame, with few neighbours, stay.

    Args:
        ir: (H, W), float32 in [0, 1], 3 pixels a side at least.

    Returns:
        The same array where nothing is dead, else a new one.
    """
    import cv2

    levels = to_levels(ir)
    odd = cv2.absdiff(levels, cv2.medianBlur(levels, 3)) >= int(255 * _DEVIATES)
    odd[[0, -1]] = odd[:, [0, -1]] = False
    rows, columns = np.divmod(np.flatnonzero(odd), ir.shape[1])
    if not len(rows):
        return ir
    around = np.array([ir[rows + y, columns + x] for y, x in _RING])
    value = ir[rows, columns]
    least, most = around.min(0), around.max(0)
    spread = most - least
    dead = (least - value > _COLD * spread + _DEVIATES) | (value - most > _HOT * spread + _DEVIATES)
    if not dead.any():
        return ir
    repaired = ir.copy()
    repaired[rows[dead], columns[dead]] = np.median(around[:, dead], axis=0)
    return repaired
