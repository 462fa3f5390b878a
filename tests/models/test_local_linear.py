"""The smallest network: what holds whatever it learnt, how far it sees, and in half precision."""

import onnxruntime
import pytest
import torch

from mgfusion.export import export_onnx
from mgfusion.inference.local_linear_slices import EnlargeBySlices, MomentsBySlices
from mgfusion.inference.tiling import OVERLAP
from mgfusion.models import MGFusion, MGFusionConfig, load_model
from mgfusion.models.local_linear import Enlarge, Moments

CONFIG = MGFusionConfig(network="linear", dim=8, num_blocks=0, scale=4, cii=False, cff=False)


def network(std=0.1):
    torch.manual_seed(0)
    model = MGFusion(CONFIG).eval()
    if std:
        torch.nn.init.normal_(model.linear.reconstruct.weight, std=std)
    return model


def test_untrained_two_equal_pictures_give_that_picture():
    picture = torch.rand(1, 1, 50, 70)
    with torch.inference_mode():
        torch.testing.assert_close(network(std=0)(picture, picture), picture, atol=1e-5, rtol=0)


def test_untrained_the_brighter_ground_and_the_detail_of_the_livelier_source_come_out():
    rough = 0.3 + 0.1 * (torch.arange(64) // 2 % 2).expand(1, 1, 64, 64)
    flat = torch.full_like(rough, 0.6)
    with torch.inference_mode():
        out = network(std=0)(rough, flat)
    torch.testing.assert_close(out, 0.25 + rough, atol=2e-3, rtol=0)


def test_what_is_flat_in_both_sources_is_flat_whatever_was_learnt():
    flat = torch.full((1, 1, 480, 480), 0.3), torch.full((1, 1, 480, 480), 0.5)
    with torch.inference_mode():
        inside = network()(*flat)[..., 120:-120, 120:-120]
    assert float(inside.max() - inside.min()) < 1e-5


@pytest.mark.parametrize("size", [(16, 16), (48, 160), (112, 64)])
def test_slices_compute_the_same_statistics_and_sizes(size):
    ir, vis = torch.rand(2, 1, *size), torch.rand(2, 1, *size)
    moments = Moments()(ir, vis)
    torch.testing.assert_close(MomentsBySlices()(ir, vis), moments, atol=1e-6, rtol=0)
    torch.testing.assert_close(EnlargeBySlices()(moments), Enlarge()(moments), atol=1e-6, rtol=0)


def test_a_pixel_sees_less_far_than_tiles_overlap():
    model = network()
    ir, vis = torch.rand(2, 1, 1, 480, 480)
    with torch.inference_mode():
        tile, whole = model(ir[..., 16:400, 16:400], vis[..., 16:400, 16:400]), model(ir, vis)
    inside = slice(OVERLAP, 384 - OVERLAP)
    torch.testing.assert_close(
        tile[..., inside, inside], whole[..., 16:400, 16:400][..., inside, inside], atol=1e-5, rtol=0
    )
    assert (tile - whole[..., 16:400, 16:400]).abs().max() > 1e-3


def test_faint_detail_survives_half_precision():
    """A step of two levels on a bright ground: its variance is below what bfloat16 can tell from zero."""
    model = load_model("mgfusion-nano")
    ir = 0.9 + 2 / 255 * (torch.arange(64) // 8 % 2).expand(1, 1, 64, 64)
    vis = torch.full_like(ir, 0.4)
    with torch.inference_mode():
        exact = model(ir, vis)
        with torch.autocast("cpu", torch.bfloat16):
            half = model(ir, vis)
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, exact, atol=1 / 255, rtol=0)


@pytest.mark.parametrize("half", [False, True])
def test_the_packaged_weights_are_exported(tmp_path, half):
    model = load_model("mgfusion-nano")
    file = export_onnx(model, tmp_path / "nano.onnx", half=half).path
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    for size in ((64, 80), (97, 131)):
        ir, vis = torch.rand(1, 1, *size), torch.rand(1, 3, *size)
        with torch.inference_mode():
            expected = model(ir, vis)
        (out,) = session.run(["fused"], {"ir": ir.numpy(), "vis": vis.numpy()})
        bound = 2 / 255 if half else 1e-4
        torch.testing.assert_close(torch.from_numpy(out), expected, atol=bound, rtol=0)
