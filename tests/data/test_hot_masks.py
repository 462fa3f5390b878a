"""What a crop shows of the hot targets of its picture."""

import numpy as np

from mgfusion.data.hot_masks import hot_masks
from mgfusion.thermal.hot_spots import MOST_IN_A_CROP, HotSpot


def spot(top: int, left: int, side: int, margin: int = 6) -> HotSpot:
    """A square target with a ring around it."""
    blob = np.zeros((side + 2 * margin,) * 2, bool)
    blob[margin:-margin, margin:-margin] = True
    window = (slice(top - margin, top + side + margin), slice(left - margin, left + side + margin))
    return HotSpot(window, blob, ~blob, 3.0)


def test_the_masks_lie_where_the_picture_has_them():
    blobs, rings = hot_masks([spot(40, 50, 10), spot(70, 90, 8)], 20, 30, 96)
    assert blobs.shape == rings.shape == (96, 96) and blobs.dtype == np.uint8
    first, second = np.argwhere(blobs & 1), np.argwhere(blobs & 2)
    assert first.min(0).tolist() == [20, 20] and first.max(0).tolist() == [29, 29]
    assert second.min(0).tolist() == [50, 60] and second.max(0).tolist() == [57, 67]
    assert (rings & 1).astype(bool).sum() == 22 * 22 - 100


def test_targets_of_which_too_little_is_seen_are_left_out():
    assert not hot_masks([spot(40, 50, 10)], 46, 30, 64)[0].any()  # four of ten rows
    assert hot_masks([spot(40, 50, 10)], 44, 30, 64)[0].any()
    assert not hot_masks([spot(40, 50, 10)], 200, 200, 64)[0].any()
    assert not hot_masks([spot(40, 50, 10, margin=2)], 40, 50, 10)[0].any()  # no ring
    assert hot_masks([spot(100, 100, 60)], 135, 100, 64)[0].any()  # a large one, 1500 pixels of it


def test_no_more_targets_than_bits():
    blobs, _ = hot_masks([spot(10 + 30 * k, 20, 8) for k in range(12)], 0, 0, 400)
    assert len({*np.unique(blobs)} - {0}) == MOST_IN_A_CROP == 8
