"""`mgfusion fuse` on videos: where it writes, what it says, how it ends."""

import sys

import numpy as np
import pytest
from click.testing import CliRunner

from mgfusion.cli import main
from mgfusion.registration import Rig
from video_clips import moving_square, read_video, spoilt, write_video


@pytest.fixture
def clips(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "ir.mp4", [moving_square(i, background=20) for i in range(4)], rate=9)
    write_video(tmp_path / "small.mp4", [moving_square(i)[::2, ::2] for i in range(10)])
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
        (["ir.mp4", "vis.avi", "--crop"], 2, "--crop is for pictures"),
        (["ir.mp4", "vis.avi", "--align", "auto"], 2, "align auto: all frames lie alike; give a rig.json"),
        (["ir.mp4", "vis.avi", "--align", "no.json"], 2, "no.json: cannot be read"),
        (["ir.mp4", "vis.avi", "--align", "resize", "--points", "p.csv"], 2, "exclude each other"),
        (["small.mp4", "vis.avi"], 1, "infrared is 32x24 and visible is 64x48; give align: a rig.json"),
    ],
)
def test_what_is_wrong_is_one_line(clips, words, code, says):
    result = run(*words)
    assert result.exit_code == code and says in result.stderr.splitlines()[-1], result.output
    assert "Traceback" not in result.output


def test_a_rig_brings_infrared_of_another_size_onto_every_frame(clips, tmp_path):
    matrix = np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]])
    Rig(matrix, (32, 24), (64, 48)).save("rig.json")
    words = ["small.mp4", "vis.avi", "-o", "out.mp4", "--model", "mgfusion-nano"]
    result = run(*words, "--align", "rig.json")
    assert (result.exit_code, result.stdout) == (0, "out.mp4\n"), result.output
    assert len(read_video(tmp_path / "out.mp4")) == 10
    plain = run("ir.mp4", "vis.avi", "-o", "plain.mp4", "--model", "mgfusion-nano")
    assert plain.exit_code == 0
    first, same = (
        read_video(tmp_path / name)[0][1].to_ndarray(format="gray") for name in ("out.mp4", "plain.mp4")
    )
    assert (
        np.abs(first[8:40, 8:56].astype(int) - same[8:40, 8:56]).mean() < 12
    )  # the same scene, at half the size


def test_without_pyav_the_line_that_installs_it_is_named(clips, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    result = run("ir.mp4", "vis.avi")
    assert (result.exit_code, result.stderr) == (2, "error: video needs av: pip install 'mgfusion[video]'\n")
