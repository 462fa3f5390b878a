"""Infrared of a rig on the visible frames: as pictures are laid, with places that are computed once."""

import numpy as np
import pytest

import mgfusion
from mgfusion.errors import ImageError, OptionError
from mgfusion.images import unit_luminance
from mgfusion.registration import Alignment, Rig
from mgfusion.registration.warping import warp_infrared
from mgfusion.synthetic.night_street import night_street
from mgfusion.video.fixed_overlay import FixedOverlay
from mgfusion.video.video_fuser import VideoFuser

MATRICES = {
    "resized": [[2.0, 0, 0.5], [0, 2, 0.5], [0, 0, 1]],
    "turned and moved": [[1.7, 0.1, 14.3], [-0.1, 1.7, 9.8], [0, 0, 1]],
    "steep": [[1.6, 0.2, 5.0], [0.1, 1.8, -8.0], [4e-4, 9e-4, 1]],
}
SIZES = (80, 60), (160, 120)


def larger(ir, vis):
    return ir.maximum(vis)


def infrared():
    return night_street(2, 120, 160).ir[::2, ::2]


def visible():
    return night_street(2, 120, 160).vis


@pytest.mark.parametrize("name", MATRICES)
def test_it_lays_a_frame_as_a_picture_is_laid(name):
    matrix, unit = np.array(MATRICES[name]), infrared().astype(np.float32) / 255
    overlay = FixedOverlay(matrix, *SIZES)
    laid, share = overlay.lay(unit)
    wanted, inside = warp_infrared(unit, matrix, SIZES[1])
    assert np.abs(laid - wanted)[inside > 0].mean() < 1e-3 and np.abs(laid - wanted).max() < 0.05
    assert np.array_equal(share, 1 - inside)
    assert laid.min() >= unit.min() and laid.max() <= unit.max()


def test_what_infrared_lacks_for_another_reason_shows_the_visible_frame_too():
    half = np.zeros((60, 80), np.float32)
    half[:, :40] = 1
    _, share = FixedOverlay(np.array(MATRICES["resized"]), *SIZES).lay(half, half)
    assert (share[20:100, 10:70] == 1).all() and (share[20:100, 90:150] == 0).all()


@pytest.fixture
def rig(tmp_path):
    return Rig(np.array(MATRICES["turned and moved"]), *SIZES).save(tmp_path / "rig.json")


@pytest.mark.parametrize("steady", [True, False])
@pytest.mark.parametrize("colour", ["visible", "inferno"])
def test_a_frame_is_fused_by_a_rig_as_a_picture_is(rig, steady, colour):
    picture = mgfusion.Fuser(larger, align=rig, colour=colour, parallax=False)(infrared(), visible())
    fuser = VideoFuser(larger, align=rig, colour=colour, steady=steady)
    change = np.abs(fuser(infrared(), visible()).astype(int) - picture)
    assert change.mean() < 0.3 and np.quantile(change, 0.999) <= 8


def test_outside_the_infrareds_view_the_visible_frame_stays(rig):
    fuser = VideoFuser(larger, align=Rig.load(rig), gray=True)
    fused = fuser(np.full((60, 80), 200, np.uint8), visible()).astype(int)
    y = unit_luminance(visible(), "vis") * 255
    assert np.abs(fused - y)[:6, :60].max() <= 1
    assert fused[50:80, 60:100].min() > 190


def test_every_way_that_needs_no_look_at_the_frames(tmp_path):
    points = tmp_path / "points.csv"
    rows = [f"{x},{y},{2 * x + 0.5},{2 * y + 0.5}" for x, y in ((3, 3), (70, 5), (8, 50), (66, 51), (40, 20))]
    points.write_text("\n".join(["ir_x,ir_y,vis_x,vis_y", *rows]))
    matrix = np.array(MATRICES["resized"])
    ways = (
        {"align": "resize"},
        {"align": points},
        {"align": Alignment(matrix, 1.0, *SIZES)},
        {"transform": matrix},
    )
    first, *others = (VideoFuser(larger, **way)(infrared(), visible()).astype(int) for way in ways)
    assert all(np.abs(other - first).max() <= 3 for other in others)


def test_the_transform_may_be_set_anew_between_frames():
    fuser = VideoFuser(larger, transform=MATRICES["resized"])
    once = fuser(infrared(), visible())
    fuser.transform = MATRICES["turned and moved"]
    assert np.abs(fuser(infrared(), visible()).astype(int) - once).max() > 20


def test_what_is_no_way_for_a_video_is_refused(rig):
    with pytest.raises(OptionError, match=r"all frames lie alike; give a rig.json"):
        VideoFuser(larger, align="auto")
    with pytest.raises(ImageError, match="ir: 80x40 pixels, and the rig's are 80x60"):
        VideoFuser(larger, align=rig)(infrared()[:40], visible())
    with pytest.raises(ImageError, match=r"infrared is 80x60 and visible is 160x120; give align: a rig.json"):
        VideoFuser(larger, align="none")(infrared(), visible())
