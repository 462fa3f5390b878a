"""The camera's own geometry, and what it does to a picture."""

import numpy as np

from mgfusion.registration import overlay_matrix, warp_infrared


def _to(matrix: np.ndarray, x: float, y: float) -> np.ndarray:
    point = matrix @ (x, y, 1)
    return point[:2] / point[2]


def test_one_view_in_two_sizes_lies_edge_upon_edge():
    matrix = overlay_matrix((80, 60), (640, 480), 1.0, (0, 0))
    np.testing.assert_allclose(_to(matrix, -0.5, -0.5), (-0.5, -0.5))
    np.testing.assert_allclose(_to(matrix, 79.5, 59.5), (639.5, 479.5))


def test_a_narrower_view_lies_around_the_middle_moved_by_the_offset():
    matrix = overlay_matrix((240, 320), (480, 640), 1.25, (14, -14))
    np.testing.assert_allclose(_to(matrix, 119.5, 159.5), (239.5 + 14, 319.5 - 14))
    width = _to(matrix, 239.5, 0)[0] - _to(matrix, -0.5, 0)[0]
    np.testing.assert_allclose(width, 480 / 1.25)


def test_warping_puts_things_where_the_matrix_says_and_knows_where_there_is_infrared():
    ir = np.full((60, 80), 20, np.float32)
    ir[20:26, 50:56] = 40
    matrix = overlay_matrix((80, 60), (320, 240), 2.0, (10, 5))
    warped, inside = warp_infrared(ir, matrix, (320, 240))
    rows, columns = np.nonzero(warped > 35)
    np.testing.assert_allclose((columns.mean(), rows.mean()), _to(matrix, 52.5, 22.5), atol=0.6)
    assert warped.shape == inside.shape == (240, 320) and warped.min() >= 20 and warped.max() <= 40
    assert inside[0, 0] == 0 and inside[120, 160] == 1 and ((inside > 0) & (inside < 1)).any()
    left, right = _to(matrix, -0.5, 0)[0], _to(matrix, 79.5, 0)[0]
    seen = np.flatnonzero(inside.max(axis=0))
    assert left - 1 <= seen[0] <= left + 3 and right - 3 <= seen[-1] <= right + 1
