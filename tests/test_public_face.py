"""The names at the top, what they cost, and what a missing extra says."""

import subprocess
import sys
import typing

import pytest

import mgfusion
from mgfusion import errors

BLOCK = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {package!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
"""


def run_python(code: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_every_public_name_loads_and_is_listed():
    assert all(getattr(mgfusion, name) is not None for name in mgfusion.__all__)
    assert dir(mgfusion) == sorted(mgfusion.__all__)


def test_every_error_is_at_the_top():
    raised = {name for name, value in vars(errors).items() if isinstance(value, type)} - {*dir(typing)}
    assert raised and raised <= set(mgfusion.__all__)


def test_import_and_dir_load_nothing_heavy():
    done = run_python(
        "import sys, mgfusion; dir(mgfusion); mgfusion.MGFusionError\n"
        "print(sorted({'torch', 'numpy', 'click', 'PIL', 'scipy'} & set(sys.modules)))"
    )
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("package", ["lightning", "pydantic"])
def test_training_without_its_extra_names_the_line_that_installs_it(package):
    hint = f"training needs {package}: pip install 'mgfusion[train]'"
    code = (
        BLOCK.format(package=package)
        + """
import mgfusion
for name in ("train", "TrainConfig", "load_recipe"):
    try:
        getattr(mgfusion, name)
    except mgfusion.MissingExtraError as error:
        print(error)
"""
    )
    assert run_python(code).stdout.splitlines() == [hint] * 3


@pytest.mark.parametrize(
    ("package", "code", "hint"),
    [
        (
            "torchmetrics",
            "from mgfusion.metrics import FusionMetrics",
            "FusionMetrics needs torchmetrics: pip install 'mgfusion[train]'",
        ),
    ],
)
def test_other_extras_name_their_line(package, code, hint):
    done = run_python(BLOCK.format(package=package) + code)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"mgfusion.errors.MissingExtraError: {hint}"


@pytest.mark.parametrize("command", ["train", "ablation"])
def test_a_command_without_its_extra_says_so_in_one_line(command):
    done = run_python(
        BLOCK.format(package="lightning")
        + f"from mgfusion.cli import main\nmain([{command!r}, 'data'], prog_name='mgfusion')"
    )
    assert done.returncode == 2
    assert done.stderr == "error: training needs lightning: pip install 'mgfusion[train]'\n"
