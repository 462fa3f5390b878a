"""Black borders are found, straight or slanted, as made or through JPEG; cold skies are none."""

import cv2
import numpy as np
import pytest
from scenes import scene, under_a_cold_sky

from mgfusion.data import sensor_faults
from mgfusion.thermal.missing_areas import black_borders, continue_infrared, share_of_visible


def warped(ir, matrix):
    """Through a warp as OpenCV makes it, and where the warp left nothing."""
    size = ir.shape[::-1]
    moved = cv2.warpPerspective(ir, matrix, size, flags=cv2.INTER_LINEAR)
    inside = cv2.warpPerspective(np.ones_like(ir), matrix, size, flags=cv2.INTER_LINEAR)
    return moved, inside


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("quality", [None, 75])
def test_what_a_warp_leaves_is_found_and_little_else(seed, quality):
    rng = np.random.default_rng(seed)
    corners = np.float32([[0, 0], [319, 0], [319, 239], [0, 239]])
    matrix = cv2.getPerspectiveTransform(corners, corners + rng.uniform(-14, 14, (4, 2)).astype(np.float32))
    ir, inside = warped(scene(seed), matrix)
    if (inside == 0).sum() < 200:
        pytest.skip("this warp leaves nothing out")
    if quality:
        ir = sensor_faults.jpeg_blocks(ir, rng, quality)
    missing = black_borders(ir)
    assert missing is not None and missing.dtype == bool
    edge = cv2.dilate((inside < 1).astype(np.uint8), np.ones((3, 3), np.uint8))
    assert missing[inside == 0].mean() > 0.95
    assert missing[edge == 0].mean() < 0.1
    assert not missing[40:-40, 40:-40].any()


@pytest.mark.parametrize("seed", range(6))
def test_a_cold_sky_is_no_border(seed):
    sky = under_a_cold_sky(seed)
    assert black_borders(sky) is None
    assert black_borders(sky.T.copy()) is None
    assert black_borders(scene(seed)) is None


@pytest.mark.parametrize("quality", [None, 60])
def test_a_border_beside_a_cold_sky_is_the_border_alone(quality):
    ir = under_a_cold_sky(3)
    ir[:, :6] = ir[:, -6:] = ir[:5] = 0
    if quality:
        ir = sensor_faults.jpeg_blocks(ir, np.random.default_rng(0), quality)
    missing = black_borders(ir)
    assert missing[60:, :6].all() and missing[60:, -6:].all()
    assert not missing[20:, 40:-40].any()


def test_darkness_and_bright_frames_are_no_border():
    dark = np.zeros((100, 120), np.float32)
    assert black_borders(dark) is None
    rng = np.random.default_rng(0)
    assert black_borders(0.03 * rng.random((100, 120), np.float32)) is None
    framed = scene()
    framed[:8] = 0.3
    assert black_borders(framed) is None


def test_a_border_of_video_black_is_one():
    ir = scene()
    ir[:, :9] = 16 / 255
    assert black_borders(ir)[:, :9].all()


def test_infrared_goes_on_smoothly_where_it_is_missing():
    clean = scene()
    missing = np.zeros(clean.shape, bool)
    missing[:, :60] = missing[-20:] = True
    ir = np.where(missing, 0, clean)
    filled = continue_infrared(ir, missing)
    assert (filled[~missing] == clean[~missing]).all()
    assert filled[missing].min() > 0.3 and filled[missing].max() < 1
    assert np.abs(np.diff(filled[:, :58], axis=1)).max() < np.abs(np.diff(clean, axis=1)).max() / 4
    assert np.abs(filled[:, 59] - clean[:, 60])[:-20].mean() < 0.05


def test_the_visible_picture_comes_in_gradually():
    missing = np.zeros((50, 80), bool)
    missing[:, :40] = True
    share = share_of_visible(missing)
    assert share.dtype == np.float32 and (share[:, 40:] == 0).all() and (share[:, :20] == 1).all()
    assert 0 < share[25, 39] < 0.1 and (np.diff(share[25]) <= 0).all()
