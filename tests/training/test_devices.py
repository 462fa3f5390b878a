"""Several processes: the same weights and scores as one, and clear words where they can't share."""

import csv
import os
import socket
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from mgfusion.data.crops import EpochSampler
from mgfusion.errors import RecipeError
from mgfusion.training import load_recipe, train

SETTINGS = ["epochs=2", "steps_per_epoch=3", "crop=32", "validation=0.5", "average=0.9", "freeze_norm=0"]


@pytest.fixture(scope="module")
def one(scenes, tmp_path_factory):
    """The run of one process."""
    return train(
        [scenes], load_recipe("smoke", SETTINGS), tmp_path_factory.mktemp("one"), progress=False
    ).parent


def by_lightning(train, folder):
    script = folder / "mgfusion"  # what pip makes of the entry point; Lightning starts it once more
    script.write_text("from mgfusion.cli import main; main()\n")
    return [([sys.executable, script, *train, "--devices", "2"], {})]


def by_torchrun(train, folder):
    """On two machines with a device each, as far as PyTorch knows."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1"]
    words += ["--master-addr", "127.0.0.1", "--master-port", port]
    return [
        ([*words, "--node-rank", rank, "-m", "mgfusion", *train, "--nodes", "2"], {}) for rank in range(2)
    ]


def by_slurm(train, folder):
    """As srun starts two tasks on one machine."""
    names = {"JOB_ID": 1, "JOB_NAME": "train", "NTASKS": 2, "NTASKS_PER_NODE": 2, "NNODES": 1, "NODEID": 0,
             "NODELIST": "127.0.0.1", "JOB_NODELIST": "127.0.0.1"}  # fmt: skip
    common = {f"SLURM_{name}": str(value) for name, value in names.items()}
    words = [sys.executable, "-m", "mgfusion", *train, "--devices", "2"]
    return [(words, {**common, "SLURM_PROCID": str(r), "SLURM_LOCALID": str(r)}) for r in range(2)]


@pytest.mark.parametrize("launcher", [by_lightning, by_torchrun, by_slurm])
def test_two_processes_that_share_decoded_pictures_give_what_one_gives(scenes, one, tmp_path, launcher):
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    words = ["train", scenes, "--recipe", "smoke", *settings, "-o", tmp_path / "two"]
    starts = launcher([*words, "--decoded", tmp_path / "pictures"], tmp_path)
    processes = [
        subprocess.Popen(
            list(map(str, start)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **variables},
        )
        for start, variables in starts
    ]  # fmt: skip
    told = [process.communicate(timeout=1800) for process in processes]
    output, errors = ("".join(part) for part in zip(*told, strict=True))
    assert not any(process.returncode for process in processes), errors
    assert output == f"{tmp_path / 'two' / 'model'}\n"
    said = errors.splitlines()
    # the first process alone says it, and not even that where the other one was faster
    assert sum("decoding" in line for line in said) <= 1
    assert len(said) == len(set(said)) and "arning" not in errors and "sync_dist" not in errors
    for name in ("model", "best"):
        expected = load_file(one / name / "model.safetensors")
        got = load_file(tmp_path / "two" / name / "model.safetensors")
        for key in expected:
            torch.testing.assert_close(got[key], expected[key], atol=2e-5, rtol=1e-4, msg=f"{name}: {key}")
    scores, rates = ([_column(run, c) for run in (one, tmp_path / "two")] for c in ("val/score", "lr-Adam"))
    assert scores[0] == pytest.approx(scores[1], abs=1e-5) and len(scores[0]) == 2
    assert rates[0] == rates[1]


def _column(run, column):
    [log] = run.glob("logs/version_0/metrics.csv")
    with log.open() as file:
        return [float(row[column]) for row in csv.DictReader(file) if row.get(column)]


def test_a_batch_that_devices_cannot_share(scenes, tmp_path):
    with pytest.raises(RecipeError, match="batch of 4 can't be shared evenly among 3 devices; set batch=6"):
        train([scenes], load_recipe("smoke"), tmp_path / "run", devices=3, progress=False)
    with pytest.raises(RecipeError, match="4 training pairs are less than a batch of 8"):
        settings = ["steps_per_epoch=0", "batch=8", "validation=0"]
        train([scenes], load_recipe("smoke", settings), tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("length", [12, 13])
def test_processes_share_each_batch_of_one_process(length):
    samplers = [EpochSampler(length, rank, 2) for rank in range(2)]
    for sampler in samplers:
        sampler.set_epoch(1)
    shares = [list(sampler) for sampler in samplers]
    assert [len(share) for share in shares] == [len(sampler) for sampler in samplers] == [6, 6]
    for batch in range(3):  # of 4, so 2 each
        together = [i for share in shares for i in share[2 * batch : 2 * batch + 2]]
        assert sorted(together) == list(range(length + 4 * batch, length + 4 * batch + 4))
