"""Install mgfusion with the lowest or highest versions that it allows, for any Python, and run a smoke test.

    python scripts/try_versions.py --resolution lowest                # what pyproject.toml promises
    python scripts/try_versions.py --python 3.13 --core               # no extra at all
    python scripts/try_versions.py --python 3.13 tests/cli tests/video  # these tests

uv makes the environment. PyTorch's default build comes with CUDA, gigabytes of it: UV_EXTRA_INDEX_URL and
UV_FIND_LINKS name other sources. Exit code 1 if something can't be installed or a test fails.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
TOOLS = ("pytest", "pytest-xdist", "hypothesis", "hatchling", "build")
"""For the tests; they are no part of what is promised, so their own lowest versions are not tried."""
SMOKE = {
    "core": [
        "tests/test_wheel.py",
        "tests/images",
        "tests/metrics/test_reference.py",
        "tests/inference/test_fuser.py",
        "tests/models/test_shipped_weights.py",
        "tests/evaluation",
    ],
    "extras": [
        "tests/export",
        "tests/training/test_training_run.py",
        "tests/models",
        "tests/benchmark/test_pipeline.py",
        "tests/cli/test_commands.py",
        "tests/data",
        "tests/engines",
        "tests/registration",
        "tests/service/test_fusing_over_http.py",
        "tests/service/test_video_runs.py",
        "tests/thermal",
        "tests/video",
    ],
}
KNOWN = ("-k", "not liu")
"""Of the lowest versions: the convention liu divides rounding errors, see docs/install.md."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--python", default="3.11", help="version or path, as uv takes it")
    parser.add_argument("--resolution", choices=("lowest", "highest"), default="highest")
    parser.add_argument("--core", action="store_true", help="no extra, and the tests that need none")
    parser.add_argument("--folder", type=Path, help="keep the environment here")
    parser.add_argument("tests", nargs="*", help="in place of a chosen part of them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mgfusion-") as scratch:
        return _try(options, options.folder or Path(scratch) / "venv")


def _try(options: argparse.Namespace, venv: Path) -> int:
    python = venv / "bin" / "python"
    resolution = {"lowest": "lowest-direct", "highest": "highest"}[options.resolution]
    what = str(ROOT) if options.core else f"{ROOT}[all]"
    tests = options.tests or SMOKE["core"] + ([] if options.core else SMOKE["extras"])
    if not python.exists():
        _uv("venv", "--python", options.python, str(venv))
    _uv("pip", "install", "--python", str(python), "--resolution", resolution, what)
    _uv("pip", "install", "--python", str(python), *TOOLS)
    _uv("pip", "list", "--python", str(python))
    # -P and importlib keep the working tree's src out of it: what is installed is what runs
    words = [str(python), "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    if options.resolution == "lowest":
        words += KNOWN
    return subprocess.run(words, cwd=ROOT, env=_without_pythonpath(), check=False).returncode


def _uv(*words: str) -> None:
    if subprocess.run([sys.executable, "-m", "uv", *words], check=False).returncode:
        sys.exit(f"uv {words[0]} failed: the lines above say why")


def _without_pythonpath() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


if __name__ == "__main__":
    sys.exit(main())
