"""Real runs of seconds: learning, files, resuming after a kill, time limits, and broken data."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta

import pytest
import torch
from safetensors.torch import load_file

from mgfusion.errors import RecipeError
from mgfusion.models import MGFusion, load_model
from mgfusion.training import TrainConfig, load_recipe, train, training_run

UNGUIDED = ["model.cii=false", "model.cff=false"]  # no encoder: each run starts in a blink


def smoke(*settings: str) -> TrainConfig:
    return load_recipe("smoke", [*UNGUIDED, "validation=0", *settings])


def test_a_run_learns_and_leaves_everything(scenes, tmp_path):
    config = smoke("epochs=3", "steps_per_epoch=20", "average=0.9", "freeze_norm=0.1", "lr_peak=0.003")
    folder = train([scenes], config, tmp_path, progress=False)
    assert folder == tmp_path / "model"
    model = load_model(folder)
    assert model.config == config.model
    split = json.loads((tmp_path / "split.json").read_text())
    assert split == {"train": [f"streets/{i}" for i in range(4)], "validation": []}
    assert json.loads((tmp_path / "config.json").read_text())["crop"] == 64
    assert (tmp_path / "last.ckpt").is_file()
    [log] = (tmp_path / "logs").glob("*/metrics.csv")
    rows = log.read_text().splitlines()
    column = rows[0].split(",").index("train/loss")
    losses = [float(row.split(",")[column]) for row in rows[1:] if row.split(",")[column]]
    assert sum(losses[-3:]) < sum(losses[:3])


def test_guided_training_embeds_each_picture_once_and_moves_the_guidance(scenes, tmp_path):
    config = load_recipe("smoke", ["validation=0", "epochs=1", "steps_per_epoch=4", "lr_peak=0.01"])
    model = load_model(train([scenes], config, tmp_path, progress=False))
    assert model.ir_mean.abs().sum() > 0 and model.embed_std > 0
    assert (model.cii_ir.w_i - 0.5).abs().max() > 1e-4


def test_killed_and_resumed_equals_never_interrupted(scenes, tmp_path):
    settings = ["epochs=15", "steps_per_epoch=4", "crop=32", "average=0.9"]
    whole = train([scenes], smoke(*settings), tmp_path / "whole", progress=False)
    code = (
        "import sys, torch; torch.set_num_threads(1)\n"
        "from mgfusion import tune_process; tune_process()\n"  # as this process is
        "from mgfusion.training import load_recipe, train\n"
        "train([sys.argv[1]], load_recipe('smoke', sys.argv[3:]), sys.argv[2], progress=False)\n"
    )
    out = tmp_path / "killed"
    arguments = [sys.executable, "-c", code, scenes, out, *UNGUIDED, "validation=0", *settings]
    run = subprocess.Popen(list(map(str, arguments)), stderr=subprocess.DEVNULL)
    while not (out / "last.ckpt").exists() and run.poll() is None:
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert not (out / "model").exists()
    resumed = train([scenes], smoke(*settings), out, resume=True, progress=False)
    expected, got = (load_file(folder / "model.safetensors") for folder in (whole, resumed))
    for name in expected:
        assert torch.equal(expected[name], got[name]), name


def test_a_time_limit_stops_and_saves(scenes, tmp_path):
    folder = train([scenes], smoke("epochs=100000"), tmp_path, max_time=timedelta(seconds=2), progress=False)
    load_model(folder)


def test_a_nan_loss_names_the_pictures(scenes, tmp_path, monkeypatch):
    from mgfusion.errors import TrainingError

    broken = MGFusion(smoke().model)
    torch.nn.init.constant_(broken.reconstruct.bias, torch.nan)
    monkeypatch.setattr(training_run, "load_model", lambda folder: broken)  # a file of it is refused
    with pytest.raises(TrainingError, match=r"loss is nan at step 0; its pictures: streets/\d"):
        train([scenes], smoke(), tmp_path, init=tmp_path / "broken", progress=False)


def test_init_continues_from_a_model(scenes, tmp_path):
    first = train([scenes], smoke(), tmp_path / "a", progress=False)
    config = replace(smoke("epochs=1", "steps_per_epoch=1"), lr_start=0.0, lr_peak=1e-12, lr_end=0.0)
    second = train([scenes], config, tmp_path / "b", init=first, progress=False)
    torch.testing.assert_close(
        load_model(second).ire[0][0].weight, load_model(first).ire[0][0].weight, atol=1e-9, rtol=0
    )


def test_guidance_is_added_to_a_model_without(scenes, tmp_path):
    first = train([scenes], smoke("model.cii=false", "model.cff=false"), tmp_path / "a", progress=False)
    config = replace(smoke("epochs=1", "steps_per_epoch=1"), lr_start=0.0, lr_peak=1e-12, lr_end=0.0)
    config = replace(config, freeze_norm=0.0)
    second = load_model(train([scenes], config, tmp_path / "b", init=first, guided=True, progress=False))
    assert second.config.cii and second.config.cff
    assert second.ir_mean.any() and second.embed_std != 1  # of the encoder's embeddings of these pairs
    ir, vis = torch.rand(1, 1, 32, 32), torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(second(ir, vis), load_model(first)(ir, vis), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("init", "says"), [(None, "name one with --init"), ("mgfusion-base", "mgfusion-base: has guidance")]
)
def test_guidance_needs_a_model_without(scenes, tmp_path, init, says):
    with pytest.raises(RecipeError, match=says):
        train([scenes], smoke(), tmp_path, init=init, guided=True, progress=False)


def test_difference_counts_name_data_sets(scenes, tmp_path):
    with pytest.raises(RecipeError, match="difference_counts names LLVIP, which is no data set"):
        train([scenes], smoke("difference_counts.LLVIP=2"), tmp_path, progress=False)
    with pytest.raises(RecipeError, match=r"did you mean streets\?"):
        train([scenes], smoke("difference_counts.Street=2"), tmp_path, progress=False)
