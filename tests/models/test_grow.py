"""Guidance added to a trained model: nothing changes at first, and all of it learns."""

from dataclasses import replace

import pytest
import torch

from mgfusion.models import MGFusion, MGFusionConfig, with_guidance

SMALL = MGFusionConfig(embed_dim=7, adapter_dim=5)


def unguided(network):
    torch.manual_seed(0)
    config = MGFusionConfig(
        network=network, dim=6, scale=2, cii=False, cff=False, num_blocks=int(network == "restormer")
    )
    model = MGFusion(config).eval()
    torch.nn.init.normal_(model.reconstruct.weight, std=0.1)
    return model


@pytest.mark.parametrize("network", ["pyramid", "restormer"])
@pytest.mark.parametrize("guidance", ["vector", "map"])
def test_the_picture_stays_and_every_added_part_learns(network, guidance):
    model = unguided(network)
    grown = with_guidance(model, replace(SMALL, guidance=guidance))
    assert grown.config.guidance == guidance
    ir, vis = torch.rand(2, 1, 1, 24, 32)
    places = (3, 3) if guidance == "map" else ()
    embeddings = torch.randn(1, *places, 7), torch.randn(1, *places, 7)
    before = model(ir, vis)
    torch.testing.assert_close(grown(ir, vis, embeddings), before, atol=1e-6, rtol=0)
    assert grown.config.guided and grown.config.num_blocks == 1 and not grown.training

    optimiser = torch.optim.SGD(grown.parameters(), lr=1.0)
    start = {name: p.detach().clone() for name, p in grown.named_parameters()}
    for _ in range(3):  # what lies behind a zero learns a step after it
        optimiser.zero_grad()
        (grown(ir, vis, embeddings) - 0.5).square().mean().backward()
        optimiser.step()
    added = start.keys() - dict(model.named_parameters()).keys()
    moved = {name for name, p in grown.named_parameters() if not torch.equal(p, start[name])}
    assert {name for name in added if name.split(".")[0] in ("cii_ir", "cii_vis", "cff")} <= moved
    assert any(".attention." in name for name in moved) and any(".ffn." in name for name in moved)


def test_a_guided_model_is_refused():
    with pytest.raises(ValueError, match="has guidance already"):
        with_guidance(MGFusion(MGFusionConfig(dim=6, embed_dim=7, adapter_dim=5)), SMALL)


def test_the_block_alone_is_what_guidance_is_compared_with():
    model = unguided("pyramid")
    grown = with_guidance(model, SMALL, without=("cii", "cff"))
    assert not grown.config.guided and grown.config.num_blocks == 1
    ir, vis = torch.rand(2, 1, 1, 24, 32)
    torch.testing.assert_close(grown(ir, vis), model(ir, vis), atol=1e-6, rtol=0)
    guided = with_guidance(model, SMALL)
    added = {name for name in guided.state_dict() if not name.startswith(("cii", "cff"))}
    assert set(grown.state_dict()) == added
