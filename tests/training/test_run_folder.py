"""A run's folder: never replaced unasked, gone on with by the same settings alone, emptied of a run alone."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mgfusion.errors import OutputError, RecipeError, TrainingError
from mgfusion.models import MGFusion, MGFusionConfig, load_model, save_model
from mgfusion.training import TrainConfig, load_recipe, train
from mgfusion.training.checkpoints import progress_of, read_checkpoint

UNGUIDED = ["model.cii=false", "model.cff=false"]


def tiny(*settings: str) -> TrainConfig:
    short = ["validation=0", "epochs=1", "steps_per_epoch=1", "crop=32", "batch=2", "model.dim=2"]
    return load_recipe("smoke", [*UNGUIDED, *short, *settings])


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def finished(scenes, tmp_path_factory):
    """A run with everything: validation, a best model, sheets, logs."""
    out = tmp_path_factory.mktemp("runs") / "finished"
    config = tiny("validation=0.5", "seed=1", "validate_every=1", "validation_size=64", "average=0.5")
    train([scenes], config, out, progress=False)
    assert (out / "best" / "model.safetensors").is_file() and (out / "sheets" / "epoch_0001.jpg").is_file()
    return out, config


@pytest.fixture
def run(finished, tmp_path):
    """A copy of it to spoil."""
    out = tmp_path / "run"
    shutil.copytree(finished[0], out)
    return out, finished[1]


def test_a_run_is_never_replaced_unasked(scenes, run):
    out, config = run
    before = files(out)
    with pytest.raises(RecipeError, match=r"run holds a run; go on with it \(--resume\), replace it"):
        train([scenes], config, out, progress=False)
    with pytest.raises(RecipeError, match="give one of them"):
        train([scenes], config, out, resume=True, overwrite=True, progress=False)
    assert files(out) == before


def test_overwriting_takes_all_of_the_old_run_and_nothing_else(scenes, run):
    out, _ = run
    for mine in ("notes.txt", "best/notes.txt", "sheets/mine.jpg", "logs/mine.log"):
        (out / mine).write_text("mine")
    train([scenes], tiny(), out, overwrite=True, progress=False)
    left = files(out)
    assert [name for name, data in left.items() if data == b"mine"] == [
        "best/notes.txt", "logs/mine.log", "notes.txt", "sheets/mine.jpg",
    ]  # fmt: skip
    assert not {"best/model.safetensors", "best/config.json", "sheets/epoch_0001.jpg"} & left.keys()
    assert sorted(p.name for p in (out / "logs").iterdir()) == ["mine.log", "version_0"]
    assert json.loads(left["config.json"])["validation"] == 0


def test_overwriting_waits_until_the_new_run_can_start(scenes, run):
    out, config = run
    before = files(out)
    for broken in (replace(config, batch=9, steps_per_epoch=0), replace(config, weights={"street": 1.0})):
        with pytest.raises(ValueError, match=r"batch of 9|did you mean streets\?"):
            train([scenes], broken, out, overwrite=True, progress=False)
    assert files(out) == before


def test_what_is_no_run_is_refused_whatever_is_asked(scenes, tmp_path):
    model = save_model(MGFusion(MGFusionConfig(dim=2, cii=False, cff=False)), tmp_path / "mine" / "model")
    with pytest.raises(OutputError, match=r"mine: model/model\.safetensors is there, but of no run"):
        train([scenes], tiny(), tmp_path / "mine", overwrite=True, progress=False)
    with pytest.raises(OutputError, match=r"model: config\.json is there, but of no run"):
        train([scenes], tiny(), model, overwrite=True, progress=False)
    load_model(model)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file: is a file"):
        train([scenes], tiny(), tmp_path / "file", progress=False)


@pytest.mark.parametrize(
    ("changed", "options", "says"),
    [
        ({"crop": 40}, {}, "crop is 32, now 40"),
        ({"loss.edge_weight": 1.0}, {}, r"loss\.edge_weight is 0\.0, now 1\.0"),
        ({"ir_range": "full"}, {}, "ir_range is auto, now full"),
        ({"weights": "{streets: 2}"}, {}, r"weights is \{\}, now \{'streets': 2\.0\}"),
        ({}, {"init": "mgfusion-tiny"}, r"model\.dim is 2, now .*init is None, now mgfusion-tiny"),
    ],
)
def test_resuming_with_other_settings_names_the_difference(scenes, run, changed, options, says):
    out, _ = run
    settings = ["validation=0.5", "seed=1", "validate_every=1", "validation_size=64", "average=0.5"]
    config = tiny(*settings, *(f"{key}={value}" for key, value in changed.items()))
    before = files(out)
    with pytest.raises(RecipeError, match=f"can't be resumed with other settings: .*{says}"):
        train([scenes], config, out, resume=True, progress=False, **options)
    assert files(out) == before


def test_resuming_with_other_data_is_refused_and_moved_data_is_not(scenes, run, tmp_path):
    out, config = run
    shutil.copytree(scenes, tmp_path / "moved" / "streets")
    moved = tmp_path / "moved" / "streets"
    train([moved], config, out, resume=True, progress=False)
    shutil.copy(moved / "train" / "ir" / "0.png", moved / "train" / "ir" / "1.png")
    with pytest.raises(RecipeError, match=r"data is .*streets, now .*moved/streets"):
        train([moved], config, out, resume=True, progress=False)
    for kind in ("ir", "vi"):
        shutil.copy(moved / "train" / kind / "0.png", moved / "train" / kind / "9.png")
    with pytest.raises(RecipeError, match=r"data is .*streets, now .*moved/streets"):
        train([moved], config, out, resume=True, progress=False)


def test_resuming_a_finished_run_leaves_its_model_as_it_is(scenes, run):
    """Its averaged weights, too: the checkpoint's last ones are others."""
    out, config = run
    before, said = files(out), []
    assert train([scenes], config, out, resume=True, report=said.append, progress=False) == out / "model"
    assert files(out) == before and said[-1] == f"{out}: all 1 epochs are done"
    shutil.rmtree(out / "model")  # killed after the last checkpoint
    train([scenes], config, out, resume=True, progress=False)
    assert files(out)["model/model.safetensors"] == before["model/model.safetensors"]


def test_a_checkpoint_that_is_none_is_one_line(scenes, run):
    out, config = run
    (out / "last.ckpt").write_bytes(b"PK damaged")
    with pytest.raises(TrainingError, match=r"last\.ckpt: not a checkpoint that can be read"):
        train([scenes], config, out, resume=True, progress=False)
    (out / "last.ckpt").unlink()
    with pytest.raises(RecipeError, match=r"holds a model, but no last\.ckpt to go on from"):
        train([scenes], config, out, resume=True, progress=False)


def test_a_time_limit_counts_from_now_and_loses_no_step(scenes, tmp_path, monkeypatch):
    """Stopped in the middle of epochs again and again, a run ends as one that was never stopped."""
    from mgfusion.training import checkpoints

    config = tiny("epochs=2", "steps_per_epoch=5", "average=0.5")
    whole = train([scenes], config, tmp_path / "whole", progress=False)
    clock = iter(range(10**6))  # a second each time that it is looked at: at the start and after each step
    monkeypatch.setattr(checkpoints.time, "monotonic", lambda: next(clock))
    done = []
    for start in range(4):
        out = tmp_path / "stopped"
        limit = timedelta(seconds=3)
        train([scenes], config, out, resume=bool(start), max_time=limit, progress=False)
        done.append(progress_of(read_checkpoint(out)))
    assert done == [(0, 3), (1, 1), (1, 4), (2, 0)]
    expected, got = (load_file(f / "model.safetensors") for f in (whole, tmp_path / "stopped" / "model"))
    assert all(torch.equal(expected[name], got[name]) for name in expected)


def test_a_run_without_validation_says_that_there_will_be_no_best_model(scenes, tmp_path):
    said: list[str] = []
    train([scenes], tiny(), tmp_path / "none", report=said.append, progress=False)
    assert said[-1].startswith("no validation, since no pairs are held out: there will be no best/")
    said.clear()
    config = tiny("validation=0.5", "seed=1", "validate_every=0")
    train([scenes], config, tmp_path / "never", report=said.append, progress=False)
    assert said[-1].startswith("no validation, since validate_every is 0: there will be no best/")
