"""Where a video is cut: frames that do not follow from the one before."""

import numpy as np

from mgfusion.images import FloatArray

THUMBNAIL = (32, 24)
_LIKE = 0.6  # correlation of two thumbnails below which they may show different scenes
_CHANGED = 0.4  # the share of pixels that change with a cut at least: one hot thing that comes in is none
_LEAST_CHANGE = 0.03  # of 1: dark or flat pictures correlate with nothing


def thumbnail(unit: FloatArray, size: tuple[int, int] = THUMBNAIL) -> FloatArray:
    """A picture (H, W) in [0, 1] at (width, height) = ``size``, each pixel a mean."""
    import cv2

    return np.asarray(cv2.resize(unit, size, interpolation=cv2.INTER_AREA), np.float32)


def is_cut(before: FloatArray, after: FloatArray) -> bool:
    """Whether two thumbnails show different scenes; a change of gain or brightness is none."""
    change = np.abs(after - before)
    if float((change > max(_LEAST_CHANGE, 0.4 * float(before.std()))).mean()) < _CHANGED:
        return False
    x, y = before - before.mean(), after - after.mean()
    scale = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return scale < 1e-6 or float((x * y).sum()) / scale < _LIKE
