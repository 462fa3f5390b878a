"""The hot targets of a picture as one crop of it shows them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mgfusion.thermal.hot_spots import MOST_IN_A_CROP, HotSpot

# What a crop must show of a target and of its ring for their contrast to mean something.
_LEAST_BLOB, _ENOUGH_BLOB = 0.5, 500  # share, or pixels of a large one
_LEAST_RING, _ENOUGH_RING = 0.25, 50  # share, and pixels


def hot_masks(
    spots: Sequence[HotSpot], top: int, left: int, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Targets and their rings in a square crop, (size, size) each; bit k of a pixel is that of target k.

    Args:
        spots: of the whole picture; those of which the crop shows too little are left out.
        top, left, size: of the crop, pixels.
    """
    blobs, rings = np.zeros((2, size, size), np.uint8)
    number = 0
    for spot in spots:
        rows, columns = spot.window
        first, last = max(rows.start, top), min(rows.stop, top + size)
        start, end = max(columns.start, left), min(columns.stop, left + size)
        if first >= last or start >= end:
            continue
        inside = (
            slice(first - rows.start, last - rows.start),
            slice(start - columns.start, end - columns.start),
        )
        blob, ring = spot.blob[inside], spot.ring[inside]
        if blob.sum() < min(_LEAST_BLOB * spot.blob.sum(), _ENOUGH_BLOB):
            continue
        if ring.sum() < max(_LEAST_RING * spot.ring.sum(), _ENOUGH_RING):
            continue
        place = (slice(first - top, last - top), slice(start - left, end - left))
        blobs[place] |= blob.astype(np.uint8) << number
        rings[place] |= ring.astype(np.uint8) << number
        number += 1
        if number == MOST_IN_A_CROP:
            break
    return blobs, rings
