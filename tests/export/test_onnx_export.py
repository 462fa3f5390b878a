"""ONNX files: what PyTorch computes, at any size, with no PyTorch there."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from mgfusion import Fuser, export_onnx
from mgfusion.cli import main
from mgfusion.errors import ExportError
from mgfusion.export.onnx_graph import Resize
from mgfusion.images import from_tensor, read_image, replace_luminance, to_tensor, write_image
from mgfusion.models import MGFusion, MGFusionConfig, SemanticEncoder
from mgfusion.models.pyramid import RepConv
from mgfusion.synthetic.night_street import night_street

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
onnxruntime = pytest.importorskip("onnxruntime")

EXAMPLE = Path(__file__).parents[2] / "examples" / "onnx_runtime.py"
SIZES = [(1, 16, 16), (1, 33, 480), (3, 71, 50), (1, 261, 259)]

BAR_TORCH = """
import sys
class Bar:
    def find_spec(self, name, *_):
        if name.split(".")[0] in ("torch", "mgfusion"):
            raise ImportError(f"{name} is barred")
sys.meta_path.insert(0, Bar())
"""


@pytest.fixture(scope="module")
def network():
    """A small model that depends on its embeddings, with an encoder that is quick to trace."""
    torch.manual_seed(0)
    backbone = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, stride=4), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()
    )
    encoder = SemanticEncoder(backbone, size=40, mean=(0.5,) * 3, std=(0.5,) * 3, resample="bilinear")
    config = MGFusionConfig(dim=4, scale=2, embed_dim=8, adapter_dim=4)
    model = MGFusion(config, encoder).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model


@pytest.fixture(scope="module")
def exported(network, tmp_path_factory):
    return export_onnx(network, tmp_path_factory.mktemp("export") / "small.onnx")


def random_pair(batch, height, width):
    return torch.rand(batch, 1, height, width), torch.rand(batch, 3, height, width)


def largest_difference(run, network):
    differences = []
    for size in SIZES:
        ir, vis = random_pair(*size)
        with torch.inference_mode():
            expected = network(ir, vis).numpy()
        got = run(ir.numpy(), vis.numpy())
        assert got.shape == expected.shape and got.min() >= 0 and got.max() <= 1
        differences.append(np.abs(got - expected).max())
    return max(differences)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(20, 300), (40, 40), (97, 31)])
def test_the_resize_is_that_of_the_encoder(mode, size):
    picture = torch.rand(2, 3, *size)
    expected = torch.nn.functional.interpolate(picture, (40, 40), mode=mode, antialias=True)
    torch.testing.assert_close(Resize(40, mode == "bicubic")(picture), expected, atol=1e-5, rtol=0)


def test_onnx_runtime_gives_what_pytorch_gives_at_any_size(exported, network):
    session = onnxruntime.InferenceSession(exported.path, providers=["CPUExecutionProvider"])
    run = lambda ir, vis: session.run(["fused"], {"ir": ir, "vis": vis})[0]  # noqa: E731
    assert largest_difference(run, network) < 1e-4
    assert exported.largest < 0.1 and exported.size == exported.path.stat().st_size


@pytest.mark.parametrize("half", [False, True])
def test_a_map_of_guidance_is_exported_at_its_place(network, tmp_path, half):
    torch.manual_seed(0)
    backbone = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, stride=4), ChannelsLast())
    encoder = SemanticEncoder(backbone, size=40, mean=(0.5,) * 3, std=(0.5,) * 3, resample="bilinear")
    model = MGFusion(replace(network.config, guidance="map"), encoder).eval()
    model.load_state_dict(
        {k: v for k, v in network.state_dict().items() if not k.startswith("encoder.")}, strict=False
    )
    file = export_onnx(model, tmp_path / "map.onnx", half=half).path
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    run = lambda ir, vis: session.run(["fused"], {"ir": ir, "vis": vis})[0]  # noqa: E731
    assert largest_difference(run, model) < (2 / 255 if half else 1e-4)


class ChannelsLast(torch.nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 3, 1)


def test_a_network_without_encoder_is_exported_with_its_branches_added_up(tmp_path):
    torch.manual_seed(0)
    model = MGFusion(
        MGFusionConfig(network="pyramid", dim=6, num_blocks=0, scale=2, cii=False, cff=False)
    ).eval()
    torch.nn.init.normal_(model.reconstruct.weight, std=0.1)
    file = export_onnx(model, tmp_path / "pyramid.onnx").path
    nodes = [node.op_type for node in onnx.load(file).graph.node]
    assert nodes.count("Conv") == sum(isinstance(part, RepConv) for part in model.modules()) + 2
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    assert largest_difference(lambda i, v: session.run(["fused"], {"ir": i, "vis": v})[0], model) < 1e-4


def test_openvino_gives_what_pytorch_gives(exported, network):
    openvino = pytest.importorskip("openvino")
    model = openvino.Core().compile_model(exported.path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    run = lambda ir, vis: model({"ir": ir, "vis": vis})["fused"]  # noqa: E731
    assert largest_difference(run, network) < 1 / 255


def test_the_file_says_what_it_is_and_nothing_of_the_machine(exported):
    session = onnxruntime.InferenceSession(exported.path, providers=["CPUExecutionProvider"])
    about = session.get_modelmeta().custom_metadata_map
    assert about["precision"] == "float32" and "[0, 1]" in about["input"] and about["licence"]
    assert [i.shape for i in session.get_inputs()] == [
        ["batch", 1, "height", "width"],
        ["batch", 3, "height", "width"],
    ]
    assert b".py" not in exported.path.read_bytes()


def test_the_example_fuses_colour_files_without_pytorch(exported, network, tmp_path):
    scene = night_street(1, 97, 131)
    write_image(tmp_path / "ir.png", scene.ir)
    write_image(tmp_path / "vis.png", scene.vis)
    (tmp_path / "sitecustomize.py").write_text(BAR_TORCH)
    environment = {"PYTHONPATH": str(tmp_path), "PATH": ""}
    proof = subprocess.run([sys.executable, "-c", "import torch"], env=environment, capture_output=True)
    assert b"torch is barred" in proof.stderr
    words = [sys.executable, EXAMPLE, exported.path, "ir.png", "vis.png", "fused.png"]
    done = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    vis = to_tensor(scene.vis)
    y = Fuser(network, device="cpu").fuse_tensors(to_tensor(scene.ir), vis)
    expected = from_tensor(replace_luminance(vis, y)).astype(int)
    fused = read_image(tmp_path / "fused.png").astype(int)
    assert np.abs(fused - expected).max() <= 3  # red and blue, which are rounded here for an exact luminance
    assert np.abs((fused - expected) @ [0.299, 0.587, 0.114]).max() < 1
    whole = Fuser(network, device="cpu")(scene.ir, scene.vis).astype(int)
    assert np.abs((fused - whole) @ [0.299, 0.587, 0.114]).max() < 1  # the same luminance as `mgfusion fuse`


@pytest.mark.parametrize(
    ("name", "options", "code", "message"),
    [
        ("model.pt", [], 2, "must end in .onnx"),
        ("there.onnx", [], 1, "exists already"),
        ("new.onnx", ["--half", "--int8"], 2, "choose one"),
        ("there.onnx/new.onnx", [], 1, "there.onnx is a file; choose another folder"),
        ("new.onnx", ["--model", "none"], 2, "no model 'none'"),
    ],
)
def test_a_request_that_cannot_be_met_is_one_line_at_once(
    tmp_path, monkeypatch, name, options, code, message
):
    monkeypatch.setattr("mgfusion.export.onnx_graph.trace", pytest.fail)
    (tmp_path / "there.onnx").write_text("mine")
    result = CliRunner().invoke(main, ["export", "-o", str(tmp_path / name), *options])
    assert result.exit_code == code and message in result.stderr and result.stderr.count("\n") == 1
    assert (tmp_path / "there.onnx").read_text() == "mine" and len(list(tmp_path.iterdir())) == 1


def test_a_graph_that_computes_something_else_is_not_written(network, exported, tmp_path, monkeypatch):
    wrong = onnx.load(exported.path)
    for tensor in wrong.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and len(tensor.dims) == 4:
            tensor.CopyFrom(onnx.numpy_helper.from_array(2 * onnx.numpy_helper.to_array(tensor), tensor.name))
    monkeypatch.setattr("mgfusion.export.onnx_graph.trace", lambda model: wrong)
    with pytest.raises(ExportError, match="differs from PyTorch"):
        export_onnx(network, tmp_path / "wrong.onnx")
    assert not list(tmp_path.iterdir())
