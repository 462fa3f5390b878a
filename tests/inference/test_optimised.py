"""The prepared copy computes the same picture, and leaves the model as it was."""

import copy

import pytest
import torch

from mgfusion.inference.fused_convolutions import LeakyConvolution
from mgfusion.inference.optimised import prepared
from mgfusion.models import MGFusion, MGFusionConfig


def trained_like(**settings):
    """A model whose every number, batch norm's statistics included, differs from its start."""
    torch.manual_seed(0)
    model = MGFusion(MGFusionConfig(dim=8, embed_dim=6, adapter_dim=4, **settings)).eval()
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            value += 0.2 * torch.rand_like(value) if "running" in name else 0.1 * torch.randn_like(value)
    return model


@pytest.mark.parametrize(
    "settings",
    [
        {"scale": 1},
        {"scale": 2, "fused_dim": "C"},
        {"scale": 4, "vis_channels": 3, "num_blocks": 2},
        {"network": "pyramid", "scale": 2},
        {"network": "pyramid", "scale": 4, "num_blocks": 0, "cii": False, "cff": False},
        {"network": "pyramid", "scale": 2, "vis_channels": 3},
        {"network": "linear", "scale": 4, "num_blocks": 0, "cii": False, "cff": False},
        {"network": "pyramid", "scale": 1, "num_blocks": 0, "cii": False, "cff": False},
    ],
)
def test_the_same_picture_comes_out_and_the_model_stays(settings):
    model = trained_like(**settings)
    before = copy.deepcopy(model.state_dict())
    fast = prepared(model)
    # Where a picture is filled up its variance is zero but for rounding, which random weights make visible.
    size = (48, 64) if settings.get("network") == "linear" else (37, 50)
    ir, vis = torch.rand(2, 1, *size), torch.rand(2, 3, *size)
    embeddings = torch.randn(2, 6), torch.randn(2, 6)
    with torch.inference_mode():
        torch.testing.assert_close(fast(ir, vis, embeddings), model(ir, vis, embeddings), atol=1e-4, rtol=0)
    kinds = {type(part) for part in fast.modules()}
    assert torch.nn.BatchNorm2d not in kinds
    assert (LeakyConvolution in kinds) == (settings.get("network") != "linear")
    after = model.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(before[key], after[key]) for key in before)


def test_the_frozen_encoder_is_shared():
    model = trained_like()
    model.encoder = torch.nn.Identity()
    assert prepared(model).encoder is model.encoder


def test_nothing_inside_the_shared_encoder_changes():
    model = trained_like()
    model.encoder = torch.nn.Sequential(torch.nn.Conv2d(3, 6, 1), torch.nn.BatchNorm2d(6))
    prepared(model)
    assert [type(part) for part in model.encoder] == [torch.nn.Conv2d, torch.nn.BatchNorm2d]
