"""What one transform leaves between both pictures, found place by place."""

import cv2
import numpy as np
import pytest

from mgfusion.registration.local_shifts import LocalShifts, find_local_shifts

EYE = np.eye(3)


@pytest.fixture(scope="module")
def scene() -> tuple[np.ndarray, np.ndarray]:
    """One picture twice, the one in other brightness: only where things are is the same."""
    rng = np.random.default_rng(3)
    coarse = cv2.resize(rng.random((30, 40), np.float32), (640, 480), interpolation=cv2.INTER_NEAREST)
    vis = cv2.GaussianBlur(coarse, (0, 0), 1.5)
    return 0.9 - 0.5 * vis, vis


def carried(plane: np.ndarray, right: np.ndarray | float, down: float = 0.0) -> np.ndarray:
    """What is at a place moved to the right and down."""
    x, y = np.meshgrid(
        np.arange(plane.shape[1], dtype=np.float32), np.arange(plane.shape[0], dtype=np.float32)
    )
    at = (x - np.float32(right)).astype(np.float32), (y - np.float32(down)).astype(np.float32)
    return cv2.remap(plane, *at, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def test_a_move_is_taken_back_and_none_is_made_up(scene):
    ir, vis = scene
    still = find_local_shifts(ir, vis, EYE).moves
    assert np.abs(still).max() < 0.3
    moves = find_local_shifts(carried(ir, 3, -2), vis, EYE).moves
    assert np.abs(np.median(moves[0]) + 3) < 0.2
    assert np.abs(np.median(moves[1]) - 2) < 0.2


def test_near_things_are_moved_and_far_ones_stay(scene):
    ir, vis = scene
    beside = np.where(np.arange(640) < 320, 0, 5)[None] + np.zeros((480, 1))
    apart = carried(ir, beside)
    found = find_local_shifts(apart, vis, EYE)
    assert np.abs(np.median(found.moves[0, :, :25])) < 0.3  # of 100 places across
    assert np.abs(np.median(found.moves[0, :, 75:]) + 5) < 0.4
    right = np.s_[20:-20, 420:620]
    before, after = np.abs(apart - ir)[right].mean(), np.abs(found.move(apart) - ir)[right].mean()
    assert after < 0.2 * before


def test_more_than_it_looks_for_and_pictures_of_other_things_stay_within_reach(scene):
    ir, vis = scene
    other = cv2.rotate(vis, cv2.ROTATE_180)
    for one, two in ((carried(ir, 40), vis), (ir, other)):
        assert np.abs(find_local_shifts(one, two, EYE).moves).max() <= 0.0125 * 640


def test_nothing_moves_where_nothing_is_seen(scene):
    ir, vis = scene
    for one, two in ((np.full_like(ir, 0.5), vis), (ir, np.zeros_like(vis)), (ir[:40, :40] * 0, vis)):
        found = find_local_shifts(one, two, EYE)
        assert np.isfinite(found.moves).all()
        assert np.abs(found.moves).max() < 0.6


def test_a_smaller_infrared_with_a_lesser_view_is_moved_within_it(scene):
    ir, vis = scene
    moved = carried(ir, 4)
    matrix = np.array([[2, 0, 160.5], [0, 2, 120.5], [0, 0, 1.0]])
    small = cv2.resize(moved[120:360, 160:480], (160, 120), interpolation=cv2.INTER_AREA)
    moves = find_local_shifts(small, vis, matrix).moves
    assert np.abs(np.median(moves[0, 40:80, 30:70]) + 4) < 0.4


@pytest.mark.parametrize("size", [(16, 16), (17, 301), (1300, 700)])
def test_any_size_is_moved_and_keeps_its_range(size):
    width, height = size
    plane = np.random.default_rng(0).random((height, width), np.float32)
    found = find_local_shifts(plane, plane, EYE)
    moved = found.move(plane)
    assert moved.shape == plane.shape
    assert moved.min() >= plane.min() and moved.max() <= plane.max()


def test_large_pictures_are_moved_in_strips_without_a_seam():
    plane = np.add.outer(np.arange(1200), np.zeros(80)).astype(np.float32)
    shifts = LocalShifts(np.full((2, 4, 4), 2.5, np.float32), (80, 1200))
    inside = shifts.move(plane)[10:-10, 10:-10]
    np.testing.assert_allclose(inside, plane[10:-10, 10:-10] - 2.5, atol=0.02)
