"""Method specifications, and every kind of method on a real file."""

import shlex
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mgfusion.benchmark.methods import outside_commands as commands
from mgfusion.benchmark.methods.method_specs import Method, ablations, parse_method, peers, unique
from mgfusion.benchmark.methods.openers import covers, open_method
from mgfusion.benchmark.methods.test_sets import find_sets
from mgfusion.data.opened_pair import open_pair
from mgfusion.errors import BenchmarkError
from mgfusion.models import MGFusion, MGFusionConfig, save_model

COPY = f"{shlex.quote(sys.executable)} -c 'import shutil, sys; shutil.copy(sys.argv[2], sys.argv[3])'"


@pytest.fixture
def pair(data):
    return find_sets([data])["TNO"][0]


def fuse(method, pair):
    return open_method(method)(pair, open_pair(pair.ir, pair.vis))


def levels(pair):
    """Both pictures, 0 to 255."""
    opened = open_pair(pair.ir, pair.vis)
    return np.rint(255 * opened.ir), np.rint(255 * opened.vis)


def test_specifications(tmp_path):
    assert parse_method("laplacian") == Method("laplacian", "classical", "laplacian")
    assert parse_method("mine=gff") == Method("mine", "classical", "gff")
    assert parse_method(f"SAGE=folder:{tmp_path}") == Method("SAGE", "folder", str(tmp_path))
    assert parse_method(f"folder:{tmp_path}").name == tmp_path.name
    command = "x=command:run --a=b {ir} {vis} {out}"
    assert parse_method(command) == Method("x", "command", "run --a=b {ir} {vis} {out}")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nothing", r"no method 'nothing'; there are average, .*folder:PATH"),
        ("classical:nothing", "no classical method 'nothing'; there are average"),
        ("x=folder:/no/such", "x: no folder /no/such"),
        ("x=onnx:/no/such.onnx", r"x: no file /no/such.onnx"),
        ("x=command:run {ir} {out}", r"lacks \{vis\}: run"),
        ("../x=average", r"use letters, digits"),
        ("tables=average", "is a folder of the output"),
        ("a\tb=average", r"use letters, digits"),
    ],
)
def test_bad_specifications_say_what_would_work(spec, message):
    with pytest.raises(BenchmarkError, match=message):
        parse_method(spec)


def test_two_methods_of_one_name(tmp_path):
    assert len(unique([parse_method("gff"), parse_method("gff")])) == 1
    with pytest.raises(BenchmarkError, match="two methods are named 'GFF'"):
        unique([parse_method("gff"), parse_method(f"GFF=folder:{tmp_path}")])


def test_peers_and_ablations(tmp_path):
    (tmp_path / "SeAFusion" / "TNO").mkdir(parents=True)
    (tmp_path / "no-cii" / "model").mkdir(parents=True)
    (tmp_path / "no-cii" / "model" / "model.safetensors").touch()
    (tmp_path / "no-cii" / "config.json").touch()  # the training run's own
    assert [m.name for m in peers(tmp_path)] == ["SeAFusion", "no-cii"]
    assert {m.name: m.kind for m in ablations(tmp_path)} == {"SeAFusion": "folder", "no-cii": "model"}
    assert Path(ablations(tmp_path)[1].source) == tmp_path / "no-cii" / "model"
    assert all(m.ablation for m in ablations(tmp_path))
    with pytest.raises(BenchmarkError, match="no such folder"):
        peers(tmp_path / "none")


def test_results_in_a_folder(pair, tmp_path):
    (tmp_path / "TNO").mkdir()
    Image.fromarray(np.full((48, 64), 9, np.uint8)).save(tmp_path / "TNO" / "00.bmp")
    method = parse_method(f"x=folder:{tmp_path}")
    assert (fuse(method, pair) == 9).all()
    assert covers(method, "TNO")
    assert not covers(method, "MSRS")
    (tmp_path / "TNO" / "00.bmp").unlink()
    with pytest.raises(BenchmarkError, match=r"TNO: no picture named 00\.\*"):
        fuse(method, pair)


def test_our_models_see_the_luminance_that_is_scored(pair, tmp_path):
    """Which is libpng's for a PNG: it cuts off where others round."""
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "vis.png")
    pair = replace(pair, vis=tmp_path / "vis.png")
    save_model(MGFusion(MGFusionConfig(dim=8, cii=False, cff=False)), tmp_path / "model")  # the maximum
    fused = fuse(parse_method(str(tmp_path / "model")), pair)
    np.testing.assert_array_equal(fused, np.maximum(*levels(pair)))


def test_an_outside_command(pair):
    method = parse_method(f"copy=command:{COPY} {{ir}} {{vis}} {{out}}")
    np.testing.assert_array_equal(fuse(method, pair), levels(pair)[1])


def test_a_command_runs_without_a_shell(pair, tmp_path):
    method = parse_method(
        f"x=command:{COPY} {{ir}} {{vis}} {{out}} ; touch {tmp_path}/hacked $(touch {tmp_path}/h2)"
    )
    fuse(method, pair)
    assert not list(tmp_path.glob("h*"))


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("/no/such/program {ir} {vis} {out}", "cannot be run"),
        ("true {ir} {vis} {out}", "exit code 0, no picture written"),
        (f"{sys.executable} -c 'raise SystemExit(\"out of luck\")' {{ir}} {{vis}} {{out}}", "out of luck"),
    ],
)
def test_a_failing_command_says_so(pair, command, message):
    with pytest.raises(BenchmarkError, match=message):
        fuse(parse_method(f"x=command:{command}"), pair)


def test_a_command_that_never_ends(pair, monkeypatch):
    monkeypatch.setattr(commands, "TIMEOUT", 0.2)
    with pytest.raises(BenchmarkError, match="took longer than"):
        fuse(Method("x", "command", "sh -c 'sleep 9' {ir} {vis} {out}"), pair)


def test_torchscript(pair, tmp_path):
    import torch

    class Mean(torch.nn.Module):
        def forward(self, ir: torch.Tensor, vis: torch.Tensor) -> torch.Tensor:
            return 0.25 * ir + 0.75 * vis

    torch.jit.script(Mean()).save(str(tmp_path / "mean.pt"))
    fused = fuse(parse_method(f"torchscript:{tmp_path / 'mean.pt'}"), pair)
    ir, vis = levels(pair)
    wanted = 0.25 * ir + 0.75 * vis
    assert np.abs(fused - wanted).max() <= 0.51
    (tmp_path / "bad.pt").write_bytes(b"no module")
    with pytest.raises(BenchmarkError, match=r"bad.pt: no TorchScript"):
        open_method(parse_method(f"torchscript:{tmp_path / 'bad.pt'}"))


def onnx_file(path: Path, names):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    shape = [1, 1, "h", "w"]
    values = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, shape) for n in (*names, "out")]
    # Twice the infrared less the visible: tells the order of the inputs.
    nodes = [
        onnx.helper.make_node("Add", ["ir", "ir"], ["twice"]),
        onnx.helper.make_node("Sub", ["twice", "vis"], ["out"]),
    ]
    graph = onnx.helper.make_graph(nodes, "g", values[:2], values[2:])
    opset = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))
    return path


@pytest.mark.parametrize("names", [("ir", "vis"), ("vis", "ir")])
def test_onnx_takes_its_inputs_by_name(pair, tmp_path, names):
    path = onnx_file(tmp_path / "net.onnx", names)
    fused = fuse(parse_method(f"x{names[0]}=onnx:{path}"), pair)
    ir, vis = levels(pair)
    wanted = np.clip(2 * ir - vis, 0, 255)
    assert np.abs(fused - wanted).max() <= 1


def test_a_broken_onnx_file(tmp_path):
    pytest.importorskip("onnxruntime")
    (tmp_path / "bad.onnx").write_bytes(b"no graph")
    with pytest.raises(BenchmarkError, match=r"bad.onnx: no ONNX graph"):
        open_method(parse_method(f"onnx:{tmp_path / 'bad.onnx'}"))
