"""`mgfusion fuse` on videos: where it writes, what it says, how it ends."""

import sys

import pytest
from click.testing import CliRunner

from mgfusion.cli import main
from video_clips import moving_square, read_video, spoilt, write_video


@pytest.fixture
def clips(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "ir.mp4", [moving_square(i, background=20) for i in range(4)], rate=9)
    return write_video(tmp_path / "vis.avi", map(moving_square, range(10)), codec="mjpeg", pixels="yuvj420p")


def run(*words):
    return CliRunner().invoke(main, ["fuse", *words])


def test_two_videos_make_a_third_beside_which_nothing_is_left(clips, tmp_path):
    result = run("ir.mp4", "vis.avi", "-o", "out/", "--model", "mgfusion-tiny")
    assert (result.exit_code, result.stdout) == (0, "out/vis_fused.avi\n"), result.output
    assert len(read_video(tmp_path / "out" / "vis_fused.avi")) == 10
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["vis_fused.avi"]
    again = run("ir.mp4", "vis.avi", "-o", "out/")
    assert again.exit_code == 1 and "exists already" in again.stderr
    skipped = run("ir.mp4", "vis.avi", "-o", "out/", "--skip-existing")
    assert skipped.exit_code == 0 and "skipped" in skipped.stderr


def test_a_bad_frame_is_one_line_and_exit_code_1(clips):
    spoilt(clips, 4)
    result = run("ir.mp4", "vis.avi", "-o", "out.mp4", "--model", "mgfusion-tiny")
    assert result.exit_code == 1 and result.stdout == "out.mp4\n"
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: vis.avi: the frame at 0.160 s can't be decoded")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["ir.mp4"], 2, "give the visible one too"),
        (["ir.mp4", "no.mp4"], 1, "no.mp4: no such file"),
        (["ir.mp4", "vis.avi", "-o", "a.gif"], 2, "unknown ending"),
        (["ir.mp4", "vis.avi", "--sync", "--offset", "1"], 2, "leave --offset out"),
        (["ir.mp4", "vis.avi", "--sync"], 1, "too short"),
        (["ir.mp4", "vis.avi", "--offset", "9"], 1, "no time in common"),
        (["ir.mp4", "vis.avi", "--codec", "h266"], 2, "codec 'h266'"),
        (["ir.mp4", "vis.avi", "--layout", "dual-track"], 2, "one video that holds both"),
        (["ir.mp4", "--layout", "side-by-side", "--sync"], 2, "leave it out"),
        (["x_%04d.png", "vis.avi", "-o", "a.mp4"], 1, "no such pictures"),
        (["a.png", "b.png", "--offset", "1"], 2, "--offset is for videos"),
    ],
)
def test_what_is_wrong_is_one_line(clips, words, code, says):
    result = run(*words)
    assert result.exit_code == code and says in result.stderr.splitlines()[-1], result.output
    assert "Traceback" not in result.output


def test_without_pyav_the_line_that_installs_it_is_named(clips, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    result = run("ir.mp4", "vis.avi")
    assert (result.exit_code, result.stderr) == (2, "error: video needs av: pip install 'mgfusion[video]'\n")
