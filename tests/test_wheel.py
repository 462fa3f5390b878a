"""What is in the wheel: everything that a user needs, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "mgfusion"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [path] = folder.glob("*.whl")
    return path


def test_the_wheel_holds_the_package_whole_and_nothing_else(wheel):
    inside = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    source = {
        f"mgfusion/{path.relative_to(PACKAGE).as_posix()}"
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside == source


def test_the_wheel_holds_weights_recipes_and_pages(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    for model in ("base", "fast", "tiny", "restormer"):
        for file in ("model.safetensors", "config.json"):
            assert f"mgfusion/weights/mgfusion-{model}/{file}" in inside
    for file in ("py.typed", "recipes/paper.yaml", "recipes/cpu.yaml"):
        assert f"mgfusion/{file}" in inside
    assert any(name.endswith("template.html") for name in inside)
    assert any(name.endswith("paper_tables.csv") for name in inside)


def test_the_wheel_is_small(wheel):
    assert wheel.stat().st_size < 8_000_000
