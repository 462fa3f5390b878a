"""The names at the top, what they cost, and what a missing extra says."""

import subprocess
import sys
import typing

import pytest

import mgfusion
from mgfusion import errors
from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.benchmark.methods.network_files import open_onnx
from mgfusion.models.encoders import build_encoder

BLOCK = "import sys\nsys.modules[{package!r}] = None\n"  # as if it weren't installed


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


def test_fusion_metrics_without_torchmetrics_name_the_line():
    done = run_python(BLOCK.format(package="torchmetrics") + "from mgfusion.metrics import FusionMetrics")
    hint = "FusionMetrics needs torchmetrics: pip install 'mgfusion[train]'"
    assert done.stderr.splitlines()[-1] == f"mgfusion.errors.MissingExtraError: {hint}"


@pytest.mark.parametrize("package", ["onnx", "onnxscript", "onnxruntime"])
def test_export_without_its_extra_names_the_line(package, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(errors.MissingExtraError, match=f"needs {package}: pip install 'mgfusion.export.'"):
        mgfusion.export_onnx("mgfusion-tiny", tmp_path / "new.onnx")


@pytest.mark.parametrize("package", ["transformers", "huggingface_hub"])
def test_clip_without_its_extra_names_the_line(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(errors.EncoderError, match=f"CLIP needs {package}: pip install 'mgfusion.clip.'"):
        build_encoder("clip:openai/clip-vit-base-patch32")


def test_the_benchmark_without_its_extra_names_the_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    line = "pip install 'mgfusion.benchmark.'"
    with pytest.raises(errors.BenchmarkError, match=f"mine: ONNX needs onnxruntime: {line}"):
        open_onnx(Method("mine", "onnx", "mine.onnx"))


def test_the_benchmark_without_matplotlib_says_so_before_the_work(scenes, tmp_path):
    words = ["benchmark", "--data", str(scenes / "train"), "--method", "average", "-o", str(tmp_path / "out")]
    done = run_python(
        BLOCK.format(package="matplotlib")
        + f"from mgfusion.cli import main\nmain({words}, prog_name='mgfusion')"
    )
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == (
        "error: figures and the report need matplotlib: pip install 'mgfusion[benchmark]', or leave them out "
        "with --no-figures\n"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "package", "hint"),
    [
        (["train", "data"], "lightning", "training needs lightning: pip install 'mgfusion[train]'"),
        (["ablation", "data"], "lightning", "training needs lightning: pip install 'mgfusion[train]'"),
        (["export", "-o", "new.onnx"], "onnx", "export needs onnx: pip install 'mgfusion[export]'"),
        (
            ["evaluate", "a.png", "b.png", "c.png", "--engine", "ray"],
            "ray",
            "--engine ray needs ray: pip install 'mgfusion[cluster]'",
        ),
        (
            ["fuse", "s3://bucket/ir", "s3://bucket/vis", "--engine", "ray"],
            "fsspec",
            "an address such as s3:// needs fsspec: pip install 'mgfusion[cluster]'",
        ),
    ],
)
def test_a_command_without_its_extra_says_so_in_one_line(words, package, hint):
    done = run_python(
        BLOCK.format(package=package) + f"from mgfusion.cli import main\nmain({words}, prog_name='mgfusion')"
    )
    assert (done.returncode, done.stderr) == (2, f"error: {hint}\n")
