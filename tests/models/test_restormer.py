"""The blocks against their equations, written out naively."""

import torch
from torch.nn import functional as F

from mgfusion.models.restormer import GDFN, MDTA, ChannelLayerNorm, RestormerBlock


def test_mdta_is_attention_across_channels():
    torch.manual_seed(0)
    block = MDTA(dim=8, num_heads=2)
    block.temperature.data.uniform_(0.5, 2.0)
    x = torch.randn(2, 8, 5, 7)
    q, k, v = block.qkv_depthwise(block.qkv(x)).chunk(3, dim=1)
    heads = []
    for head in range(2):
        part = slice(4 * head, 4 * head + 4)
        qh, kh, vh = (t[:, part].flatten(2) for t in (q, k, v))
        qh, kh = qh / qh.norm(dim=-1, keepdim=True), kh / kh.norm(dim=-1, keepdim=True)
        scores = torch.einsum("bip,bjp->bij", qh, kh) * block.temperature[head]
        heads.append(torch.einsum("bij,bjp->bip", scores.softmax(-1), vh))
    expected = block.project(torch.cat(heads, dim=1).reshape(2, 8, 5, 7))
    torch.testing.assert_close(block(x), expected)


def test_gdfn_gates_one_half_with_the_other():
    torch.manual_seed(0)
    block = GDFN(dim=6, expansion=2.0)
    x = torch.randn(1, 6, 4, 4)
    hidden = block.depthwise(block.expand(x))
    assert hidden.shape[1] == 2 * 12
    torch.testing.assert_close(block(x), block.project(F.gelu(hidden[:, :12]) * hidden[:, 12:]))


def test_layer_norm_works_over_channels_alone():
    x = torch.randn(2, 16, 3, 5) * 4 + 7
    y = ChannelLayerNorm(16)(x)
    torch.testing.assert_close(y.mean(1), torch.zeros(2, 3, 5), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.var(1, unbiased=False), torch.ones(2, 3, 5), atol=1e-3, rtol=0)


def test_block_is_residual():
    block = RestormerBlock(8, 2, 2.0)
    torch.nn.init.zeros_(block.attention.project.weight)
    torch.nn.init.zeros_(block.ffn.project.weight)
    x = torch.randn(1, 8, 6, 6)
    torch.testing.assert_close(block(x), x)
