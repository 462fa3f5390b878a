"""Videos that the page fuses: told of, cancelled, refused; and nothing of them is left."""

import os
import tempfile
from types import SimpleNamespace

import pytest
from running_service import children

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
    job = VideoJob(str(tmp_path), ir.name, vis.name, "files", 0.0, OPTIONS)
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
