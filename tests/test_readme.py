"""The README's commands and Python: run where they need no training, and all of them parsed."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import mgfusion
from flir_files import radiometric_jpeg
from mgfusion.cli import main
from mgfusion.synthetic.night_street import night_street
from video_clips import moving_square, write_video

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
LINES = [
    words
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if (words := shlex.split(line, comments=True)) and words[0] == "mgfusion"
]
RUN = ("fuse", "evaluate", "metrics", "models", "data")
INLINE = [
    shlex.split(code) for code in re.findall(r"`(mgfusion [a-z][^`]*)`", README.replace("\n", " "))
]  # in the text


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A user's pictures, synthetic: ir.png, vis.jpg, thermal/, colour/, data/, thermal.mp4 and colour.mp4."""
    monkeypatch.chdir(tmp_path)
    for seed in range(2):
        scene = night_street(seed, 64, 96)
        for ir, vis in (
            ("thermal/{}.png", "colour/{}.jpg"),
            ("data/set/train/ir/{}.png", "data/set/train/vi/{}.png"),
        ):
            mgfusion.write_image(ir.format(seed), scene.ir)
            mgfusion.write_image(vis.format(seed), scene.vis)
    for name in ("thermal.mp4", "colour.mp4"):
        write_video(tmp_path / name, map(moving_square, range(3)))
    mgfusion.write_image("ir.png", scene.ir)
    mgfusion.write_image("vis.jpg", scene.vis)
    counts = scene.ir * np.uint16(16) + np.uint16(15_000)
    (tmp_path / "FLIR0012.jpg").write_bytes(radiometric_jpeg(counts, vis=scene.vis, overlay=(1.2, 0, 0)))
    mgfusion.Rig(np.eye(3), (96, 64), (96, 64)).save("rig.json")
    return tmp_path


def test_the_commands_that_need_no_training_run_in_order(here):
    run = [words for words in LINES if words[1] in RUN and "--model" not in words]
    assert len(run) >= 8
    for words in run:
        result = CliRunner().invoke(main, words[1:])
        assert result.exit_code == 0, (words, result.output, result.exception)
    assert {"vis_fused.png", "out", "fused", "scores.csv"} <= {path.name for path in here.iterdir()}
    assert {path.name for path in (here / "out").iterdir()} == {"day.tif", "vis_fused.png"}


@pytest.mark.parametrize("words", LINES + INLINE, ids=" ".join)
def test_every_command_has_the_options_that_it_is_shown_with(words):
    command = main
    rest = words[1:]
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    assert command is not main
    shown = {word for word in rest if word.startswith("-")}
    assert shown <= {name for option in command.params for name in option.opts}
    if words in LINES:
        command.make_context(words[1], rest, **main.context_settings)  # no argument too few or many


def test_the_python_blocks_run(here, capsys):
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        names = {"pairs": [("ir.png", "vis.jpg"), ("thermal/0.png", "none.jpg")]}
        exec(compile(block, "README.md", "exec"), names)
        assert names["fused"].shape == (64, 96, 3)
    assert (here / "fused.png").is_file()
    assert capsys.readouterr().out == "none.jpg: no such file; check the name\n"


def test_every_file_that_is_linked_is_there():
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert links and not [link for link in links if not (Path(__file__).parents[1] / link).exists()]
