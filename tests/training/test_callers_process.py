"""Training inside somebody's program leaves the program's process as it was."""

import logging
import os
import random
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch

from mgfusion.errors import RecipeError
from mgfusion.models import MGFusion, MGFusionConfig, save_model
from mgfusion.training import adapt, load_recipe, train

SETTINGS = ["model.cii=false", "model.cff=false", "validation=0", "epochs=1", "steps_per_epoch=1", "crop=32"]


def process():
    """All that a run touches of the process."""
    names = ("lightning.pytorch", "lightning.fabric")
    return (
        torch.get_rng_state().tolist(),
        str(np.random.get_state()),  # noqa: NPY002
        random.getstate(),
        list(warnings.filters),
        [logging.getLogger(name).level for name in names],
        [os.environ.get(name) for name in ("PL_GLOBAL_SEED", "PL_SEED_WORKERS")],
    )


@pytest.fixture
def before(monkeypatch):
    monkeypatch.setenv("PL_GLOBAL_SEED", "77")
    monkeypatch.delenv("PL_SEED_WORKERS", raising=False)
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    random.seed(5)
    logging.getLogger("lightning.pytorch").setLevel(logging.INFO)
    return process()


def test_a_run(scenes, tmp_path, before):
    train([scenes], load_recipe("smoke", SETTINGS), tmp_path, progress=False)
    assert process() == before


def test_a_run_that_fails(scenes, tmp_path, before):
    with pytest.raises(RecipeError):
        config = load_recipe("smoke", [*SETTINGS, "batch=9", "steps_per_epoch=0"])
        train([scenes], config, tmp_path, progress=False)
    assert process() == before


def test_moving_adapters(scenes, tiny_clip, tmp_path, before):
    model = MGFusion(MGFusionConfig(dim=2, embed_dim=20, encoder=f"clip:{tiny_clip}"))
    torch.manual_seed(5)
    adapt([scenes], save_model(model, tmp_path / "m"), f"clip:{tiny_clip}", tmp_path / "o", validation=0)
    assert process() == before


def test_a_program_is_not_tuned_unasked(scenes, tmp_path):
    """Denormals stay, and with them the arithmetic of the rest of the program."""
    code = (
        "import sys, torch; torch.set_num_threads(1)\n"
        "from mgfusion.training import load_recipe, train\n"
        "train([sys.argv[1]], load_recipe('smoke', sys.argv[3:]), sys.argv[2], progress=False)\n"
        "from mgfusion.engines import tuning\n"
        "assert float(torch.tensor(1e-40) * 1) > 0 and not tuning._done\n"
    )
    words = [sys.executable, "-c", code, scenes, tmp_path, *SETTINGS]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
