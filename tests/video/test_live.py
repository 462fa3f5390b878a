"""Live: the newest frames alone, sources that come and go, outputs that are slow."""

import threading
import time
from fractions import Fraction

import numpy as np
import pytest

from mgfusion.errors import OptionError, OutputError, VideoError
from mgfusion.video.frame_planes import Frame
from mgfusion.video.live_fusion import LiveFusion
from mgfusion.video.live_outputs import FileOutput, NetworkOutput, NewestFirst, open_output
from mgfusion.video.live_sources import LiveSource, at_its_own_pace, camera_frames, live_source
from mgfusion.video.v4l2_loopback import LoopbackDevice
from mgfusion.video.video_fuser import VideoFuser
from video_clips import moving_square, read_video, write_video

LONG = 60.0  # seconds: for a machine that is busy with other things


def larger(ir, vis):
    return ir.maximum(vis)


def frame(index, value=None):
    picture = moving_square(index, channels=None)
    return Frame(Fraction(0), picture if value is None else np.full_like(picture, value), index=index)


def wait_until(what):
    end = time.monotonic() + LONG
    while not what():
        assert time.monotonic() < end
        time.sleep(0.005)


class Camera:
    """A source whose frames the test lets come one by one; None is a frame lost with its camera."""

    def __init__(self, name, arrived, again=True, lines=None):
        self.given, self.opened = [], 0
        self.more = threading.Condition()
        self.at = 0
        self.source = LiveSource(
            name,
            self._frames,
            again=again,
            report=(lines if lines is not None else []).append,
            arrived=arrived,
        )

    def _frames(self):
        self.opened += 1
        while True:
            with self.more:
                while self.at >= len(self.given):
                    self.more.wait(0.05)
                    if self.source._stop.is_set():
                        return
                item = self.given[self.at]
                self.at += 1
            if item is None:
                raise OSError("cable out")
            yield time.monotonic(), item

    def give(self, *items):
        with self.more:
            self.given += items
            self.more.notify_all()
        wait_until(lambda: self.at >= len(self.given))


@pytest.fixture
def rig(monkeypatch):
    """Two cameras and a run whose pictures are collected."""
    monkeypatch.setattr("mgfusion.video.live_sources._FIRST_PAUSE", 0.01)
    arrived, lines, shown = threading.Condition(), [], []
    cameras = Camera("ir", arrived, lines=lines), Camera("vis", arrived, lines=lines)
    run = LiveFusion(
        cameras[0].source, cameras[1].source, VideoFuser(larger, steady=False), arrived,
        lambda picture, at: shown.append(picture), report=lines.append,
    )  # fmt: skip
    run.start()
    yield *cameras, run, shown, lines
    run.stop()


def test_each_new_visible_frame_is_fused_with_the_infrared_one_that_came_nearest(rig):
    ir, vis, run, shown, _ = rig
    ir.give(frame(0, 200))
    vis.give(frame(0, 10))
    wait_until(lambda: len(shown) == 1)
    vis.give(frame(1, 220))
    wait_until(lambda: len(shown) == 2)
    ir.give(frame(1, 50))
    vis.give(frame(2, 10))
    wait_until(lambda: len(shown) == 3)
    assert [int(picture.y[0, 0]) for picture in shown] == [200, 220, 50]
    assert run.numbers().fused == 3 and run.numbers().dropped == 0


def test_a_source_that_goes_away_is_opened_again_and_nothing_old_is_shown(rig, monkeypatch):
    monkeypatch.setattr("mgfusion.video.live_fusion.STALE", 0.2)
    ir, vis, run, shown, lines = rig
    ir.give(frame(0, 200))
    vis.give(frame(0, 10))
    wait_until(lambda: len(shown) == 1)
    ir.give(None)
    wait_until(lambda: ir.opened == 2)
    time.sleep(0.25)
    vis.give(frame(1, 20))
    time.sleep(0.1)
    assert len(shown) == 1 and run.running  # rather than an old infrared picture
    assert run.numbers().waiting_for.startswith("ir")
    ir.give(frame(1, 90))
    vis.give(frame(2, 30))
    wait_until(lambda: len(shown) == 2)
    assert int(shown[1].y[0, 0]) == 90
    assert lines == ["ir: cable out; trying again", "ir: is back"]


def test_a_slow_network_drops_frames_and_never_queues():
    arrived, shown = threading.Condition(), []
    ir, vis = Camera("ir", arrived), Camera("vis", arrived)
    going, gate = threading.Event(), threading.Event()

    def slow(a, b):
        going.set()
        assert gate.wait(LONG)
        return a.maximum(b)

    fuser = VideoFuser(slow, steady=False)
    run = LiveFusion(ir.source, vis.source, fuser, arrived, lambda picture, at: shown.append(picture))
    run.start()
    ir.give(frame(0, 0))
    vis.give(frame(0, 100))
    assert going.wait(LONG)
    for i in range(1, 8):
        vis.give(frame(i, 100 + i))
    gate.set()
    wait_until(lambda: len(shown) == 2)
    run.stop()
    assert [int(picture.y[0, 0]) for picture in shown] == [100, 107]  # the newest, not the next
    assert (run.numbers().fused, run.numbers().dropped) == (2, 6)


class Slow:
    """An output that waits for the test."""

    def __init__(self):
        self.going, self.gate, self.written = threading.Event(), threading.Event(), []

    def write(self, picture, at):
        self.written.append(int(picture.y[0, 0]))
        self.going.set()
        assert self.gate.wait(LONG)

    def close(self):
        return None


def test_a_slow_consumer_gets_the_newest_picture_and_holds_nothing_back():
    slow = Slow()
    output = NewestFirst(slow)
    output.put(frame(0, 1), 0.0)
    assert slow.going.wait(LONG)
    for value in range(2, 9):
        output.put(frame(0, value), float(value))  # returns at once
    slow.gate.set()
    output.close()
    assert slow.written == [1, 8] and output.dropped == 6


def test_an_output_that_fails_says_so_when_it_is_closed():
    class Full:
        def write(self, picture, at):
            raise OutputError("disk: full")

        def close(self):
            return None

    output = NewestFirst(Full())
    output.put(frame(0), 0.0)
    with pytest.raises(OutputError, match="full"):
        output.close()


@pytest.mark.parametrize("ending", ["mp4", "mkv", "webm"])
def test_a_recording_appears_whole_with_the_times_at_which_frames_came(tmp_path, ending):
    path = tmp_path / f"out.{ending}"
    output = FileOutput(path, False, None, None)
    for index, at in enumerate((100.0, 100.04, 100.3)):
        output.write(frame(index), at)
        assert not path.exists()
    assert output.close() == path
    assert [time for time, _ in read_video(path)] == pytest.approx([0, 0.04, 0.3], abs=2e-3)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_killed_recording_still_plays(tmp_path):
    output = FileOutput(tmp_path / "out.mp4", False, None, None)
    for index in range(120):
        output.write(frame(index), index / 25)
    (part,) = tmp_path.iterdir()
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(part.read_bytes())  # as it is on the disk at that moment
    assert len(read_video(copy)) >= 49
    output.close()


def test_targets_that_are_none_are_refused_before_anything_starts(tmp_path):
    options = {"codec": None, "quality": None, "report": print}
    (tmp_path / "there.mp4").write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists already"):
        open_output(str(tmp_path / "there.mp4"), overwrite=False, **options)
    with pytest.raises(OptionError, match="unknown kind of address"):
        open_output("gopher://host/x", overwrite=False, **options)
    with pytest.raises(OptionError, match="unknown ending"):
        open_output("x.gif", overwrite=False, **options)
    with pytest.raises(OutputError, match="v4l2loopback"):
        open_output("/dev/video99", overwrite=False, **options)
    with pytest.raises(OutputError, match="takes no 64x48 pictures"):
        LoopbackDevice("/dev/null").write(frame(0), 0.0)


def test_an_address_that_cannot_be_reached_is_told_once_and_tried_again(monkeypatch):
    lines, times = [], iter([0.0, 0.0, 1.0, 3.0, 3.0, 3.0])
    monkeypatch.setattr("mgfusion.video.live_outputs.time.monotonic", lambda: next(times, 9.0))
    output = NetworkOutput("tcp://127.0.0.1:1", "mpegts", None, None, lines.append)
    for index in range(3):
        output.write(frame(index), index / 25)
    assert len(lines) == 1 and "tcp://127.0.0.1:1: can't be reached" in lines[0]
    assert output.close() is None


def test_a_file_plays_at_its_own_pace():
    frames = [Frame(Fraction(i, 20), frame(i).y) for i in range(4)]
    begun = time.monotonic()
    came = [at - begun for at, _ in at_its_own_pace(iter(frames))]
    assert all(at >= i / 20 - 0.01 for i, at in enumerate(came))  # never early


class Grabber:
    """As OpenCV's camera."""

    def __init__(self, *pictures):
        self.pictures = list(pictures)

    def grab(self):
        return bool(self.pictures)

    def retrieve(self):
        return True, self.pictures.pop(0)


def test_a_camera_gives_colour_and_counts():
    counts = np.full((4, 6), 7000, np.uint16)
    bgr = np.zeros((4, 6, 3), np.uint8)
    bgr[..., 2] = 255
    given = []
    with pytest.raises(VideoError, match="7: gives no more frames"):
        for _, got in camera_frames(Grabber(counts, bgr), "7"):
            given.append(got)
    assert given[0].levels.bits == 16 and given[0].y[0, 0] == 7000
    assert int(given[1].y[0, 0]) == 76 and given[1].chroma is not None  # red, by BT.601


def test_files_end_the_run_and_what_is_no_source_is_named(tmp_path):
    vis = write_video(tmp_path / "vis.mp4", map(moving_square, range(5)))
    arrived, shown = threading.Condition(), []
    sources = [live_source(str(vis), report=print, arrived=arrived) for _ in range(2)]
    run = LiveFusion(*sources, VideoFuser(larger), arrived, lambda picture, at: shown.append(at))
    run.start()
    wait_until(lambda: not run.running)
    run.stop()
    assert shown == sorted(shown) and 1 <= len(shown) <= 5
    with pytest.raises(VideoError, match="no such file"):
        live_source(str(tmp_path / "no.mp4"), report=print, arrived=arrived)


def test_frames_of_two_sizes_end_the_run_with_the_reason(tmp_path):
    paths = [write_video(tmp_path / f"{side}.mp4", [moving_square(0, (side, 48))] * 5) for side in (64, 32)]
    arrived = threading.Condition()
    sources = [live_source(str(path), report=print, arrived=arrived) for path in paths]
    run = LiveFusion(*sources, VideoFuser(larger), arrived, lambda picture, at: None)
    run.start()
    wait_until(lambda: not run.running)
    with pytest.raises(ValueError, match="infrared is 64x48"):
        run.stop()
