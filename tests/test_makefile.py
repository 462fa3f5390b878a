"""How ``make`` gets PyTorch: what is configured first, then PyTorch's own index, then words."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PYTHON = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in
  "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  *torch==*) echo "ERROR: no matching distribution, says a pip that would rather not" >&2
             case "$*" in *"$ONLY_WITH"*) exit 0 ;; *) exit 1 ;; esac ;;
esac
"""


@pytest.fixture
def make(tmp_path):
    """Run ``make .venv/.ready`` with a Python that writes down what it is asked for."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    stub, calls = tmp_path / "stub", tmp_path / "calls"
    stub.write_text(PYTHON)
    stub.chmod(0o755)

    def run(only_with: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        calls.write_text("")
        words = ["make", "-s", ".venv/.ready", f"PYTHON={stub}", "TORCH=torch==2.13.0+cpu"]
        environment = os.environ | {"CALLS": str(calls), "ONLY_WITH": only_with}
        done = subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        return done, [line for line in calls.read_text().splitlines() if "install" in line]

    return run


def test_what_is_configured_comes_first_and_only_once(make):
    done, installs = make("install")
    assert done.returncode == 0
    assert [("download.pytorch.org" in line) for line in installs if "torch==" in line] == [False]
    assert make("install")[1] == []  # a second make has nothing to do


def test_then_pytorchs_own_index_without_a_word(make):
    done, installs = make("download.pytorch.org")
    assert done.returncode == 0 and "ERROR" not in done.stderr
    tries = [line for line in installs if "torch==" in line]
    assert ["download.pytorch.org" in line for line in tries] == [False, True]
    assert all("--retries" in line for line in tries)  # nothing hangs without a network


def test_then_it_says_what_to_do(make, tmp_path: Path):
    done, _ = make("nowhere at all")
    assert done.returncode != 0 and "TORCH=" in done.stderr and "would rather not" in done.stderr
    assert not (tmp_path / ".venv" / ".ready").exists()
