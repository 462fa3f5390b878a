"""Colour of fused frames: the rule and the palettes of pictures, on the planes of a stream."""

from fractions import Fraction

import numpy as np
import pytest
import torch

import mgfusion
from mgfusion import Fuser, VideoFuser
from mgfusion.errors import OptionError
from mgfusion.images import from_tensor, fused_colour, recoloured, to_tensor
from mgfusion.inference.palette_colour import palette_colour
from mgfusion.synthetic.night_street import night_street
from mgfusion.thermal import named_palette
from mgfusion.thermal.palettes import palette
from mgfusion.video.frame_building import rgb_of
from mgfusion.video.frame_planes import Frame, Levels, Tags
from mgfusion.video.fused_planes import with_luminance, with_palette
from video_clips import moving_square, read_video, write_video


def larger(ir, vis):
    return ir.maximum(vis)


@pytest.fixture(scope="module")
def scene():
    return night_street(3, height=96, width=128)


@pytest.fixture(scope="module")
def fused(scene) -> np.ndarray:
    return (scene.ir / 255).astype(np.float32)


def frame_of(rgb: np.ndarray, pixels: str, space: str = "ITU601", full: bool = True) -> Frame:
    """As FFmpeg makes it, not by code of ours."""
    import av

    made = av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(
        format=pixels, dst_colorspace=space, dst_color_range="JPEG" if full else "MPEG"
    )
    planes = [np.frombuffer(p, np.uint8).reshape(-1, p.line_size) for p in made.planes]
    deep = made.format.components[0].bits
    planes = [q if deep == 8 else q.view("<u2") for q in planes]
    y, cb, cr = (q[: p.height, : p.width] for q, p in zip(planes, made.planes, strict=True))
    tags = Tags(1 if space == "ITU709" else 6)
    return Frame(Fraction(0), y, (cb, cr), Levels(deep, full), tags)


@pytest.mark.parametrize(
    ("pixels", "space", "full", "most"),
    [
        ("yuv444p", "ITU601", True, 1.0),
        ("yuv444p", "ITU601", False, 1.5),
        ("yuv444p10le", "ITU601", False, 1.0),
        ("yuv420p", "ITU601", True, 3.0),  # colour at half the size
        ("yuv420p", "ITU601", False, 3.0),
    ],
)
def test_the_colour_of_a_frame_is_that_of_a_picture(scene, fused, pixels, space, full, most):
    expected = recoloured(scene.vis, torch.from_numpy(fused)[None, None]).astype(float)
    plain = np.repeat(np.rint(255 * fused)[..., None], 3, axis=2)
    got = rgb_of(with_luminance(frame_of(scene.vis, pixels, space, full), fused))
    got = got / (257 if got.dtype == np.uint16 else 1)
    assert np.abs(got - expected).mean() < most < 0.3 * np.abs(plain - expected).mean() + 2
    kept = rgb_of(with_luminance(frame_of(scene.vis, pixels, space, full), fused, gray=True))
    assert kept.ndim == 2


def test_the_weights_of_bt_709_are_used_where_the_stream_says_so(scene, fused):
    """Its luminance is another one; what red, green and blue differ by must still be that of the rule."""
    got = rgb_of(with_luminance(frame_of(scene.vis, "yuv444p", "ITU709"), fused)).astype(float)
    assert np.abs(got @ [0.2126, 0.7152, 0.0722] - 255 * fused).mean() < 0.6
    lit = scene.vis.max(axis=2) > 40
    of_601 = from_tensor(fused_colour(to_tensor(scene.vis), torch.from_numpy(fused)[None, None]), np.uint8)
    spread = [np.ptp(picture[lit].astype(float), axis=1) for picture in (got, of_601)]
    assert np.corrcoef(*spread)[0, 1] > 0.97


def test_a_dark_places_colour_is_that_around_it():
    rng = np.random.default_rng(0)
    noisy = rng.integers(0, 12, (64, 64, 3)).astype(np.uint8)
    frame = frame_of(noisy, "yuv420p")
    got = with_luminance(frame, np.full((64, 64), 0.3, np.float32))
    before, after = (max(float(plane.std()) for plane in f.chroma) for f in (frame, got))
    assert after < 0.6 * before


def test_chroma_leaves_no_channel_out_of_range(scene):
    for level in (0.0, 1.0):
        got = with_luminance(frame_of(scene.vis, "yuv444p"), np.full(scene.ir.shape, level, np.float32))
        assert np.abs(got.chroma[0].astype(int) - 128).max() <= 1
        assert np.abs(got.chroma[1].astype(int) - 128).max() <= 1


@pytest.mark.parametrize("pixels", ["yuv444p", "yuv420p"])
@pytest.mark.parametrize("full", [True, False])
def test_a_palettes_colours_in_planes(scene, fused, pixels, full):
    ir, y = (torch.from_numpy(p)[None, None] for p in ((scene.ir / 255).astype(np.float32), fused))
    rgb = palette_colour(ir, y, named_palette("inferno"))
    vis = frame_of(scene.vis, pixels, full=full)
    got = with_palette(vis, rgb)
    assert got.chroma[0].shape == vis.chroma[0].shape and got.levels == vis.levels
    shown = 255 * rgb[0].numpy().transpose(1, 2, 0)
    assert np.abs(rgb_of(got) - shown).mean() < (1.5 if pixels == "yuv444p" else 6)


def test_a_palette_gives_grey_frames_colour_and_says_which(scene, fused):
    rgb = torch.zeros(1, 3, *scene.ir.shape) + torch.tensor([0.8, 0.2, 0.1]).view(1, 3, 1, 1)
    grey = Frame(Fraction(0), scene.ir)
    got = with_palette(grey, rgb)
    assert got.chroma[0].shape == (48, 64) and got.tags.space == 6
    assert np.abs(rgb_of(got)[40, 40] - np.array([204, 51, 25.5])).max() <= 2
    floats = with_palette(Frame(Fraction(0), fused), rgb)
    assert rgb_of(floats).dtype == np.uint16
    assert np.abs(rgb_of(floats)[40, 40] / 257 - np.array([204, 51, 25.5])).max() <= 1


def test_arrays_are_coloured_as_a_fuser_colours_them(scene):
    for options in ({}, {"colour": "grey"}, {"colour": "iron"}, {"gray": True}, {"invert": True}):
        first = VideoFuser(larger, **options)(scene.ir, scene.vis)
        alone = Fuser(larger, **options)(scene.ir, scene.vis)
        assert first.shape == alone.shape and np.abs(first.astype(int) - alone).max() <= 1
    assert VideoFuser(larger, colour="iron")(scene.ir, scene.vis[..., 1]).shape == (96, 128, 3)
    with pytest.raises(OptionError, match="no colour 'irn'"):
        VideoFuser(larger, colour="irn")
    with pytest.raises(OptionError, match="isotherm"):
        VideoFuser(Fuser(larger, isotherm="30C..40C"))


def test_streams_take_colour_and_black_hot(tmp_path):
    hot = [moving_square(i, channels=None) for i in range(3)]
    ir = write_video(tmp_path / "ir.mkv", hot, codec="ffv1", pixels="gray")
    vis = write_video(tmp_path / "vis.mkv", [moving_square(9)] * 3, codec="ffv1", pixels="yuv420p")
    table = palette("iron").astype(int)
    for frame in mgfusion.fuse_video(ir, vis, model=larger, colour="iron"):
        assert np.abs(table - frame.picture[18, 10]).sum(axis=1).min() < 60
        assert np.ptp(frame.picture[18, 10].astype(int)) > 30
    turned = list(mgfusion.fuse_video(ir, vis, model=lambda ir, vis: ir, invert=True, steady=False))
    assert np.abs(255 * turned[0].luminance - (255.0 - moving_square(0, channels=None))).mean() < 2


def test_an_infrared_stream_in_false_colour_is_brought_back_to_temperatures(tmp_path):
    hot = [moving_square(i, channels=None) for i in range(2)]
    vis = write_video(tmp_path / "vis.mkv", [moving_square(9)] * 2, codec="ffv1", pixels="yuv420p")
    ir = write_video(
        tmp_path / "ir.mkv", [palette("rainbow")[p] for p in hot], codec="ffv1", pixels="yuv444p"
    )
    (first, _) = mgfusion.fuse_video(ir, vis, model=lambda ir, vis: ir, steady=False)
    assert np.abs(255 * first.luminance - hot[0]).mean() < 4
    assert len(read_video(ir)) == 2
