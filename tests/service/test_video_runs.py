"""Videos that the page fuses: told of, cancelled, refused; and nothing of them is left."""

import os
import tempfile
from types import SimpleNamespace

import numpy as np
import pytest
from running_service import children

from mgfusion.registration import Rig
from mgfusion.service.limits import Limits
from mgfusion.service.page.command_line import command_line
from mgfusion.service.page.video_tab import progress_html
from mgfusion.service.refusals import Refusal, TooManyPixelsError
from mgfusion.service.video_jobs import Progress, VideoDone, VideoJob, run_video
from mgfusion.service.video_runs import VideoRuns
from mgfusion.video.file_fusion import fuse_video_files
from mgfusion.video.paired_streams import open_streams
from mgfusion.video.video_fuser import VideoFuser
from video_clips import moving_square, read_video, write_video

OPTIONS = {"model": "mgfusion-nano", "device": "cpu", "ir_range": "auto", "thermal": 0.7}


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "own"))
    (tmp_path / "own").mkdir()
    yield VideoRuns(SimpleNamespace(draining=False), Limits(workers=1, pixels=100_000))
    assert not list((tmp_path / "own").iterdir())


def clips(folder, frames: int):
    shown = {"a": 20, "b": 60}
    return [
        write_video(folder / f"{name}.mp4", [moving_square(k, background=ground) for k in range(frames)])
        for name, ground in shown.items()
    ]


def test_a_video_is_what_the_command_makes(runs, tmp_path):
    ir, vis = clips(tmp_path, 20)
    *steps, done = (
        (step, read_video(step.path) if isinstance(step, VideoDone) else None)
        for step in runs.run("me", ir, vis, "files", 0.0, OPTIONS)
    )
    assert all(isinstance(step, Progress) for step, _ in steps)
    assert (done[0].frames, done[0].problems) == (20, ())
    fuse_video_files(
        open_streams(ir, vis), tmp_path / "expected.mp4", VideoFuser("mgfusion-nano", thermal=0.7)
    )
    for (time, frame), (wanted, expected) in zip(done[1], read_video(tmp_path / "expected.mp4"), strict=True):
        assert time == wanted and (frame.to_ndarray() == expected.to_ndarray()).all()


def small_and_large(folder):
    ir = write_video(folder / "ir.mp4", [moving_square(k) for k in range(6)])
    large = [np.full((96, 128, 3), 60 + k, np.uint8) for k in range(6)]
    return ir, write_video(folder / "vis.mp4", large)


RIG = Rig(np.diag([2.0, 2.0, 1.0]), (64, 48), (128, 96))
POINTS = "ir_x,ir_y,vis_x,vis_y\n0,0,0,0\n50,0,100,0\n0,40,0,80\n50,40,100,80\n"


@pytest.mark.parametrize("kind", ["rig.JSON", "points.csv"])
def test_frames_of_a_rig_lie_as_its_file_says(runs, tmp_path, kind):
    ir, vis = small_and_large(tmp_path)
    file = tmp_path / kind
    file.write_text(POINTS) if kind == "points.csv" else RIG.save(file)
    *_, frames = (
        read_video(step.path) if isinstance(step, VideoDone) else None
        for step in runs.run("me", ir, vis, "files", 0.0, OPTIONS, file)
    )
    fuser = VideoFuser("mgfusion-nano", thermal=0.7, align=RIG)
    fuse_video_files(open_streams(ir, vis), tmp_path / "expected.mp4", fuser)
    expected = read_video(tmp_path / "expected.mp4")
    assert len(frames) == len(expected) == 6
    for (_, frame), (_, wanted) in zip(frames, expected, strict=True):
        assert (frame.to_ndarray() == wanted.to_ndarray()).all()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (None, "", "rig"),  # sizes that differ, and nothing says how they lie
        ("rig.json", "{}", r"^alignment\.json: holds no rig .*; mgfusion calibrate writes such a file$"),
        ("notes.txt", "no rig", r"^alignment\.json: holds no rig; mgfusion calibrate writes such a file$"),
        ("points.csv", "a,b\n1,2\n", r"^alignment\.csv: its first line must name the columns"),
    ],
)
def test_an_alignment_that_is_none(runs, tmp_path, name, content, told):
    file = None if name is None else tmp_path / name
    if file is not None:
        file.write_text(content)
    with pytest.raises(Refusal, match=told) as caught:
        list(runs.run("me", *small_and_large(tmp_path), "files", 0.0, OPTIONS, file))
    assert caught.value.status == 422


def test_cancelled_it_ends_with_its_process_and_its_files(runs, tmp_path):
    before = len(children(os.getpid()))
    ir, vis = clips(tmp_path, 3000)
    running = runs.run("me", ir, vis, "files", 0.0, OPTIONS)
    while not next(running).frames:
        pass
    runs.cancel("somebody else")
    assert next(running).frames
    runs.cancel("me")
    with pytest.raises(Refusal, match="Cancelled"):
        list(running)
    assert len(children(os.getpid())) <= before + 1  # Python's own, that looks after such processes
    runs.cancel("me")  # nothing runs any more


def test_a_reader_that_goes_away_ends_it(runs, tmp_path):
    running = runs.run("me", *clips(tmp_path, 3000), "files", 0.0, OPTIONS)
    next(running)
    running.close()  # the fixture looks for what it left


def test_what_is_wrong_with_it_is_said_of_the_field(runs, tmp_path):
    ir, vis = clips(tmp_path, 2)
    job = VideoJob(str(tmp_path), ir.name, vis.name, "files", 0.0, None, OPTIONS)
    with pytest.raises(TooManyPixelsError, match=r"a\.mp4: 64x48 pixels; at most 0\.003 million"):
        run_video(job, 3000)
    ir.write_bytes(b"no video")
    with pytest.raises(Refusal, match=r"^ir\.mp4: can't be opened as a video") as caught:
        list(runs.run("me", ir, vis, "files", 0.0, OPTIONS))
    assert caught.value.status == 422


def test_words_and_command():
    assert "Starting" in progress_html(Progress(), 1)
    told = progress_html(Progress(1.0, 4.0, 25), 5)
    assert 'value="0.250"' in told and "15 s left" in told
    assert "3.0 s of it are done" in progress_html(Progress(3.0, None, 75), 5)
    options = {
        "model": "mgfusion-fast",
        "thermal": 0.5,
        "layout": "side-by-side",
        "offset": 0.0,
        "invert": True,
    }
    line = command_line("both.mp4", None, ".mp4", options)
    assert line == "mgfusion fuse both.mp4 -o fused.mp4 --layout side-by-side --invert"
    line = command_line("ir.mp4", "vis.mp4", ".mp4", {"layout": "files", "align": "rig.json"})
    assert line == "mgfusion fuse ir.mp4 vis.mp4 -o fused.mp4 --align rig.json"
