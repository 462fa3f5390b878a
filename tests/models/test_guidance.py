"""CII and CFF against equations 1 to 5."""

import torch
from scipy import ndimage

from mgfusion.models.guidance import CFF, CII


def test_cii_equations_1_and_2():
    torch.manual_seed(0)
    block = CII(dim=4, embed_dim=10, adapter_dim=6)
    block.w_i.data.uniform_()
    features, e_ir, e_vis = torch.randn(2, 4, 5, 6), torch.randn(2, 10), torch.randn(2, 10)
    semantic = block.adapter(e_ir * block.w_i + e_vis * (1 - block.w_i))
    expected = features.clone()
    weight = torch.sigmoid(block.sep(features))
    for b in range(2):
        for c in range(4):
            expected[b, c] += semantic[b, c] * weight[b, c]
    torch.testing.assert_close(block(features, e_ir, e_vis), expected)


def test_cii_weighs_both_modalities_evenly_at_first():
    block = CII(dim=4, embed_dim=10, adapter_dim=6)
    features, e_ir, e_vis = torch.randn(1, 4, 5, 5), torch.randn(1, 10), torch.randn(1, 10)
    torch.testing.assert_close(block(features, e_ir, e_vis), block(features, e_vis, e_ir))


def test_cff_equations_3_to_5():
    torch.manual_seed(0)
    block = CFF(dim=3, embed_dim=10, adapter_dim=6)
    ir, vis = torch.randn(1, 3, 7, 8), torch.randn(1, 3, 7, 8)
    e_ir, e_vis = torch.randn(1, 10), torch.randn(1, 10)
    fused = torch.cat([ir * block.ira(e_ir)[..., None, None], vis * block.via(e_vis)[..., None, None]], 1)
    gradient = torch.empty_like(fused)
    for c in range(6):
        plane = fused[0, c].detach().numpy()
        gx, gy = (ndimage.sobel(plane, axis=a, mode="nearest") / 4 for a in (1, 0))
        gradient[0, c] = torch.from_numpy(abs(gx) + abs(gy))
    expected = fused + torch.sigmoid(block.sawp(gradient)) * fused
    torch.testing.assert_close(block(ir, vis, e_ir, e_vis), expected, atol=1e-5, rtol=1e-5)
