"""`mgfusion live`: from file to file, and what it says where it can't."""

import numpy as np
import pytest
from click.testing import CliRunner

from mgfusion.cli import main
from mgfusion.registration import Rig
from video_clips import moving_square, read_video, write_video


@pytest.fixture
def clips(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    for name in ("ir.mp4", "vis.mp4"):
        write_video(tmp_path / name, map(moving_square, range(12)))
    write_video(tmp_path / "small.mp4", [moving_square(i)[::2, ::2] for i in range(12)])


def run(*words):
    return CliRunner().invoke(main, ["live", *words])


def test_two_files_into_a_third_with_speed_and_latency_told(clips, tmp_path):
    result = run("ir.mp4", "vis.mp4", "-o", "out.mkv", "--model", "mgfusion-tiny")
    assert (result.exit_code, result.stdout) == (0, "out.mkv\n"), result.output
    assert "frames/s, latency" in result.stderr and " fused, " in result.stderr
    assert 1 <= len(read_video(tmp_path / "out.mkv")) <= 12
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ir.mp4", "out.mkv", "small.mp4", "vis.mp4"]


def test_infrared_of_another_size_by_the_transform_of_a_rig(clips, tmp_path):
    Rig(np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]]), (32, 24), (64, 48)).save("rig.json")
    result = run("small.mp4", "vis.mp4", "-o", "out.mkv", "--model", "mgfusion-nano", "--align", "rig.json")
    assert (result.exit_code, result.stdout) == (0, "out.mkv\n"), result.output
    assert len(read_video(tmp_path / "out.mkv")) >= 1


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["ir.mp4", "vis.mp4"], 2, "give --show for a window, or -o"),
        (["ir.mp4", "no.mp4", "-o", "x.mp4"], 1, "no.mp4: no such file"),
        (["ir.mp4", "vis.mp4", "-o", "vis.mp4"], 1, "exists already"),
        (["ir.mp4", "vis.mp4", "-o", "x.gif"], 2, "unknown ending"),
        (["ir.mp4", "vis.mp4", "--show"], 1, "--show: "),
        (["ir.mp4", "vis.mp4", "-o", "x.mkv", "--align", "auto"], 2, "give a rig.json"),
        (["small.mp4", "vis.mp4", "-o", "x.mkv"], 1, "infrared is 32x24 and visible is 64x48; give align"),
    ],
)
def test_what_is_wrong_is_one_line(clips, words, code, says):
    result = run(*words)
    assert result.exit_code == code and says in result.stderr.splitlines()[-1], result.output
