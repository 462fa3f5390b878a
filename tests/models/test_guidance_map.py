"""Guidance by a map: where it lies under features, and that the network uses the place."""

from itertools import product

import pytest
import torch
from torch.nn import functional as F

from mgfusion.errors import EncoderError
from mgfusion.models import MGFusion, MGFusionConfig, SemanticEncoder
from mgfusion.models.guidance_map import Underlay, beside_features

WHOLE = (0.0, 1.0, 0.0, 1.0)


def resized(said, size, place=WHOLE):
    features = torch.zeros(len(said), said.shape[-1], *size)
    return beside_features(said, Underlay()(place, features, said.shape[1:3]))


@pytest.mark.parametrize("size", [(9, 9), (40, 23), (3, 100)])
def test_a_whole_map_is_resized_as_pytorch_does(size):
    said = torch.rand(2, 9, 7, 5)
    expected = F.interpolate(said.permute(0, 3, 1, 2), size, mode="bilinear", align_corners=False)
    found = resized(said, size)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_a_part_of_a_map_is_cut_from_the_whole_flipped_where_its_edges_are_exchanged():
    said = torch.rand(2, 9, 9, 5)
    whole = resized(said, (60, 80))[..., 10:40, 20:70]
    top, bottom, left, right = 10 / 60, 40 / 60, 20 / 80, 70 / 80
    torch.testing.assert_close(resized(said, (30, 50), (top, bottom, left, right)), whole)
    torch.testing.assert_close(resized(said, (30, 50), (bottom, top, left, right)), whole.flip(-2))
    torch.testing.assert_close(resized(said, (30, 50), (top, bottom, right, left)), whole.flip(-1))
    edges = [
        torch.tensor([[a], [b]]) for a, b in zip((0, 0.5, 0, 0.5), (top, bottom, left, right), strict=True)
    ]
    of_batch = resized(said, (30, 50), edges)
    torch.testing.assert_close(of_batch[1], whole[1])
    torch.testing.assert_close(of_batch[0], resized(said, (60, 100))[0, :, :30, :50])


def map_model(**settings) -> MGFusion:
    torch.manual_seed(0)
    config = MGFusionConfig(dim=8, embed_dim=12, adapter_dim=4, guidance="map", **settings)
    model = MGFusion(config).eval()
    torch.nn.init.normal_(model.reconstruct.weight, std=0.1)
    return model


@pytest.mark.parametrize("switches", [{"cii": False}, {"cff": False}, {}])
def test_equal_places_are_a_vector(switches):
    """Eq. 1 to 5 are the same; only that they hold place by place is new."""
    model = map_model(**switches)
    vector = MGFusion(MGFusionConfig(dim=8, embed_dim=12, adapter_dim=4, **switches)).eval()
    vector.load_state_dict(model.state_dict())
    ir, vis, e_ir, e_vis = torch.rand(2, 1, 21, 30), torch.rand(2, 3, 21, 30), *torch.randn(2, 2, 12)
    maps = [e[:, None, None].expand(-1, 5, 4, -1) for e in (e_ir, e_vis)]
    torch.testing.assert_close(model(ir, vis, maps), vector(ir, vis, (e_ir, e_vis)), atol=1e-5, rtol=0)


@pytest.mark.parametrize("network", ["restormer", "pyramid"])
def test_what_is_said_of_a_place_stays_there_and_every_parameter_learns(network):
    model = map_model(network=network, num_blocks=0)
    ir, vis, maps = torch.rand(1, 1, 60, 90), torch.rand(1, 1, 60, 90), torch.randn(2, 1, 9, 9, 12)
    fused = model(ir, vis, (maps[0], maps[1]))
    other = maps.clone()
    other[:, :, 2, 7] += 3  # rows 13 to 20 and columns 70 to 80, and as far again where it fades
    change = (model(ir, vis, (other[0], other[1])) - fused).abs()[0, 0]
    assert change[12:20, 68:82].mean() > 1e-4
    assert change[:, :30].max() < 1e-6 and change[50:].max() < 1e-6
    fused.square().mean().backward()
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize(("network", "scale"), product(["restormer", "pyramid"], [1, 2]))
def test_a_picture_that_is_filled_up_keeps_its_places(network, scale):
    """59 x 41 becomes 60 x 44 at most; a map stretched to that would be off by a twentieth at the far end."""
    model = map_model(network=network, scale=scale, num_blocks=0)
    ir, vis, maps = torch.rand(1, 1, 59, 41), torch.rand(1, 1, 59, 41), torch.randn(2, 1, 9, 9, 12)
    filled = [F.pad(x, (0, -41 % 8, 0, -59 % 8), mode="replicate") for x in (ir, vis)]
    expected = model(*filled, (maps[0], maps[1]), (0.0, 64 / 59, 0.0, 48 / 41))[..., :59, :41]
    found = model(ir, vis, (maps[0], maps[1]))
    difference = (found - expected).abs()[..., :40, :24]  # further on the pyramid sees what was filled in
    assert difference.max() < 1e-5


def test_an_encoder_of_the_other_kind_is_refused():
    pooled = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    encoder = SemanticEncoder(pooled, size=8, mean=(0.5,) * 3, std=(0.5,) * 3, resample="bilinear")
    model = MGFusion(MGFusionConfig(dim=8, embed_dim=3, guidance="map"), encoder)
    with pytest.raises(EncoderError, match=r"gives \(2, 3\); guidance by a map needs \(B, h, w, E\)"):
        model.embed(torch.rand(1, 1, 16, 16), torch.rand(1, 1, 16, 16))
