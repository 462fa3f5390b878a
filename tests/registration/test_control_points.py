"""Points that stand for a matrix."""

import numpy as np
import pytest

from mgfusion.errors import ImageError
from mgfusion.registration.control_points import parse_points, points_of
from mgfusion.registration.matrices import corners, resizing, shift, transform, turn_and_scale

IR, VIS = (160, 120), (640, 480)
MATRICES = {
    "resized": resizing(IR, VIS),
    "inside": shift(100, 60) @ turn_and_scale(2.5, 0.1),
    "beyond the picture on three sides": shift(-90, 20) @ turn_and_scale(5.5, -0.05),
    "a corner alone": shift(520, 360) @ turn_and_scale(4, 0),
    "seen from aside": np.array([[3.8, 0.1, 5], [-0.1, 3.9, 9], [2e-4, -1e-4, 1]]),
}


@pytest.mark.parametrize("name", MATRICES)
def test_they_give_the_matrix_back_by_way_of_a_file(name):
    matrix = MATRICES[name]
    made = points_of(matrix, IR, VIS)
    found = parse_points(made.csv(), "points.csv").alignment(IR, VIS)
    np.testing.assert_allclose(found.corners, transform(matrix, corners(IR)), atol=0.03)
    assert len(made.ir) == 9 and made.csv().startswith("ir_x,ir_y,vis_x,vis_y\n")


@pytest.mark.parametrize(
    "matrix",
    [shift(700, 0), shift(635, 475), np.full((3, 3), np.nan), np.diag([1.0, 1.0, 0.0]),
     np.array([[1, 0, 0], [0, 1, 0], [-0.01, 0, 1.0]]), np.zeros((3, 3))],
    ids=["beside", "hardly", "nan", "at infinity", "through infinity", "nothing"],
)  # fmt: skip
def test_what_lies_beside_the_picture_or_nowhere_is_refused(matrix):
    with pytest.raises(ImageError, match="hardly any of the infrared"):
        points_of(matrix, IR, VIS)
