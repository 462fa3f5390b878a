"""Validation in a run: which weights are scored, what is written, and which model is kept as the best."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from mgfusion import Fuser
from mgfusion.data.decoded_pictures import Picture
from mgfusion.data.pairs import Pair
from mgfusion.errors import RecipeError
from mgfusion.images import read_image
from mgfusion.metrics import PAPER_METRICS, evaluate_pair, mean_over_pictures
from mgfusion.training import TrainConfig, load_recipe, train, validation
from mgfusion.training.held_out import validation_loader, validation_pictures
from mgfusion.training.validation import Validation, validation_score
from mgfusion.training.validation_sheets import draw_sheet


def smoke(*settings: str) -> TrainConfig:
    unguided = ["model.cii=false", "model.cff=false"]
    return load_recipe("smoke", [*unguided, "validation=0.5", "steps_per_epoch=3", "crop=32", *settings])


def logged(folder: Path, column: str) -> list[float]:
    [log] = folder.glob("logs/version_0/metrics.csv")
    with log.open() as file:
        return [float(row[column]) for row in csv.DictReader(file) if row.get(column)]


def test_scores_are_of_the_averaged_weights_as_the_best_model_and_fuser_give_them(scenes, tmp_path):
    settings = ["epochs=1", "average=0.9", "lr_start=0.01", "lr_peak=0.01", "validation_size=80"]
    train([scenes], smoke(*settings), tmp_path, progress=False)
    best, last = (load_file(tmp_path / name / "model.safetensors") for name in ("best", "model"))
    raw = torch.load(tmp_path / "last.ckpt", weights_only=True)["current_model_state"]
    assert all(torch.equal(best[name], last[name]) for name in last)
    assert not torch.equal(best["reconstruct.weight"], raw["model.reconstruct.weight"])

    fuser, rows = Fuser(tmp_path / "best", gray=True), []
    for name in json.loads((tmp_path / "split.json").read_text())["validation"]:
        stem = name.split("/")[1]
        ir, vis = (read_image(scenes / "train" / folder / f"{stem}.png") for folder in ("ir", "vi"))
        ir, vis = ir[8:88, 24:104], vis[8:88, 24:104]  # the centre of 96 x 128
        rows.append(evaluate_pair(fuser(ir, vis), ir, vis, None, "paper"))
    for metric in (*PAPER_METRICS, "HTC"):
        mean = mean_over_pictures(rows, metric)
        assert logged(tmp_path, f"val/{metric}") == pytest.approx([mean], rel=1e-4)
        assert logged(tmp_path, f"val/streets/{metric}") == pytest.approx([mean], rel=1e-4)
    about = json.loads((tmp_path / "best" / "config.json").read_text())["validation"]
    assert logged(tmp_path, "val/score") == pytest.approx([about["score"]]) and about["epoch"] == 1

    sheet = read_image(tmp_path / "sheets" / "epoch_0001.jpg")
    assert sheet.shape == (len(rows) * 86, 3 * 80 + 12, 3)


def test_an_interrupted_and_resumed_run_keeps_its_best_and_its_weights(scenes, tmp_path, monkeypatch):
    def run(out, given, **options):
        monkeypatch.setattr(validation, "validation_score", lambda *_: given.pop(0))
        return train([scenes], smoke("epochs=3", "average=0.5"), out, progress=False, **options)

    whole = run(tmp_path / "whole", [0.2, 0.3, 0.1])
    first_best = load_file(tmp_path / "whole" / "best" / "model.safetensors")
    about = json.loads((tmp_path / "whole" / "best" / "config.json").read_text())["validation"]
    assert (about["score"], about["epoch"]) == (0.3, 2)
    assert any(not torch.equal(load_file(whole / "model.safetensors")[k], v) for k, v in first_best.items())

    with pytest.raises(IndexError):  # out of scores: breaks off in the third epoch
        run(tmp_path / "broken", [0.2, 0.3])
    resumed = run(tmp_path / "broken", [0.25], resume=True)
    for name, folder in (("model", resumed), ("best", tmp_path / "broken" / "best")):
        expected = load_file(tmp_path / "whole" / name / "model.safetensors")
        got = load_file(folder / "model.safetensors")
        assert all(torch.equal(expected[key], got[key]) for key in expected), name


def test_never_and_rarely(scenes, tmp_path):
    train([scenes], smoke("epochs=1", "validate_every=0"), tmp_path / "never", progress=False)
    assert not (tmp_path / "never" / "best").exists() and not (tmp_path / "never" / "sheets").exists()
    train([scenes], smoke("epochs=2", "validate_every=5"), tmp_path / "rarely", progress=False)
    assert [file.name for file in (tmp_path / "rarely" / "sheets").iterdir()] == ["epoch_0002.jpg"]
    with pytest.raises(RecipeError, match=r"validate_every: .*greater than or equal to 0, got -1"):
        smoke("validate_every=-1")


def test_the_score_is_the_mean_gain_over_the_maximum():
    reference = {"a": dict.fromkeys(PAPER_METRICS, 1.0), "b": dict.fromkeys(PAPER_METRICS, 2.0)}
    assert validation_score(reference, reference) == 0
    better = {"a": {**reference["a"], "Qabf": 3.0}, "b": {**reference["b"], "Qcv": 1.0}}
    assert validation_score(better, reference) == pytest.approx((2 / 4 + 1 / 3) / 12)
    huge = {**reference, "a": {**reference["a"], "Qcv": 1e9, "SCD": -1e9, "VIF": math.nan}}
    assert validation_score(huge, reference) == pytest.approx(-2 / 11)


def picture(source: str, name: str, height: int = 50, width: int = 60, channels: int = 3) -> Picture:
    pair = Pair(source, name, Path(name), Path(name))
    ir, vis = (torch.zeros(c, height, width, dtype=torch.uint8) for c in (1, channels))
    return Picture(pair, ir, vis)


def test_every_process_gets_as_many_pictures_and_together_they_get_all():
    pictures = [picture("a", str(i)) for i in range(5)]
    shares = [[int(index) for _, _, index in validation_loader(pictures, rank, 3)] for rank in range(3)]
    assert [len(share) for share in shares] == [2, 2, 2]
    assert set().union(*shares) == set(range(5))


def test_pictures_are_spread_over_each_data_set(scenes):
    pairs = [
        Pair("streets", str(i), *(scenes / "train" / f / f"{i}.png" for f in ("ir", "vi"))) for i in range(4)
    ]
    chosen = validation_pictures(pairs, TrainConfig(validation_pictures=2, validation_size=100))
    assert [p.pair.name for p in chosen] == ["0", "2"]
    assert chosen[0].ir.shape == (1, 96, 100) and chosen[0].vis.shape == (3, 96, 100)


def test_a_sheet_of_pictures_of_several_sizes_and_sets():
    pictures = [
        picture("a", "0"),
        picture("a", "1"),
        picture("a", "2"),
        picture("b", "0", 70, 40, channels=1),
    ]
    sheet = draw_sheet(pictures, {i: p.ir / 255 for i, p in enumerate(pictures)})
    assert sheet.shape == (2 * 56 + 76, 3 * 60 + 12, 3) and sheet.dtype == np.uint8


def test_the_callback_remembers_its_best(tmp_path):
    one, other = Validation([], tmp_path), Validation([], tmp_path)
    one.best_score, one.best_epoch = 0.25, 3
    other.load_state_dict(one.state_dict())
    assert (other.best_score, other.best_epoch) == (0.25, 3)
