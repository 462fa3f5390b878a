"""Frames of files that the tests wrote: their depth, times, turns, and what can't be decoded."""

from fractions import Fraction

import numpy as np
import pytest

from mgfusion.errors import VideoError
from mgfusion.video.video_files import VideoFile
from video_clips import av, moving_square, spoilt, titled, write_video


def frames_of(path, **options):
    lines = []
    return list(VideoFile(path, **options).frames(report=lines.append)), lines


@pytest.mark.parametrize(
    ("ending", "codec", "pixels", "full"),
    [
        ("mp4", "libx264", "yuv420p", False),
        ("mov", "libx264", "yuv422p", False),
        ("mkv", "libx264", "yuv444p", False),
        ("webm", "libvpx-vp9", "yuv420p", False),
        ("avi", "mpeg4", "yuv420p", False),
        ("avi", "mjpeg", "yuvj420p", True),
        ("ts", "libx264", "yuv420p", False),
        ("mov", "png", "rgb24", True),
        ("mkv", "ffv1", "bgr0", True),
        ("nut", "rawvideo", "yuyv422", False),
    ],
)
def test_luminance_comes_from_the_planes_of_every_container(tmp_path, ending, codec, pixels, full):
    path = write_video(
        tmp_path / f"v.{ending}", map(moving_square, range(6)), codec=codec, pixels=pixels,
        options={"crf": "1"} if "x264" in codec else {},
    )  # fmt: skip
    frames, lines = frames_of(path)
    assert len(frames) == 6 and not lines
    assert [frame.time for frame in frames] == pytest.approx([i / 25 for i in range(6)], abs=2e-3)
    assert frames[2].levels.full == full and frames[2].size == (64, 48)
    unit = frames[2].levels.to_unit(frames[2].y)
    assert np.abs(unit - moving_square(2)[..., 0] / 255).mean() < 0.02


@pytest.mark.parametrize(("pixels", "bits"), [("gray10le", 10), ("gray12le", 12), ("gray16le", 16)])
def test_deep_grey_keeps_its_whole_depth(tmp_path, pixels, bits):
    deep = (np.arange(64 * 48, dtype=np.uint16).reshape(48, 64) * 21) << (16 - bits)
    (frame,), _ = frames_of(write_video(tmp_path / "v.mkv", [deep], codec="ffv1", pixels=pixels))
    assert (frame.levels.bits, frame.levels.full, frame.chroma) == (bits, True, None)
    np.testing.assert_allclose(frame.levels.to_unit(frame.y), deep / 65535, atol=1.1 / 2**bits)
    assert len(np.unique(frame.y)) > 1000 if bits > 10 else len(np.unique(frame.y)) > 255


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_file_that_says_it_is_turned_is_upright(tmp_path, turns):
    """A player turns the coded picture counterclockwise by the angle that the file has."""
    path = write_video(tmp_path / "v.mp4", [moving_square(0)] * 2, rotation=90 * turns, options={"crf": "1"})
    (frame, _), _ = frames_of(path)
    with av.open(str(path)) as container:
        angle = next(container.decode(video=0)).rotation
    assert angle % 360 == 90 * turns
    upright = np.rot90(moving_square(0)[..., 0], turns)
    assert frame.y.shape == upright.shape
    assert np.abs(frame.levels.to_unit(frame.y) - upright / 255).mean() < 0.02


def test_variable_times_are_kept(tmp_path):
    times = [Fraction(n, 1000) for n in (0, 33, 100, 101, 250, 900)]
    for ending in ("mp4", "mkv"):
        path = write_video(tmp_path / f"v.{ending}", map(moving_square, range(6)), times=times)
        assert [frame.time for frame in frames_of(path)[0]] == times


@pytest.mark.parametrize(
    ("ending", "codec", "pixels"),
    [
        ("avi", "mjpeg", "yuvj420p"),
        ("mov", "png", "rgb24"),
        ("mkv", "libx264", "yuv420p"),
        ("avi", "mpeg4", "yuv420p"),
    ],
)
def test_a_frame_that_cannot_be_decoded_is_named_and_the_last_good_one_stands_in(
    tmp_path, ending, codec, pixels
):
    options = {"bf": "0", "g": "4"} if codec == "libx264" else {}
    path = write_video(
        tmp_path / f"v.{ending}", map(moving_square, range(6)), codec=codec, pixels=pixels, options=options
    )
    spoilt(path, 3)
    frames, lines = frames_of(path)
    assert [float(frame.time) for frame in frames] == pytest.approx([i / 25 for i in range(6)], abs=1e-3)
    assert [frame.stands_in for frame in frames] == [False] * 3 + [True] + [False] * 2
    np.testing.assert_array_equal(frames[3].y, frames[2].y)
    assert len(lines) == 1 and f"v.{ending}: the frame at 0.120 s" in lines[0] and "last good" in lines[0]


def test_a_title_in_another_code_is_no_matter(tmp_path):
    path = titled(write_video(tmp_path / "v.mp4", map(moving_square, range(3)), title="Fahrbahn"))
    frames, lines = frames_of(path)
    assert len(frames) == 3 and not lines


def test_a_bad_first_frame_is_left_out(tmp_path):
    path = write_video(tmp_path / "v.avi", map(moving_square, range(4)), codec="mjpeg", pixels="yuvj420p")
    spoilt(path, 0)
    frames, _ = frames_of(path)
    assert [round(float(frame.time), 2) for frame in frames] == [0.04, 0.08, 0.12]


def test_a_file_that_was_cut_off_says_where_it_ends(tmp_path):
    path = write_video(tmp_path / "v.mkv", map(moving_square, range(50)), options={"g": "5"})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    frames, lines = frames_of(path)
    assert 5 < len(frames) < 45
    assert "ends at" in lines[-1] and "of 2.00 s" in lines[-1]


def test_what_is_no_video_is_said_in_one_line(tmp_path):
    whole = write_video(tmp_path / "v.mp4", map(moving_square, range(8)))
    headless = tmp_path / "cut.mp4"
    headless.write_bytes(whole.read_bytes()[:300])
    for path, why in (
        (headless, "cut off"),
        (tmp_path / "no.mp4", "no such file"),
        (tmp_path, "is a folder"),
    ):
        with pytest.raises(VideoError, match=why):
            VideoFile(path)
    with pytest.raises(VideoError, match="has 1 video stream, and none numbered 2"):
        VideoFile(whole, track=1)


def test_frames_since_a_time_are_those_of_the_whole(tmp_path):
    path = write_video(tmp_path / "v.mp4", map(moving_square, range(40)), options={"g": "12", "bf": "2"})
    whole, _ = frames_of(path)
    later = list(VideoFile(path).frames(Fraction(29, 50)))
    assert [frame.time for frame in later] == [frame.time for frame in whole[15:]]
    for a, b in zip(later, whole[15:], strict=True):
        np.testing.assert_array_equal(a.y, b.y)


def test_time_counts_from_the_beginning_of_the_file(tmp_path):
    """Transport streams begin anywhere."""
    path = write_video(
        tmp_path / "v.ts", map(moving_square, range(5)), times=[7 + Fraction(i, 25) for i in range(5)]
    )
    assert float(frames_of(path)[0][0].time) == pytest.approx(0, abs=1e-3)
