"""Rows of the ablation table named on the command line."""

from pathlib import Path

import pytest

from mgfusion.benchmark.methods.method_specs import Method, ablations
from mgfusion.errors import BenchmarkError


def test_a_folder_of_another_name_is_named_explicitly(tmp_path):
    (tmp_path / "mine" / "model").mkdir(parents=True)
    (tmp_path / "mine" / "model" / "model.safetensors").touch()
    spec = Path(f"no-cii={tmp_path / 'mine'}")
    assert ablations(spec) == [Method("no-cii", "model", str(tmp_path / "mine" / "model"), ablation=True)]


def test_a_missing_folder_is_one_line(tmp_path):
    with pytest.raises(BenchmarkError, match=r"no folder .*gone"):
        ablations(Path(f"no-cii={tmp_path / 'gone'}"))
