"""Videos fused into files: times, sound, containers, what is odd or broken, and runs that are cut off."""

import json
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from mgfusion.errors import ImageError, OptionError, OutputError, VideoError
from mgfusion.images import read_image, write_image
from mgfusion.video.file_fusion import fuse_video_files
from mgfusion.video.paired_streams import open_streams
from mgfusion.video.video_fuser import VideoFuser
from video_clips import av, moving_square, read_video, spoilt, titled, write_video


def larger(ir, vis):
    return ir.maximum(vis)


def fuse(ir, vis, out, fuser=None, streams=None, **options):
    opened = open_streams(ir, vis, **(streams or {}))
    return fuse_video_files(opened, Path(out), fuser or VideoFuser(larger, repair=False), **options)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """ir.mp4 of 9 frames a second and vis.mp4 of 25 with sound, a second each."""
    folder = tmp_path_factory.mktemp("clips")
    ir = write_video(folder / "ir.mp4", [moving_square(i * 3, background=20) for i in range(9)], rate=9)
    vis = write_video(folder / "vis.mp4", map(moving_square, range(25)), audio="aac", options={"crf": "10"})
    return ir, vis


def luminance(frame):
    return frame.to_ndarray(format="yuv420p")[: frame.height].astype(float)


@pytest.mark.parametrize(
    ("ending", "codec", "sound"),
    [("mp4", "h264", "aac"), ("mkv", "h264", "aac"), ("mov", "h264", "aac"), ("avi", "mpeg4", "aac"),
     ("webm", "vp9", "opus")],
)  # fmt: skip
def test_every_container_has_each_frame_at_its_time_and_the_sound(clips, tmp_path, ending, codec, sound):
    out = tmp_path / f"out.{ending}"
    result = fuse(*clips, out, segment_seconds=0.4)
    assert (result.frames, result.problems) == (25, [])
    frames = read_video(out)
    assert [time for time, _ in frames] == pytest.approx([i / 25 for i in range(25)], abs=1e-3)
    with av.open(str(out)) as container:
        assert [s.codec_context.name for s in container.streams] == [codec, sound]
        heard = sum(f.samples / f.sample_rate for f in container.decode(audio=0))
    assert heard == pytest.approx(1.0, abs=0.08)
    expected = luminance(read_video(clips[1])[7][1])
    assert np.abs(luminance(frames[7][1]) - expected).mean() < 4
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_variable_times_and_missing_sound(tmp_path):
    times = [Fraction(n, 1000) for n in (0, 40, 130, 131, 400, 460)]
    vis = write_video(tmp_path / "vis.mkv", map(moving_square, range(6)), times=times)
    ir = write_video(tmp_path / "ir.mp4", map(moving_square, range(20)), audio="aac", title="Fahrbahn")
    fuse(titled(ir), vis, tmp_path / "out.mp4", segment_seconds=0.2)
    assert [time for time, _ in read_video(tmp_path / "out.mp4")] == pytest.approx([float(t) for t in times])
    with av.open(str(tmp_path / "out.mp4")) as container:  # the only sound there is
        assert len(container.streams.audio) == 1
    silent = write_video(tmp_path / "silent.mp4", map(moving_square, range(20)))
    fuse(silent, vis, tmp_path / "quiet.mp4")
    with av.open(str(tmp_path / "quiet.mp4")) as container:
        assert not container.streams.audio


@pytest.mark.parametrize(("width", "height"), [(65, 48), (64, 49), (33, 35)])
def test_odd_sizes(tmp_path, width, height):
    pictures = [moving_square(i, (width, height)) for i in range(3)]
    vis = write_video(tmp_path / "vis.mkv", pictures, codec="ffv1", pixels="yuv420p")
    for ending in ("mp4", "webm"):
        fuse(vis, vis, tmp_path / f"out.{ending}")
        frames = read_video(tmp_path / f"out.{ending}")
        assert (frames[1][1].width, frames[1][1].height, len(frames)) == (width, height, 3)


def test_one_frame_and_lengths_that_differ(clips, tmp_path):
    one = write_video(tmp_path / "one.mp4", [moving_square(0)])
    assert fuse(one, one, tmp_path / "a.mp4").frames == 1
    assert len(read_video(tmp_path / "a.mp4")) == 1
    long = write_video(tmp_path / "long.mp4", map(moving_square, range(40)))
    result = fuse(clips[0], long, tmp_path / "b.mp4")
    assert result.frames == 25 and "after" in result.notes[0]
    assert fuse(long, clips[1], tmp_path / "c.mp4").frames == 25


def test_the_offset_shifts_infrared_and_trims_the_sound(clips, tmp_path):
    result = fuse(*clips, tmp_path / "out.mp4", streams={"offset": 0.4})
    assert result.frames == 15
    frames = read_video(tmp_path / "out.mp4")
    assert frames[0][0] == 0
    ir, vis = luminance(read_video(clips[0])[0][1]), luminance(read_video(clips[1])[10][1])
    assert np.abs(luminance(frames[0][1]) - np.maximum(ir, vis)).mean() < 3
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert sum(f.samples / f.sample_rate for f in container.decode(audio=0)) == pytest.approx(
            0.6, abs=0.08
        )
    with pytest.raises(VideoError, match="no time in common with an offset of 9 s"):
        fuse(*clips, tmp_path / "none.mp4", streams={"offset": 9})
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


def test_colour_stays_where_infrared_adds_nothing(tmp_path):
    picture = np.zeros((48, 64, 3), np.uint8) + np.array([200, 60, 40], np.uint8)
    vis = write_video(tmp_path / "vis.mkv", [picture] * 3, codec="ffv1", pixels="yuv444p")
    dark = write_video(tmp_path / "ir.mkv", [picture[..., 0] * 0] * 3, codec="ffv1", pixels="gray")
    fuse(dark, vis, tmp_path / "out.mkv", codec="ffv1")
    (_, before), (_, after) = read_video(vis)[1], read_video(tmp_path / "out.mkv")[1]
    assert after.format.name == "yuv444p"
    assert np.abs(after.to_ndarray(format="rgb24").astype(int) - before.to_ndarray(format="rgb24")).max() <= 3


@pytest.mark.parametrize("layout", ["side-by-side", "top-bottom"])
@pytest.mark.parametrize("vis_first", [False, True])
def test_one_file_with_both_pictures(tmp_path, layout, vis_first):
    pairs = [(moving_square(i + 9, background=10), moving_square(i)) for i in range(5)]
    axis = 1 if layout == "side-by-side" else 0
    both = [np.concatenate(pair[::-1] if vis_first else pair, axis=axis) for pair in pairs]
    path = write_video(tmp_path / "both.mkv", both, codec="ffv1", pixels="yuv444p")
    streams = {"layout": layout, "vis_first": vis_first}
    fuse(path, None, tmp_path / "out.mkv", streams=streams, codec="ffv1")
    frames = read_video(tmp_path / "out.mkv")
    expected = np.maximum(*pairs[3])
    got = frames[3][1].to_ndarray(format="rgb24").astype(float)
    assert len(frames) == 5 and got.shape == (48, 64, 3) and np.abs(got - expected).mean() < 2


def test_one_file_with_two_tracks(tmp_path):
    path = tmp_path / "both.mkv"
    with av.open(str(path), "w") as out:
        tracks = [out.add_stream("ffv1", rate=25) for _ in range(2)]
        for track in tracks:
            track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
        for i in range(5):
            for track, shift in zip(tracks, (9, 0), strict=True):
                frame = av.VideoFrame.from_ndarray(moving_square(i + shift), "rgb24").reformat(
                    format="yuv420p"
                )
                frame.pts, frame.time_base = i, Fraction(1, 25)
                out.mux(track.encode(frame))
        for track in tracks:
            out.mux(track.encode(None))
    fuse(path, None, tmp_path / "out.mkv", streams={"layout": "dual-track"}, codec="ffv1")
    got = read_video(tmp_path / "out.mkv")[2][1].to_ndarray(format="rgb24").astype(float)
    assert np.abs(got - np.maximum(moving_square(2), moving_square(11))).mean() < 3


def test_numbered_pictures_in_and_out_at_full_depth(tmp_path):
    for i in (4, 5, 7):  # 6 was lost
        write_image(
            tmp_path / f"ir_{i:03d}.tif", moving_square(i, channels=None).astype(np.uint16) * 20 + 7000
        )
    for i in range(3, 8):
        write_image(tmp_path / f"vis_{i:03d}.png", moving_square(i).astype(np.uint16) * 257)
    (tmp_path / "vis_005.png").write_bytes(b"no picture")
    lines = []
    result = fuse(
        tmp_path / "ir_%03d.tif", tmp_path / "vis_%03d.png", tmp_path / "out_%03d.png", report=lines.append
    )
    names = sorted(path.name for path in tmp_path.glob("out_*"))
    assert names == [f"out_{i:03d}.png" for i in (4, 5, 6, 7)]  # by number, the infrared one's first
    assert result.problems == lines and len(lines) == 1 and "vis_005.png" in lines[0]
    fused = read_image(tmp_path / "out_004.png")
    assert fused.dtype == np.uint16 and fused.shape == (48, 64, 3)
    with pytest.raises(ImageError, match="exists already"):
        fuse(tmp_path / "ir_%03d.tif", tmp_path / "vis_%03d.png", tmp_path / "out_%03d.png")


def test_a_bad_frame_is_named_and_the_rest_is_done(clips, tmp_path):
    vis = write_video(tmp_path / "vis.avi", map(moving_square, range(25)), codec="mjpeg", pixels="yuvj420p")
    spoilt(vis, 10)
    lines = []
    result = fuse(clips[0], vis, tmp_path / "out.mp4", report=lines.append, segment_seconds=0.3)
    assert result.frames == 25 and lines == result.problems and "vis.avi: the frame at 0.400 s" in lines[0]


def test_nothing_is_replaced_and_inputs_are_safe(clips, tmp_path):
    out = tmp_path / "out.mp4"
    out.write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists already"):
        fuse(*clips, out)
    assert out.read_bytes() == b"mine"
    with pytest.raises(OptionError, match="is one of the inputs"):
        fuse(*clips, clips[1], overwrite=True)
    with pytest.raises(OptionError, match="unknown ending"):
        fuse(*clips, tmp_path / "out.gif")
    with pytest.raises(OptionError, match="can't hold it"):
        fuse(*clips, tmp_path / "out.webm", codec="h264")
    fuse(*clips, out, overwrite=True)
    assert len(read_video(out)) == 25


class Broken(VideoFuser):
    """Fails at a frame, as a full disk or a lost GPU would."""

    def fuse_prepared(self, prepared):
        self.count = getattr(self, "count", 0) + 1
        if self.count == 15:
            raise MemoryError("no more")
        return super().fuse_prepared(prepared)


def test_a_run_that_was_cut_off_goes_on_from_whole_segments_to_the_same_frames(clips, tmp_path):
    """Without loss: given equal frames, x264 differs by a level in one segment of a thousand, as ever."""
    whole, out = tmp_path / "whole.mkv", tmp_path / "out.mkv"
    fuse(*clips, whole, segment_seconds=0.2, codec="ffv1")
    with pytest.raises(MemoryError):
        fuse(*clips, out, Broken(larger, repair=False), segment_seconds=0.2, codec="ffv1")
    store = tmp_path / ".out.mkv.mgfusion"
    assert not out.exists() and store.is_dir() and not list(store.glob("*.part"))
    with pytest.raises(OutputError, match="--resume"):
        fuse(*clips, out, segment_seconds=0.2, codec="ffv1")
    with pytest.raises(OptionError, match=r"other inputs or options \(offset\)"):
        fuse(*clips, out, segment_seconds=0.2, codec="ffv1", resume=True, streams={"offset": 0.1})
    calls = []
    result = fuse(
        *clips,
        out,
        segment_seconds=0.2,
        codec="ffv1",
        resume=True,
        progress=lambda done, total, frames: calls.append(frames),
    )
    assert result.frames == 25 and 10 < calls[-1] < 25  # the rest alone was made
    for (t1, one), (t2, two) in zip(read_video(whole), read_video(out), strict=True):
        assert t1 == t2
        np.testing.assert_array_equal(one.to_ndarray(), two.to_ndarray())
    assert not store.exists()


KILLED = """
import sys, time
from pathlib import Path
from mgfusion.video.file_fusion import fuse_video_files
from mgfusion.video.paired_streams import open_streams
from mgfusion.video.video_fuser import VideoFuser
def slow(ir, vis):
    time.sleep(0.05)
    return ir.maximum(vis)
ir, vis, out = map(Path, sys.argv[1:])
fuse_video_files(open_streams(ir, vis), out, VideoFuser(slow), segment_seconds=0.2)
"""


def test_kill_9_in_the_middle_leaves_nothing_half_written(clips, tmp_path):
    out, store = tmp_path / "out.mp4", tmp_path / ".out.mp4.mgfusion"
    process = subprocess.Popen([sys.executable, "-c", KILLED, *map(str, (*clips, out))])
    deadline = time.monotonic() + 120
    while not list(store.glob("0000*.json")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists()
    done = [json.loads(path.read_text()) for path in sorted(store.glob("0000*.json"))]
    assert all(segment["frames"] == 5 for segment in done)
    result = fuse(*clips, out, resume=True, segment_seconds=0.2)
    assert result.frames == 25
    assert [time for time, _ in read_video(out)] == pytest.approx([i / 25 for i in range(25)])


def test_memory_is_that_of_a_few_frames(clips, tmp_path):
    """A slow writer holds the reader back."""
    vis = write_video(tmp_path / "vis.mp4", map(moving_square, range(60)))
    opened = open_streams(vis, vis)
    read = []
    frames_of = opened.vis.frames

    def counted(*arguments):
        for frame in frames_of(*arguments):
            read.append(frame)
            yield frame

    opened.vis.frames = counted
    ahead = []
    fuse_video_files(
        opened, tmp_path / "out.mp4", VideoFuser(larger),
        progress=lambda done, total, frames: (time.sleep(0.01), ahead.append(len(read) - frames)),
    )  # fmt: skip
    assert len(ahead) == 60 and max(ahead) < 16
