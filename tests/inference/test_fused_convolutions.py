"""A convolution and its activation in one operator compute what the two do, in either precision."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mgfusion.inference import fused_convolutions
from mgfusion.inference.fused_convolutions import LeakyConvolution, activations_in_convolutions, strided


def convolution(dim_in=5, dim_out=7, stride=1, **settings):
    torch.manual_seed(0)
    return nn.Conv2d(dim_in, dim_out, 3, stride, padding=1, **settings).requires_grad_(False)


@pytest.fixture(params=[True, False], ids=["one operator", "two operators"])
def operator(request, monkeypatch):
    if not request.param:
        monkeypatch.setattr(fused_convolutions, "_FUSED", None)


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("bias", [True, False])
def test_it_computes_a_convolution_and_its_activation(stride, bias):
    conv, x = convolution(stride=stride, bias=bias), torch.randn(2, 5, 11, 14)
    wanted = F.leaky_relu(conv(x), 0.2)
    with torch.inference_mode():
        torch.testing.assert_close(LeakyConvolution(conv, 0.2)(x), wanted, atol=1e-5, rtol=1e-5)


@pytest.mark.usefixtures("operator")
def test_under_autocast_it_computes_in_16_bits():
    conv, x = convolution(), torch.randn(2, 5, 11, 14)
    layer = LeakyConvolution(conv, 0.2)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        got = layer(x)
        assert torch.equal(got, layer(x))  # by the weights that are kept
    wanted = F.leaky_relu(conv(x), 0.2)
    assert got.dtype == torch.bfloat16 and not torch.equal(got.float(), wanted)
    torch.testing.assert_close(got.float(), wanted, atol=0.03, rtol=0.02)
    with torch.inference_mode():
        assert layer(x).dtype == torch.float32


@pytest.mark.parametrize("scale", [2, 4])
def test_a_convolution_with_a_stride_does_what_one_over_unshuffled_pixels_does(scale):
    conv, x = convolution(scale**2), torch.rand(2, 1, 6 * scale, 5 * scale)
    torch.testing.assert_close(strided(conv, scale)(x), conv(F.pixel_unshuffle(x, scale)))


def test_only_a_plain_convolution_with_its_activation_is_replaced():
    def pair(**settings):
        return nn.Sequential(convolution(8, 8, **settings), nn.Identity(), nn.LeakyReLU(0.3))

    network = nn.ModuleDict(
        {
            "plain": pair(),
            "groups": pair(groups=2),
            "mirrored": pair(padding_mode="reflect"),
            "three": nn.Sequential(convolution(8, 8), nn.LeakyReLU(0.3), convolution(8, 8)),
        }
    )
    activations_in_convolutions(network)
    assert [type(part) for part in network.values()] == [LeakyConvolution, *[nn.Sequential] * 3]
    assert network["plain"].slope == 0.3
