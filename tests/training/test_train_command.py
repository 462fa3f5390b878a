"""What `mgfusion train` says before it trains."""

import pytest
from click.testing import CliRunner

from mgfusion.cli import main


@pytest.mark.parametrize(("rank", "said"), [("0", 1), ("1", 0)])
def test_the_split_is_told_once(scenes, tmp_path, monkeypatch, rank, said):
    monkeypatch.setenv("LOCAL_RANK", rank)
    settings = ["--recipe", "smoke", "--set", "crop=32", "--set", "validation=0.5", "--set", "seed=1"]
    missing = ["--init", str(tmp_path / "no_model"), "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(main, ["train", str(scenes), *settings, *missing])
    assert result.exit_code == 2
    lines = [line for line in result.stderr.splitlines() if line.startswith("streets: ")]
    assert len(lines) == said
    assert all("training pairs" in line and line.endswith("100.0% of the crops") for line in lines)
