"""Pairs of other sizes: aligned, laid by a rig, resized; refused when unsure; the visible picture outside."""

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

import mgfusion
from mgfusion.errors import ImageError, OptionError
from mgfusion.inference.infrared_overlay import common_part
from mgfusion.registration.alignment import resized
from mgfusion.registration.matrices import inverse, shift, turn_and_scale
from mgfusion.synthetic.night_street import night_street
from noise import noise

LAID = shift(60, 40) @ turn_and_scale(2.0, 0)


def brighter(ir, vis):
    return torch.maximum(ir, vis)


def fuser(**options):
    return mgfusion.Fuser(brighter, device="cpu", **options)


@pytest.fixture
def rig(tmp_path):
    return mgfusion.Rig(LAID, (100, 80), (320, 240)).save(tmp_path / "rig.json")


def test_outside_the_infrareds_view_the_result_is_the_visible_picture(rig):
    vis = noise((240, 320, 3)) // 2
    ir = np.full((80, 100), 255, np.uint8)
    fused = fuser(align=rig)(ir, vis)
    assert fused.shape == vis.shape and fused.dtype == vis.dtype
    outside = np.ones((240, 320), bool)
    outside[40:200, 60:260] = False
    np.testing.assert_array_equal(fused[outside], vis[outside])
    assert (fused[110:130, 150:170] == 255).all()
    # no seam: from the border of the view the infrared comes in slowly
    across = fuser(align=rig, gray=True)(ir, np.full_like(vis, 100))[120].astype(int)
    assert across[150] == 255 and np.abs(np.diff(across)).max() <= 40


def test_pictures_of_one_size_are_registered_unless_asked(rig):
    ir, vis = noise((80, 100)), noise((80, 100), seed=1)
    plain = fuser()(ir, vis)
    np.testing.assert_array_equal(plain, np.maximum(ir, vis))
    assert (fuser(align="none")(ir, vis) == plain).all()
    with pytest.raises(ImageError, match=r"can't tell how they lie on each other .* --points"):
        fuser(align="auto")(ir, vis)


def test_other_sizes_are_aligned_or_refused_with_the_ways_out(caplog):
    scene = night_street(3)
    matrix = shift(70, 50) @ turn_and_scale(2.0, 0)
    ir = cv2.warpPerspective(scene.ir, inverse(matrix), (250, 190), flags=cv2.INTER_AREA)
    with caplog.at_level("INFO", "mgfusion.align"):
        fused = fuser()(ir, scene.vis)
    assert "covers 7" in caplog.text and "confidence" in caplog.text
    known = fuser(align=mgfusion.Alignment(matrix, 1.0, (250, 190), (640, 480)))(ir, scene.vis)
    assert np.abs(fused.astype(int) - known).mean() < 4 and fused.shape == scene.vis.shape
    with pytest.raises(ImageError, match=r"ir and vis: can't tell .*--align rig.json"):
        fuser()(np.full((190, 250), 7, np.uint8), scene.vis)
    with pytest.raises(
        ImageError, match="sizes differ: ir is 250x190 and vis is 640x480 pixels, and align is none"
    ):
        fuser(align="none")(ir, scene.vis)


def test_what_one_transform_leaves_is_moved_unless_told_not_to():
    scene = night_street(3)
    height, width = scene.vis.shape[:2]
    near = np.where(np.arange(height) > height // 2, 4, 0)[:, None] + np.zeros((1, width))
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    apart = (x - near).astype(np.float32), y
    ir = cv2.remap(scene.ir, *apart, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    as_is = mgfusion.Alignment(np.eye(3), 1.0, (width, height), (width, height))
    inner = np.s_[height // 2 + 60 : -40, 60:-60]

    def seen(ir, vis):
        return ir

    plain, moved, registered = (
        mgfusion.Fuser(seen, device="cpu", repair=False, gray=True, **options)(ir, scene.vis)
        for options in ({"align": as_is, "parallax": False}, {"align": as_is}, {})
    )
    np.testing.assert_array_equal(plain[inner], ir[inner])
    np.testing.assert_array_equal(registered, ir)
    beside, left = (np.abs(fused[inner].astype(int) - scene.ir[inner]).mean() for fused in (plain, moved))
    assert left < 0.6 * beside


def test_a_pair_that_surely_lies_beside_its_rig_is_warned_of(recwarn):
    scene = night_street(3)
    matrix = shift(70, 50) @ turn_and_scale(2.0, 0)
    ir = cv2.warpPerspective(scene.ir, inverse(matrix), (250, 190), flags=cv2.INTER_AREA)
    rig = mgfusion.Rig(matrix, (250, 190), (640, 480))
    fuser(align=rig)(ir, scene.vis)
    fuser(align=rig)(np.full_like(ir, 7), scene.vis)  # nothing tells where it lies
    assert not recwarn
    beside = mgfusion.Rig(shift(16, 0) @ matrix, (250, 190), (640, 480))
    with pytest.warns(UserWarning, match=r"^ir: lies 2\.\d % of the width beside .*--align auto"):
        fused = fuser(align=beside, parallax=False)(ir, scene.vis)
    laid = mgfusion.Alignment(beside.matrix, 1.0, (250, 190), (640, 480))
    np.testing.assert_array_equal(fused, fuser(align=laid, parallax=False)(ir, scene.vis))


def test_each_pair_of_a_batch_has_its_own_moves():
    scene = night_street(3)
    ir = torch.from_numpy(scene.ir)[None, None].float() / 255
    vis = torch.from_numpy(scene.vis).permute(2, 0, 1)[None].float() / 255
    size = scene.ir.shape[1], scene.ir.shape[0]
    both = torch.cat([ir, ir.roll(4, 3)]), torch.cat([vis, vis])
    lay = fuser(align=mgfusion.Alignment(np.eye(3), 1.0, size, size), repair=False)
    alone = [lay(one[None], other[None]) for one, other in zip(*both, strict=True)]
    torch.testing.assert_close(lay(*both), torch.cat(alone))


def test_resize_takes_both_to_show_the_same_view():
    ir = np.zeros((40, 60), np.uint8)
    ir[10:30, 20:40] = 255
    fused = fuser(align="resize", repair=False)(ir, np.zeros((80, 120), np.uint8))
    assert fused[40, 60] > 250 and fused[40, 20] < 5 and fused.shape == (80, 120)


def test_what_somebody_said_is_not_moved_in_places_by_whatever_way_it_comes():
    scene = night_street(3)
    size = scene.ir.shape[1], scene.ir.shape[0]
    ir = np.roll(scene.ir, 4, axis=1)

    def seen(ir, vis):
        return ir

    said, handed_on = (
        mgfusion.Fuser(seen, device="cpu", repair=False, gray=True, align=align)(ir, scene.vis)
        for align in ("resize", resized(size, size))
    )
    np.testing.assert_array_equal(handed_on, said)


def test_cropping_leaves_what_both_cameras_see_in_every_kind(rig):
    vis, ir = noise((240, 320, 3)), noise((80, 100))
    whole, part = fuser(align=rig)(ir, vis), fuser(align=rig, crop=True)(ir, vis)
    assert abs(part.shape[0] - 158) <= 4 and abs(part.shape[1] - 198) <= 4
    at = [
        (y, x)
        for y in range(38, 46)
        for x in range(58, 66)
        if np.array_equal(whole[y : y + part.shape[0], x : x + part.shape[1]], part)
    ]
    assert len(at) == 1
    assert fuser(align=rig, crop=True)(ir, Image.fromarray(vis)).size == part.shape[1::-1]
    tensor = torch.from_numpy(vis).permute(2, 0, 1).float() / 255
    assert fuser(align=rig, crop=True)(ir, tensor).shape == (3, *part.shape[:2])
    assert (fuser(crop=True)(noise((80, 100)), noise((80, 100))).shape) == (80, 100)


def test_the_common_part_is_upright_and_full():
    turned = cv2.warpPerspective(
        np.ones((100, 140), np.float32), shift(40, 20) @ turn_and_scale(1, 0.1), (240, 200)
    )
    rows, columns = common_part(turned)
    assert (turned[rows, columns] > 0).all() and turned[rows, columns].size > 0.6 * 100 * 140
    with pytest.raises(ImageError, match="nothing is left"):
        common_part(np.zeros((20, 20), np.float32))


def test_a_way_that_is_none_is_refused(tmp_path):
    with pytest.raises(OptionError, match="align 'nearly': give auto, none, resize"):
        fuser(align="nearly")
    with pytest.raises(ImageError, match="cannot be read"):
        fuser(align=tmp_path / "rig.json")
