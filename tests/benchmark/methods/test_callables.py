"""A researcher's own network as a method: ``--method name=module:object``."""

import sys

import numpy as np
import pytest
from click.testing import CliRunner

from mgfusion.benchmark.methods.method_specs import Method, parse_method
from mgfusion.benchmark.methods.openers import open_method
from mgfusion.benchmark.methods.test_sets import find_sets
from mgfusion.benchmark.run.fingerprints import method_fingerprint
from mgfusion.cli import main
from mgfusion.data.opened_pair import open_pair
from mgfusion.errors import BenchmarkError, ModelError

CODE = """
import torch

def quarter(ir, vis):
    assert ir.shape == vis.shape and ir.shape[1] == 1
    return 0.25 * ir + 0.75 * vis

class Network(torch.nn.Module):
    multiple = 32
    vis_channels = 3
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(7))
    def forward(self, ir, vis):
        assert vis.shape[1] == 3 and ir.shape[-1] % 32 == 0
        return torch.maximum(ir, vis.amax(1, keepdim=True))

network = Network()

def fails(ir, vis):
    raise RuntimeError("sizes of\\ntensors must match")

def leaves(ir, vis):
    raise SystemExit(3)

def half(ir, vis):
    return ir[..., ::2]

number = 3
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "my_networks.py").write_text(CODE)
    (folder / "broken_networks.py").write_text("import nowhere_to_be_found\n")
    monkeypatch.chdir(folder)
    yield folder
    for name in ("my_networks", "broken_networks"):
        sys.modules.pop(name, None)


def fuse(spec, data):
    pair = find_sets([data])["MSRS"][0]
    opened = open_pair(pair.ir, pair.vis)
    open_method.cache_clear()
    return open_method(parse_method(spec))(pair, opened), opened


def test_a_function_and_a_module_that_wants_colour(mine, data):
    assert parse_method("q=my_networks:quarter") == Method("q", "callable", "my_networks:quarter")
    assert parse_method("my_networks:quarter").name == "quarter"
    fused, opened = fuse("my_networks:quarter", data)
    np.testing.assert_allclose(fused, 255 * (0.25 * opened.ir + 0.75 * opened.vis), atol=0.51)
    fused, opened = fuse("m=my_networks:network", data)
    assert fused.shape == opened.vis.shape and fused.dtype == np.uint8
    assert (fused >= np.rint(255 * opened.ir)).all()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("x=no_such_module_here:f", "no module 'no_such_module_here'"),
        ("x=my_networks:nothing", "my_networks has no nothing"),
        ("x=my_networks:Network", r"is a class; give a callable \(ir, vis\) -> fused"),
        ("x=my_networks:number", "is int; give a callable"),
        ("x=broken_networks:f", "no module 'nowhere_to_be_found'"),
    ],
)
def test_what_cannot_be_called_is_named(mine, data, spec, message):
    with pytest.raises(BenchmarkError, match=message):
        fuse(spec, data)


def test_a_picture_of_another_shape_is_refused(mine, data):
    with pytest.raises(ModelError, match="half: gave"):
        fuse("my_networks:half", data)


def test_a_changed_module_is_done_again(mine):
    method = parse_method("my_networks:quarter")
    before = method_fingerprint(method)
    assert method_fingerprint(method) == before
    (mine / "my_networks.py").write_text(CODE + "# changed\n")
    assert method_fingerprint(method) != before


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_command_compares_it_and_one_that_raises_is_a_line_each(mine, data, workers):
    methods = ("average", "mine=my_networks:quarter", "bad=my_networks:fails", "worse=my_networks:leaves")
    words = ["benchmark", "--data", str(data / "MSRS"), "-o", "out", "--no-figures", "--no-costs"]
    words += ["--metrics", "AG", "--workers", workers]
    result = CliRunner().invoke(main, [*words, *(w for m in methods for w in ("--method", m))])
    assert result.exit_code == 1, result.output
    lines = result.stderr.splitlines()
    assert "error: bad on MSRS/00001N: sizes of tensors must match" in lines
    assert "error: worse on MSRS/00001N: asked Python to exit (3)" in lines
    assert sum(line.startswith("error: ") for line in lines) == 4 and "Traceback" not in result.output
    assert len(list((mine / "out" / "mine" / "MSRS").glob("*.png"))) == 2
