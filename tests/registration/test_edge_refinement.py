"""The edges' say in a transform that is nearly right."""

import cv2
import numpy as np
import pytest

from mgfusion.registration import MODELS
from mgfusion.registration.edge_refinement import refine_by_edges
from mgfusion.registration.matrices import corner_distance, inverse, resizing

SIZE = 640, 480


@pytest.fixture(scope="module")
def vis() -> np.ndarray:
    """Smooth patches of all greys."""
    coarse = np.random.default_rng(5).random((30, 40), np.float32)
    large = cv2.resize(coarse, SIZE, interpolation=cv2.INTER_NEAREST)
    return cv2.GaussianBlur(large, (0, 0), 1.5) * 255


def seen(vis: np.ndarray, matrix: np.ndarray, size: tuple[int, int] = SIZE) -> np.ndarray:
    """The same in other brightness, by a camera whose pixels ``matrix`` brings to visible ones."""
    return 230 - 0.6 * cv2.warpPerspective(vis, inverse(matrix), size, borderMode=cv2.BORDER_REPLICATE)


BESIDE = {
    "shift": np.array([[1, 0, 2.5], [0, 1, -2.0], [0, 0, 1]]),
    "similarity": np.array([[1.004, -0.003, 1.0], [0.003, 1.004, 0.5], [0, 0, 1]]),
    "affine": np.array([[1.005, 0.002, 0.5], [-0.001, 0.996, 1.0], [0, 0, 1]]),
    "homography": np.array([[1.004, 0.0, 0.0], [0.0, 1.004, 0.0], [8e-6, -8e-6, 1]]),
}


@pytest.mark.parametrize("model", MODELS)
def test_two_thirds_of_the_way_to_the_truth_by_each_model(vis, model):
    truth = BESIDE[model]
    off = corner_distance(np.eye(3), truth, SIZE)
    found = refine_by_edges(seen(vis, truth), vis, np.eye(3), model)
    assert corner_distance(found, truth, SIZE) == pytest.approx(off / 3, rel=0.3)


def test_what_a_model_has_not_stays_as_it_was(vis):
    ir = seen(vis, BESIDE["homography"])
    for model, kept in (("shift", np.s_[:, :2]), ("similarity", np.s_[2]), ("affine", np.s_[2])):
        assert np.allclose(refine_by_edges(ir, vis, np.eye(3), model)[kept], np.eye(3)[kept])
    similar = refine_by_edges(seen(vis, BESIDE["affine"]), vis, np.eye(3), "similarity")
    assert similar[0, 0] == pytest.approx(similar[1, 1]) and similar[0, 1] == pytest.approx(-similar[1, 0])


def test_a_narrow_view_of_low_resolution_is_looked_at_alone(vis):
    view = np.array([[2.0, 0, 200], [0, 2.0, 120], [0, 0, 1]])  # 120x100 pixels see 240x200 of the middle
    ir = seen(vis, view, (120, 100))
    begun = np.array([[1.01, 0, -3.2], [0, 1.01, -2.2], [0, 0, 1]]) @ view  # 1 % larger, about its middle
    found = refine_by_edges(ir, vis, begun, "homography")
    assert corner_distance(found, view, (120, 100)) < 0.6 * corner_distance(begun, view, (120, 100))


def test_where_nothing_can_be_said_the_matrix_stays(vis):
    matrix = resizing((64, 64), (20, 20))  # too small a part of the visible picture
    assert refine_by_edges(vis[:64, :64].copy(), vis, matrix, "homography") is matrix
    beside = np.array([[1, 0, 5000.0], [0, 1, 0], [0, 0, 1]])  # nothing of it on the visible picture
    assert refine_by_edges(vis, vis, beside, "homography") is beside
    sliver = np.array([[1, 0, 0], [0.7, 0.001, 0], [0, 0, 1]])  # a line from one corner to the other
    assert refine_by_edges(vis, vis, sliver, "homography") is sliver
    flat = np.full_like(vis, 90)
    assert corner_distance(refine_by_edges(flat, vis, np.eye(3), "homography"), np.eye(3), SIZE) < 1e-6


def test_pictures_of_other_things_move_by_no_more_than_one_percent(vis):
    other = cv2.rotate(vis, cv2.ROTATE_180)
    assert corner_distance(refine_by_edges(other, vis, np.eye(3), "affine"), np.eye(3), SIZE) < 6.4
