"""Several processes: the same weights and scores as one, and clear words where they can't share."""

import csv
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from mgfusion.data.crops import EpochSampler
from mgfusion.errors import RecipeError
from mgfusion.training import load_recipe, train

SETTINGS = ["epochs=2", "steps_per_epoch=3", "crop=32", "validation=0.5", "average=0.9", "freeze_norm=0"]


def test_two_processes_that_share_decoded_pictures_give_what_one_gives(scenes, tmp_path):
    one = train([scenes], load_recipe("smoke", SETTINGS), tmp_path / "one", progress=False)
    script = tmp_path / "mgfusion"  # what pip makes of the entry point; Lightning starts it once more
    script.write_text("from mgfusion.cli import main; main()\n")
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    arguments = ["train", scenes, "--recipe", "smoke", *settings, "--devices", "2", "--out", tmp_path / "two"]
    arguments += ["--decoded", tmp_path / "pictures"]
    done = subprocess.run(
        [sys.executable, script, *map(str, arguments)], capture_output=True, text=True, timeout=1800
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path / 'two' / 'model'}\n"
    said = done.stderr.splitlines()
    assert sum("decoding 3 pairs into" in line for line in said) == 1
    assert len(said) == len(set(said)) and "arning" not in done.stderr and "sync_dist" not in done.stderr
    for name in ("model", "best"):
        expected = load_file(one.parent / name / "model.safetensors")
        got = load_file(tmp_path / "two" / name / "model.safetensors")
        for key in expected:
            torch.testing.assert_close(got[key], expected[key], atol=2e-5, rtol=1e-4, msg=f"{name}: {key}")
    scores, rates = ([_column(tmp_path / run, c) for run in ("one", "two")] for c in ("val/score", "lr-Adam"))
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
