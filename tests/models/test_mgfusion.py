"""The whole network: sizes, ranges, switches, gradients."""

import pytest
import torch

from mgfusion.models import MGFusion, MGFusionConfig

SMALL = {"dim": 8, "embed_dim": 12, "adapter_dim": 4}


def embeddings(batch: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(batch, 12), torch.randn(batch, 12)


def build(**settings) -> MGFusion:
    """Random weights in the last layer too, which starts at zero."""
    torch.manual_seed(0)
    model = MGFusion(MGFusionConfig(**SMALL, **settings)).eval()
    torch.nn.init.normal_(model.reconstruct.weight, std=0.1)
    return model


@pytest.mark.parametrize("network", ["restormer", "pyramid"])
@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize("size", [(16, 16), (17, 23), (1, 5), (16, 200)])
def test_any_size_in_same_size_out_within_range(network, scale, size):
    model = build(network=network, scale=scale)
    with torch.no_grad():
        fused = model(torch.rand(2, 1, *size), torch.rand(2, 3, *size), embeddings(2))
    assert fused.shape == (2, 1, *size)
    assert fused.min() >= 0 and fused.max() <= 1


def test_grey_visible_equals_the_same_grey_in_three_channels():
    model = build()
    ir, vis, e = torch.rand(1, 1, 20, 20), torch.rand(1, 1, 20, 20), embeddings()
    torch.testing.assert_close(model(ir, vis, e), model(ir, vis.expand(-1, 3, -1, -1), e))


@pytest.mark.parametrize("field", ["vis_channels", "fused_dim", "start", "network"])
def test_each_open_choice_changes_the_network(field):
    other = {"vis_channels": 3, "fused_dim": "C", "start": "nothing", "network": "pyramid"}[field]
    model = build(**{field: other})
    ir, vis, e = torch.rand(1, 1, 20, 20), torch.rand(1, 3, 20, 20), embeddings()
    fused = model(ir, vis, e)
    assert fused.shape == ir.shape
    assert (fused - build()(ir, vis, e)).abs().max() > 1e-4


def test_without_cii_and_cff_no_encoder_is_touched():
    model = build(cii=False, cff=False, encoder="does not exist")
    assert model.embed(torch.rand(1, 1, 8, 8), torch.rand(1, 3, 8, 8)) is None
    model(torch.rand(1, 1, 8, 8), torch.rand(1, 3, 8, 8))
    assert not any(key.startswith(("cii", "cff")) for key in model.state_dict())


@pytest.mark.parametrize("switches", [{"cii": False}, {"cff": False}, {}, {"network": "pyramid"}])
def test_guidance_reaches_the_output_and_every_parameter_learns(switches):
    model = build(**switches).train()
    ir, vis = torch.rand(2, 1, 16, 16), torch.rand(2, 1, 16, 16)
    first, second = model(ir, vis, embeddings(2)), model(ir, vis, embeddings(2))
    assert (first - second).abs().max() > 1e-6
    first.square().mean().backward()
    silent = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


@pytest.mark.parametrize("network", ["restormer", "pyramid"])
def test_the_maximum_is_the_starting_point(network):
    model = MGFusion(MGFusionConfig(**SMALL, network=network)).eval()
    ir, vis = torch.rand(1, 1, 16, 16), torch.rand(1, 1, 16, 16)
    torch.testing.assert_close(model(ir, vis, embeddings()), torch.maximum(ir, vis))


def test_mean_embeddings_are_taken_away():
    model = build()
    ir, vis, (e_ir, e_vis) = torch.rand(1, 1, 16, 16), torch.rand(1, 1, 16, 16), embeddings()
    before = model(ir, vis, (e_ir, e_vis))
    model.ir_mean += 3
    model.vis_mean -= 2
    torch.testing.assert_close(model(ir, vis, (e_ir + 3, e_vis - 2)), before, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"dim": 9}, "dim must be a multiple of num_heads (2), got 9"),
        ({"scale": 3}, "scale must be one of (1, 2, 4), got 3"),
        (
            {"network": "pyramid", "fused_dim": "C"},
            "fused_dim must be '2C' where network is 'pyramid', got 'C'",
        ),
        ({"guidance": "none"}, "guidance must be one of ('vector', 'map'), got 'none'"),
        ({"network": "linear"}, "cii must be False where network is 'linear', got True"),
        (
            {"network": "linear", "cii": False, "cff": False},
            "scale must be 4 where network is 'linear', got 1",
        ),
        ({"dim": 0}, "dim must be a whole number of at least 1, got 0"),
    ],
)
def test_a_wrong_configuration_says_what_would_work(settings, words):
    with pytest.raises(ValueError) as error:
        MGFusionConfig(**settings)
    assert str(error.value) == words
