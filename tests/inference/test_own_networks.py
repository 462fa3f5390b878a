"""A researcher's own network in a Fuser, and what a Fuser leaves as it was."""

import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

from mgfusion.errors import ImageError, ModelError, OptionError
from mgfusion.inference.fuser import Fuser
from mgfusion.models import MGFusion, MGFusionConfig
from mgfusion.synthetic.night_street import night_street


def pair(height=37, width=50):
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, (height, width), np.uint8), rng.integers(0, 255, (height, width, 3), np.uint8)


class Recorder:
    """The mean of both, which remembers the shapes that it was given."""

    def __init__(self, **attributes):
        self.shapes = []
        vars(self).update(attributes)

    def __call__(self, ir, vis):
        self.shapes.append((tuple(ir.shape), tuple(vis.shape)))
        return (ir + vis[:, :1]) / 2


def test_a_plain_function_fuses():
    def maximum(ir, vis):
        return torch.maximum(ir, vis)

    ir, _ = pair()
    fuser = Fuser(maximum, device="cpu")
    np.testing.assert_array_equal(fuser(ir, ir[::-1].copy()), np.maximum(ir, ir[::-1]))
    assert repr(fuser) == "Fuser('maximum', device='cpu', precision='float32')"


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("colour", [True, False])
def test_sizes_and_channels_are_what_the_network_asks_for(channels, colour):
    ir, vis = pair()
    network = Recorder(multiple=16, vis_channels=channels)
    fused = Fuser(network, device="cpu")(ir, vis if colour else vis[..., 0])
    assert network.shapes == [((1, 1, 48, 64), (1, channels, 48, 64))]
    assert fused.shape == (37, 50, 3) if colour else (37, 50)


def test_the_lift_that_a_network_asks_for_is_done_on_the_whole_picture():
    scene = night_street(3, 240, 320)
    plain, lifted = (
        Fuser(Recorder(lift=lift, bytes_per_pixel=(2 << 30) / (256 * 256)), gray=True)(scene.ir, scene.vis)
        for lift in (0.0, 0.5)
    )
    assert lifted[scene.hot_mask].mean() > plain[scene.hot_mask].mean() + 5
    assert (lifted[~scene.hot_mask] <= plain[~scene.hot_mask] + 40).mean() > 0.99


def test_tiles_only_where_memory_is_told_and_tiles_allowed():
    large = torch.rand(1, 1, 300, 400)
    few = (2 << 30) / (256 * 256)
    for attributes, cut in (({}, False), ({"bytes_per_pixel": few}, True)):
        network = Recorder(**attributes)
        Fuser(network, device="cpu").fuse_tensors(large, large)
        assert (len(network.shapes) > 1) == cut
    network = Recorder(bytes_per_pixel=few, tiles=False)
    Fuser(network, device="cpu").fuse_tensors(large, large)
    assert len(network.shapes) == 1
    with pytest.raises(OptionError, match="tile 256: Recorder can't be cut"):
        Fuser(network, device="cpu", tile=256)


@pytest.mark.parametrize("tile", [0, 192])
def test_a_network_that_asks_is_told_where_each_tile_begins(tile):
    """What it gives of a tile is cut from one plane that only its place can tell."""
    plane = torch.rand(1, 1, 400, 480)

    class Placed:
        placed = True
        multiple = 16

        def __call__(self, ir, vis):
            raise AssertionError("for_picture is there")

        def for_picture(self, ir, vis):
            assert ir.shape[-2:] == (301, 407)
            return lambda ir, vis, corner: plane[
                ..., corner[0] : corner[0] + ir.shape[-2], corner[1] : corner[1] + ir.shape[-1]
            ]

    picture = torch.rand(1, 1, 301, 407)
    fused = Fuser(Placed(), device="cpu", tile=tile).fuse_tensors(picture, picture)
    torch.testing.assert_close(fused, plane[..., :301, :407])


@pytest.mark.parametrize(
    ("network", "says"),
    [
        (lambda ir, vis: ir[..., 1:], r"gave \(1, 1, 37, 49\); it must give a tensor \(1, 1, 37, 50\)"),
        (lambda ir, vis: ir * torch.nan, "gave values from nan"),
        (lambda ir, vis: ir * 255, r"must be in \[0, 1\]"),
        (lambda ir, vis: None, "gave NoneType"),
    ],
)
def test_what_is_no_picture_is_refused_in_one_line(network, says):
    with pytest.raises(ModelError, match=says) as caught:
        Fuser(network, device="cpu")(*pair())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_memory_that_runs_out_is_said_in_one_line(error):
    def hungry(ir, vis):
        raise error

    with pytest.raises(ImageError, match="50x37 pixels: not enough memory on cpu; use smaller tiles"):
        Fuser(hungry, device="cpu")(*pair())


def test_memory_that_torch_itself_refuses_is_said_too():
    with pytest.raises(ImageError, match="not enough memory"):
        Fuser(lambda ir, vis: torch.empty(1 << 50), device="cpu")(*pair())


def test_other_defects_of_a_network_are_not_hidden():
    def broken(ir, vis):
        raise RuntimeError("mat1 and mat2")

    with pytest.raises(RuntimeError, match="mat1"):
        Fuser(broken, device="cpu")(*pair())


@pytest.mark.parametrize(
    "model", [3, None, ["a"], Recorder(multiple=0), Recorder(vis_channels=2), Recorder(lift=2)]
)
def test_what_is_no_network_is_an_option_error(model):
    with pytest.raises(OptionError, match="model: "):
        Fuser(model, device="cpu")


def test_the_callers_model_stays_in_training_without_an_encoder(monkeypatch):
    built = []
    encoder = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    build = lambda name, guidance: built.append(name) or encoder  # noqa: E731
    monkeypatch.setattr("mgfusion.models.mgfusion.build_encoder", build)
    model = MGFusion(MGFusionConfig(dim=8, embed_dim=3, adapter_dim=4)).train()
    fuser = Fuser(model, device="cpu")
    fuser(*pair())
    assert all(part.training for part in model.modules()) and model.encoder is None and built
    assert next(fuser.model.parameters()) is next(model.parameters())  # shared


def test_threads_share_a_fuser_and_one_encoder(monkeypatch):
    built, wait = [], threading.Barrier(8)

    def build(name, guidance):
        built.append(name)
        threading.Event().wait(0.05)  # long enough for the others to come in
        return torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())

    monkeypatch.setattr("mgfusion.models.mgfusion.build_encoder", build)
    torch.manual_seed(0)
    fuser = Fuser(MGFusion(MGFusionConfig(dim=8, embed_dim=3, adapter_dim=4)), device="cpu")
    pictures: list = [None] * 8

    def work(i):
        wait.wait()
        pictures[i] = fuser(*pair())

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1
    for picture in pictures:
        np.testing.assert_array_equal(picture, fuser(*pair()))


STATE = """
import logging, os, sys, warnings
import numpy as np, torch

def state():
    os.umask(mask := os.umask(0))
    tiny = (np.full(64, 1e-38, np.float32) * np.float32(1e-3)).sum()
    flushed = float((torch.full((64,), 1e-38) * 1e-3).sum()) == 0
    backend = sys.modules["matplotlib"].rcParams["backend"] if "matplotlib" in sys.modules else None
    return (mask, bool(tiny == 0), flushed, torch.get_rng_state().sum().item(), torch.get_num_threads(),
            list(warnings.filters), logging.getLogger().level, backend, np.random.get_state()[1].sum())

before = state()
import mgfusion
ir = np.zeros((32, 32), np.uint8)
mgfusion.Fuser("mgfusion-base", device="cpu")(ir, ir)
after = state()
changed = [pair for pair in zip(before, after) if pair[0] != pair[1]]
assert not changed, changed
"""


def test_a_process_stays_as_it_was():
    run = subprocess.run([sys.executable, "-c", STATE], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
