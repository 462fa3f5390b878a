"""Infrared of another view laid upon the visible picture: found, refused, warped."""

import cv2
import numpy as np
import pytest

import mgfusion
from mgfusion.errors import ImageError, OptionError
from mgfusion.registration.matrices import (
    corner_distance,
    inverse,
    resizing,
    shift,
    transform,
    turn_and_scale,
)
from mgfusion.synthetic.night_street import night_street
from noise import noise


def seen(ir, width, degrees, x, y, factor=1.0, border=cv2.BORDER_REPLICATE):
    """The infrared of a registered pair through a narrower lens, and the matrix back."""
    h, w = ir.shape
    small = round(w * width * factor), round(h * width * factor)
    middle = shift((w - 1) / 2 + x, (h - 1) / 2 + y) @ turn_and_scale(1 / factor, np.radians(degrees))
    matrix = middle @ shift(-(small[0] - 1) / 2, -(small[1] - 1) / 2)
    return cv2.warpPerspective(ir, inverse(matrix), small, borderMode=border, flags=cv2.INTER_AREA), matrix


@pytest.fixture(scope="module")
def street():
    scene = night_street(3)
    return scene.ir, scene.vis


def test_a_narrower_lens_is_found_and_white_or_black_hot_alike(street):
    ir, vis = street
    narrow, truth = seen(ir, 0.7, 4, 25, -18)
    for picture in (narrow, 255 - narrow):
        found = mgfusion.align(picture, vis)
        assert corner_distance(found.matrix, truth, found.ir_size) < 6.4  # 1 % of 640
        assert found.trusted and found.confidence > 0.5
        assert (found.ir_size, found.vis_size) == ((448, 336), (640, 480))


def test_pictures_of_other_sizes_give_the_same_places(street):
    ir, vis = street
    narrow, truth = seen(ir, 0.7, -3, -20, 10)
    large = cv2.resize(vis, (1920, 1440), interpolation=cv2.INTER_CUBIC)
    found = mgfusion.align(narrow, large, "similarity")
    assert corner_distance(found.matrix, resizing((640, 480), (1920, 1440)) @ truth, found.ir_size) < 20


def test_nothing_is_claimed_of_pictures_that_show_nothing_or_something_else(street):
    ir, vis = street
    flat = np.full((120, 160), 90, np.uint8)
    for one, other in ((flat, vis), (ir, np.full_like(vis, 40)), (noise((120, 160)), vis), (flat, flat)):
        found = mgfusion.align(one, other)
        assert not found.trusted and found.matrix.shape == (3, 3) and np.isfinite(found.matrix).all()
    elsewhere = night_street(11).vis[:, ::-1]
    assert not mgfusion.align(seen(ir, 0.6, 0, 0, 0)[0][:, ::-1][::-1].copy(), elsewhere).trusted


def test_warping_keeps_the_type_and_says_where_there_is_infrared():
    ir = noise((40, 60)).astype(np.uint16) * np.uint16(200)
    found = mgfusion.Alignment(shift(10, 5), 1.0, (60, 40), (100, 80))
    warped, mask = found.warp(ir)
    assert warped.dtype == np.uint16 and warped.shape == mask.shape == (80, 100) and mask.dtype == bool
    np.testing.assert_array_equal(warped[5:45, 10:70], ir)
    assert mask[5:45, 10:70].all() and mask.sum() == 40 * 60
    half, mask = found.warp(np.dstack([ir] * 3), (50, 40))
    assert half.shape == (40, 50, 3) and abs(int(mask.sum()) - 600) < 60
    np.testing.assert_allclose(
        found.corners, transform(found.matrix, np.array([[0, 0], [59, 0], [59, 39], [0, 39.0]]))
    )
    with pytest.raises(ImageError, match=r"ir: array of shape \(10, 10\); give \(40, 60\)"):
        found.warp(np.zeros((10, 10)))
    with pytest.raises(OptionError, match="size"):
        found.warp(ir, (0, 4))


def test_what_cannot_be_aligned_is_refused_by_name(tmp_path):
    with pytest.raises(OptionError, match="model 'rigid'"):
        mgfusion.align(noise((64, 64)), noise((64, 64)), "rigid")
    with pytest.raises(ImageError, match="vis: 8x64 pixels is too small to align"):
        mgfusion.align(noise((64, 64)), noise((64, 8)))
    with pytest.raises(ImageError, match="no such file"):
        mgfusion.align(tmp_path / "none.png", noise((64, 64)))
    with pytest.raises(ImageError, match="got int"):
        mgfusion.align(3, noise((64, 64)))


def test_real_pairs_seen_through_another_lens(evaluation_pairs):
    """A single data set's first test pairs; docs/registration.md has all."""
    errors = []
    for name in ("00846N", "00922N", "00976N"):
        ir = cv2.imread(str(evaluation_pairs / "MSRS/test/ir" / f"{name}.png"), 0)
        narrow, truth = seen(ir, 0.8, 3, 15, -10)
        found = mgfusion.align(narrow, evaluation_pairs / "MSRS/test/vi" / f"{name}.png")
        errors.append(corner_distance(found.matrix, truth, found.ir_size))
    assert np.median(errors) < 12, errors
