"""The scripts of benchmarks/ run, on a tiny model; what they measure is no test's business."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mgfusion.models import MGFusion, MGFusionConfig, save_model

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "performance.py"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    torch.manual_seed(0)
    config = MGFusionConfig(network="pyramid", dim=6, num_blocks=0, scale=2, cii=False, cff=False)
    return str(save_model(MGFusion(config), tmp_path_factory.mktemp("models") / "tiny"))


def ask(function: str, **task):
    words = [sys.executable, str(SCRIPT), "--probe", json.dumps([function, task])]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_line_of_the_performance_page_in_bfloat16_and_a_batch(model):
    task = {"size": "96x64", "batch": 2, "onnx": "", "threads": 1, "repeats": 1, "device": "cpu"}
    got = ask("probe", model=model, backend="bfloat16", **task)
    assert set(got) == {"wall", "cpu", "peak", "gmac", "gb"} and all(value > 0 for value in got.values())


def test_what_a_pair_costs(model):
    got = ask("whole_pair", model=model)
    assert set(got) == {"files", "arrays", "network"} and all(value > 0 for value in got.values())
