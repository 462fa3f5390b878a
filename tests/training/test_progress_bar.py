"""The progress bar: what it shows on a terminal, and that it shows nothing elsewhere."""

import re

from mgfusion.training import load_recipe, train

SETTINGS = ["model.cii=false", "model.cff=false", "validation=0", "epochs=1", "steps_per_epoch=2", "crop=32"]


def test_a_terminal_gets_one_bar_and_a_file_nothing(scenes, tmp_path, capfd, monkeypatch):
    train([scenes], load_recipe("smoke", SETTINGS), tmp_path / "quiet")
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes stderr for a terminal
    monkeypatch.setenv("COLUMNS", "160")
    train([scenes], load_recipe("smoke", SETTINGS), tmp_path / "shown")
    out, err = capfd.readouterr()
    assert out == ""
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", err)
    assert re.search(r"epoch 1/1 .* 2/2 loss 0\.\d{4}  lr \d\.\d\de-0\d 0:00:\d\d left 0:00:00", shown), shown
