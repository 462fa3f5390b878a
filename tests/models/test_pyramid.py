"""The small model's convolutions: branches, and how far a pixel is seen."""

import pytest
import torch

from mgfusion.inference.tiling import OVERLAP
from mgfusion.models import MGFusion, MGFusionConfig
from mgfusion.models.pyramid import RepConv


@pytest.mark.parametrize(("dims", "stride"), [((5, 5), 1), ((5, 7), 1), ((5, 5), 2)])
def test_the_branches_add_up_to_one_convolution(dims, stride):
    torch.manual_seed(0)
    conv, x = RepConv(*dims, stride), torch.randn(2, dims[0], 9, 12)
    merged = conv.merged()
    assert [type(part).__name__ for part in merged] == ["Conv2d", "LeakyReLU"]
    torch.testing.assert_close(merged(x), conv(x), atol=1e-5, rtol=0)


def test_a_pixel_sees_less_far_than_tiles_overlap():
    """So a tile's middle is the untiled picture's; channel attention, in comparison, sees a whole tile."""
    torch.manual_seed(0)
    model = MGFusion(
        MGFusionConfig(network="pyramid", dim=6, num_blocks=0, scale=2, cii=False, cff=False)
    ).eval()
    torch.nn.init.normal_(model.reconstruct.weight, std=0.1)
    ir, vis = torch.rand(2, 1, 1, 240, 240)
    seen = 56
    with torch.no_grad():
        tile, whole = model(ir[..., 16:208, 32:224], vis[..., 16:208, 32:224]), model(ir, vis)
    inside = slice(seen, 192 - seen)
    expected = whole[..., 16:208, 32:224][..., inside, inside]
    torch.testing.assert_close(tile[..., inside, inside], expected, atol=1e-5, rtol=0)
    assert (tile - whole[..., 16:208, 32:224]).abs().max() > 1e-3
    assert seen < OVERLAP
