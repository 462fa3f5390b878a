"""Hot targets of an infrared picture: where they are, what surrounds them, how far they stand out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgfusion.images import Array

ABOVE_SURROUNDINGS = 40
"""Grey levels that a hot pixel is above the median of its surroundings."""
_BRIGHTEST = 80  # percentile of the picture that a hot pixel is above
_LEAST_AREA, _LARGEST_SHARE = 60, 0.03  # pixels at 640 wide; share of the picture
_MOST = 12
_MEDIAN_SCALE = 0.25  # at full size the median would take a second
_MARGIN = 2  # pixels between a target and the ring that it is compared with
_LEAST_RING = 50  # pixels
_EIGHT_LEVELS = 8.0  # a ring of no contrast at all still has this much

MOST_IN_A_CROP = 8
"""Targets of a training crop at most: a bit of a byte each."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class HotSpot:
    """One hot target.

    Attributes:
        window: rows and columns of the picture that ``blob`` and ``ring`` are masks of.
        blob: its pixels, (h, w).
        ring: what surrounds it, (h, w), without other targets.
        contrast: :func:`contrast` in the infrared picture, above 1.
    """

    window: tuple[slice, slice]
    blob: Mask
    ring: Mask
    contrast: float


def contrast(picture: Array, blob: Mask, ring: Mask) -> float:
    """Mean of a target less mean of its ring, in (standard deviations of the ring + 8 grey levels).

    Args:
        picture: (h, w), 0..255, of the spot's window.
        blob, ring: (h, w).
    """
    x = picture.astype(np.float32)
    around = x[ring]
    return float((x[blob].mean() - around.mean()) / (around.std() + _EIGHT_LEVELS))


def hot_spots(ir: Array) -> list[HotSpot]:
    """The hot targets of an infrared picture, the largest first, twelve at most.

    A blob of pixels that are more than 40 grey levels brighter than the median of their surroundings and
    among the brightest fifth, of 60 k^2 pixels to 3 % of the picture, where k = longer side / 640; its ring
    is what lies within 0.6 of its larger side, other blobs and a margin of two pixels left out. Targets whose
    contrast is 1 or less are not counted.

    Args:
        ir: (H, W), uint8.
    """
    import cv2

    labels, found = _blobs(ir)
    spots = []
    for number, (rows, columns) in found:
        pad = int(max(rows.stop - rows.start, columns.stop - columns.start) * 0.6) + 4
        window = (_widened(rows, pad, ir.shape[0]), _widened(columns, pad, ir.shape[1]))
        blob = labels[window] == number
        side = 2 * _MARGIN + 1
        near = cv2.dilate(blob.astype(np.uint8), np.ones((side, side), np.uint8)).astype(bool)
        ring = (labels[window] == 0) & ~near
        if ring.sum() < _LEAST_RING:
            continue
        stands_out = contrast(ir[window], blob, ring)
        if stands_out > 1:
            spots.append(HotSpot(window, blob, ring, stands_out))
    return spots


def _widened(part: slice, pad: int, length: int) -> slice:
    return slice(max(0, part.start - pad), min(length, part.stop + pad))


def surroundings(ir: Array) -> Array:
    """The median of what lies around each pixel: 164 pixels a side at 640 wide, of a quarter of the size.

    Args:
        ir: (H, W), uint8.
    """
    import cv2

    scale = _MEDIAN_SCALE * 640 / max(ir.shape)
    small = cv2.resize(ir, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    around = cv2.resize(cv2.medianBlur(small, 41), ir.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(around)


def _blobs(ir: Array) -> tuple[NDArray[np.int32], list[tuple[int, tuple[slice, slice]]]]:
    """Labels of all hot blobs, (H, W), 0 for none; number and place of those of a target's size."""
    import cv2
    from scipy import ndimage

    k = max(ir.shape) / 640
    if min(ir.shape) * _MEDIAN_SCALE < k:  # a line has no surroundings
        return np.zeros(ir.shape, np.int32), []
    around = surroundings(ir)
    values = ir.astype(np.float32)
    hot = (values - around.astype(np.float32) > ABOVE_SURROUNDINGS) & (
        values > np.percentile(values, _BRIGHTEST)
    )
    opened = cv2.morphologyEx(hot.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    labels, _ = ndimage.label(opened)
    found = []
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        area = int((labels[box] == number).sum())
        if _LEAST_AREA * k * k < area < _LARGEST_SHARE * ir.size:
            found.append((area, number, box))
    found.sort(key=lambda blob: -blob[0])
    return labels, [(number, box) for _, number, box in found[:_MOST]]
