"""Frames as they come: what is remembered between them, and what stays steady."""

from itertools import pairwise

import numpy as np
import pytest
import torch

import mgfusion
from mgfusion.errors import ImageError, OptionError
from mgfusion.metrics.temporal import FlickerMeter
from mgfusion.models import MGFusion, MGFusionConfig
from mgfusion.synthetic.street_in_motion import street_in_motion
from mgfusion.video.video_fuser import VideoFuser, quick_precision
from video_clips import moving_square


def larger(ir, vis):
    return ir.maximum(vis)


@pytest.fixture(scope="module")
def street():
    """Counts, a gain jump and a lost frame."""
    return list(street_in_motion(12, 1, 96, 128, counts=True, gain_jump=6, dropped=(4,)))


def test_the_kind_of_the_visible_frame_comes_back():
    fuser = mgfusion.VideoFuser(larger)
    ir = moving_square(0, channels=None)
    for vis in (moving_square(1), moving_square(1).astype(np.uint16) * 257, ir, ir[..., None]):
        fused = fuser(ir, vis)
        assert fused.shape == vis.shape and fused.dtype == vis.dtype
    assert VideoFuser(larger, gray=True)(ir, moving_square(1)).shape == (48, 64)


def test_the_first_frame_is_that_of_a_fuser_alone():
    ir, vis = moving_square(0, channels=None), moving_square(3)
    alone = mgfusion.Fuser(larger)(ir, vis).astype(int)
    assert np.abs(VideoFuser(larger)(ir, vis).astype(int) - alone).max() <= 1
    assert np.abs(VideoFuser(larger, steady=False)(ir, vis).astype(int) - alone).max() <= 1


@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16"])
def test_a_video_frame_is_within_half_a_level_of_a_picture_fused_in_float32(street, precision):
    ir, vis = street[0].ir, street[0].vis
    alone = mgfusion.Fuser("mgfusion-tiny", device="cpu")(ir, vis).astype(int)
    fuser = VideoFuser("mgfusion-tiny", device="cpu", precision=precision)
    assert fuser.fuser.precision == (quick_precision("cpu") if precision == "auto" else precision)
    change = np.abs(fuser(ir, vis).astype(int) - alone)
    assert change.mean() < 0.5 and change.max() <= 8
    if precision == "float32":
        assert change.max() <= 2  # the range is taken from every few pixels


def ratio(street, fuser, block):
    meter = FlickerMeter(block)
    for pair in street:
        fused = fuser(pair.ir, pair.vis, pair.time)
        meter.add(fused, np.clip((pair.ir - 7000.0) / 2000, 0, 1), pair.vis)
    return meter.result().ratio


def sharper(ir, vis):
    """As a network that gains contrast, noise included."""
    y = ir.maximum(vis)
    soft = torch.nn.functional.avg_pool2d(y, 5, 1, 2, count_include_pad=False)
    return (soft + 1.3 * (y - soft)).clamp(0, 1)


@pytest.mark.parametrize("network", [sharper, "mgfusion-tiny"])
def test_flicker_is_no_more_than_the_sources(street, network):
    assert ratio(street, VideoFuser(network, gray=True), 1) < 1.05
    assert ratio(street, VideoFuser(network, gray=True), 16) < 1.05
    assert ratio(street, VideoFuser(sharper, gray=True, steady=False), 1) > 1.05  # each frame alone


def test_what_moves_is_as_sharp_as_each_frame_alone(street):
    steady, alone = (
        VideoFuser(larger, gray=True),
        VideoFuser(larger, gray=True, steady=False, ir_range=(7000, 9000)),
    )
    for pair in street[:6]:
        one, two = steady(pair.ir, pair.vis, pair.time), alone(pair.ir, pair.vis, pair.time)
    moving = pair.moving
    contrast = [float(picture[moving].mean()) - float(picture[~moving].mean()) for picture in (one, two)]
    assert contrast[0] > 0.9 * contrast[1]


def test_an_ir_range_of_the_users_own_stays_where_it_is(street):
    fuser = VideoFuser(lambda ir, vis: ir, gray=True, ir_range=(7000, 9000))
    for pair in street:
        fused = fuser(pair.ir, pair.vis, pair.time)
    still = ~pair.moving
    expected = np.clip((pair.ir - 7000.0) / 2000, 0, 1) * 255
    assert np.abs(fused - expected)[still].mean() < 3


def test_one_palette_for_all_frames_whatever_the_cameras_gain_does():
    """A still scene, a gain jump, a hot thing that comes in: what did not change keeps its colour."""
    warmth = np.add.outer(np.linspace(0, 600, 48), np.linspace(0, 400, 64))
    noise = np.random.default_rng(0)
    vis, shown = np.full((48, 64, 3), 90, np.uint8), {True: [], False: []}
    fusers = {steady: VideoFuser(larger, colour="inferno", steady=steady) for steady in shown}
    for index in range(24):
        counts = 7000 + warmth + noise.normal(0, 2, warmth.shape)
        if index >= 8:
            counts[4:12, 4:12] += 900
        if index >= 16:
            counts = 1.4 * counts + 800
        for steady, fuser in fusers.items():
            shown[steady].append(fuser(np.rint(counts).astype(np.uint16), vis, index / 25).astype(int))
    there = slice(20, None), slice(20, None)

    def largest_step(pictures):
        return max(np.abs(b[there] - a[there]).mean() for a, b in pairwise(pictures))

    assert largest_step(shown[True]) < 4 < 20 < largest_step(shown[False])


def test_a_rigs_transform_brings_infrared_onto_the_visible_grid():
    ir = np.zeros((24, 32), np.uint8)
    ir[6:12, 10:16] = 255
    vis = np.zeros((48, 64, 3), np.uint8)
    with pytest.raises(ImageError, match="infrared is 32x24 and visible is 64x48"):
        VideoFuser(larger)(ir, vis)
    twice = [[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]]
    fused = VideoFuser(larger, transform=twice)(ir, vis)[..., 0]
    rows, columns = np.nonzero(fused > 127)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (12, 23, 20, 31)
    with pytest.raises(OptionError, match="3x3"):
        VideoFuser(larger, transform=[[1, 0], [0, 1]])


class Watched:
    """A network that wants the whole picture first, and counts how often it is asked."""

    vis_channels = 3

    def __init__(self):
        self.looks = 0

    def __call__(self, ir, vis):
        raise AssertionError("for_picture is called in its place")

    def for_picture(self, ir, vis):
        self.looks += 1
        return lambda ir, vis: ir.maximum(vis[:, :1])


def test_the_encoder_looks_at_cuts_and_every_so_many_frames():
    network = Watched()
    fuser = VideoFuser(network, embed_every=5)
    looks = []
    for index in range(12):
        other = np.random.default_rng(1).integers(0, 255, (6, 8)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
        vis = moving_square(index) if index < 7 else np.repeat(other[..., None], 3, 2)
        fuser(moving_square(index, channels=None), vis)
        looks.append(network.looks)
    assert looks == [1] * 5 + [2] * 2 + [3] * 5


@pytest.fixture
def guided():
    torch.manual_seed(0)

    class Mean(torch.nn.Module):
        """An encoder of four numbers."""

        def forward(self, pictures):
            return torch.nn.functional.adaptive_avg_pool2d(pictures.mean(1, keepdim=True), 2).flatten(1)

    config = MGFusionConfig(network="pyramid", dim=4, num_blocks=0, scale=2, embed_dim=4, cii=True, cff=True)
    model = MGFusion(config, encoder=Mean())
    torch.nn.init.normal_(model.reconstruct.weight, std=0.1)
    return model


def test_embeddings_go_on_a_straight_line_and_going_on_from_a_state_gives_the_same(guided):
    fuser = VideoFuser(guided, embed_every=4)
    for index in range(6):
        fuser(moving_square(index, channels=None), moving_square(index, background=60 + 5 * index))
    other = VideoFuser(guided, embed_every=4)
    other.restore(fuser.state())
    for index in range(6, 12):
        ir, vis = moving_square(index, channels=None), moving_square(index, background=60 + 5 * index)
        np.testing.assert_array_equal(fuser(ir, vis), other(ir, vis))


def test_times_that_jump_begin_anew():
    fuser = VideoFuser(larger)
    ir, vis = moving_square(0, channels=None), moving_square(5)
    fuser(ir, vis, 0.0)
    fuser(ir // 2, vis // 2, 0.04)
    later = fuser(ir, vis, 60.0)
    np.testing.assert_array_equal(later, VideoFuser(larger)(ir, vis))
    np.testing.assert_array_equal(fuser(ir, vis, 1.0), later)  # and back


def test_a_frame_that_is_still_being_finished_leaves_nothing_to_what_begins_anew():
    """Live, a frame is drawn while the next, here after a long silence, is prepared."""
    fuser, dark, bright = (
        VideoFuser(larger),
        np.full((48, 64), 0.3, np.float32),
        np.full((48, 64), 0.31, np.float32),
    )

    def prepare(y, time):
        return fuser.prepare((y * 255).astype(np.uint8), y, lambda: torch.from_numpy(y)[None, None], time)

    first, second = prepare(dark, 0.0), prepare(bright, 9.0)
    fuser.finish(first, fuser.fuse_prepared(first))
    fused = fuser.fuse_prepared(second)
    assert np.array_equal(fuser.finish(second, fused), fused)


def test_degrees_with_missing_values():
    ir = moving_square(0, channels=None).astype(np.float32) / 10 + 5
    ir[3, 4] = np.nan
    fused = VideoFuser(lambda ir, vis: ir, gray=True, repair=False)(ir, moving_square(0))
    assert fused.min() == 0 and fused.max() == 255
    with pytest.raises(ImageError, match="no finite value"):
        VideoFuser(larger)(np.full((48, 64), np.nan), moving_square(0))
    with pytest.raises(ImageError, match="dtype int64"):
        VideoFuser(larger)(np.zeros((48, 64), np.int64), moving_square(0))


def test_the_thermal_dial_is_turned_as_in_a_fuser_alone():
    ir, vis = moving_square(0, channels=None), moving_square(9)
    for thermal in (0.0, 1.0):
        alone = mgfusion.Fuser(larger, thermal=thermal)(ir, vis).astype(int)
        fused = VideoFuser(larger, thermal=thermal)(ir, vis).astype(int)
        assert np.abs(fused - alone).max() <= 1
        assert np.abs(fused - VideoFuser(larger)(ir, vis)).max() > 10


def test_infrared_is_repaired_as_in_a_fuser_alone():
    ir, vis = moving_square(0, channels=None), moving_square(9)
    ir[:, :9] = 0  # a black border, as a warp leaves it
    for repair in (True, False):
        alone = mgfusion.Fuser(lambda ir, vis: ir, repair=repair)(ir, vis).astype(int)
        fused = VideoFuser(lambda ir, vis: ir, repair=repair)(ir, vis)
        assert np.abs(fused - alone).max() <= 1
        assert (fused[:, :4].mean() > 40) == repair
