"""The scripts of scripts/ run, on a tiny model; what they measure is no test's business."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mgfusion.models import MGFusion, MGFusionConfig, save_model

SCRIPT = Path(__file__).parents[2] / "scripts" / "performance.py"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    torch.manual_seed(0)
    config = MGFusionConfig(network="pyramid", dim=6, num_blocks=0, scale=2, cii=False, cff=False)
    model = MGFusion(config)
    torch.nn.init.normal_(model.reconstruct.weight, std=0.1)  # zero, it would hide all before it
    return str(save_model(model, tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture
def same_threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def ask(function: str, **task):
    words = [sys.executable, str(SCRIPT), "--probe", json.dumps([function, task])]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_line_of_the_performance_page_in_bfloat16_and_a_batch(model):
    task = {"size": "96x64", "batch": 2, "onnx": "", "threads": 1, "repeats": 1, "device": "cpu"}
    got = ask("probe", model=model, backend="bfloat16", **task)
    keys = {"wall", "cpu", "peak", "peak_gflops", "peak_gbs"}
    assert set(got) == keys and all(value > 0 for value in got.values())


@pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs a C++ compiler on a CPU")
def test_captured_graphs_make_the_same_picture(model, monkeypatch):
    """Takes seconds, as it compiles in earnest; on a CPU there is no graph to capture."""
    monkeypatch.syspath_prepend(SCRIPT.parent)
    import probes

    ir, vis = torch.rand(1, 1, 64, 96), torch.rand(1, 3, 64, 96)
    plain, graphs = (probes.runner(name, model, "", 1, "cpu")(ir, vis) for name in ("plain", "graphs"))
    torch.testing.assert_close(graphs, plain, atol=1e-4, rtol=0)


def test_the_work_of_a_model(model):
    """Its first convolution alone, on 3x3 windows of 4 values, makes 6 channels at half of 640x480, twice."""
    work = ask("work_of", model=model)
    assert work["encoder"] == [0, 0]
    gmac, gigabytes = work["network"]
    assert 2 * 36 * 6 * 320 * 240 / 1e9 < gmac < 1 and gigabytes > 2 * 4 * 640 * 480 / 1e9


def test_the_performance_page(model, tmp_path, monkeypatch, same_threads):
    """A line that fails says why and costs no other line."""
    monkeypatch.syspath_prepend(SCRIPT.parent)
    import performance
    import probes
    import startup_time

    def in_this_process(function, task, threads):  # each import of PyTorch would take seconds
        try:
            return getattr(probes, function)(**task)
        except Exception as error:
            return {"error": f"{type(error).__name__}: {str(error).splitlines()[0]}"}

    page = tmp_path / "performance.md"
    words = ["--models", model, "--sizes", "96x64,2048x1080", "--backends", "prepared,onnxruntime"]
    monkeypatch.setattr(sys, "argv", ["performance.py", *words, "--repeats", "1", "-o", str(page)])
    monkeypatch.setattr(performance, "in_fresh_process", in_this_process)
    monkeypatch.setattr("mgfusion.export_onnx", lambda model, path: None)  # so ONNX Runtime finds no file
    monkeypatch.setattr(probes, "peaks", lambda device, low: {"peak_gflops": 100.0, "peak_gbs": 30.0})
    monkeypatch.setattr(probes, "SECONDS", 0.0)
    monkeypatch.setattr(startup_time, "measure", lambda repeats: {"import torch": (2.0, 1.0)})
    performance.main()

    lines = [line for line in page.read_text().splitlines() if line.startswith(f"| {model} ")]
    assert [line.split("|")[2].strip() for line in lines[1:]] == ["prepared"] * 2 + ["onnxruntime"] * 2
    assert "not run: no tiles" in lines[-1] and len({line.count("|") for line in lines[1:]}) == 1
    assert (tmp_path / "images" / "growth.png").stat().st_size > 1000


def test_what_a_pair_costs(model, monkeypatch, same_threads):
    monkeypatch.syspath_prepend(SCRIPT.parent)
    import probes

    monkeypatch.setattr(probes, "SECONDS", 0.0)
    got = probes.whole_pair(model)
    assert set(got) == {"files", "arrays", "network"} and all(value > 0 for value in got.values())
