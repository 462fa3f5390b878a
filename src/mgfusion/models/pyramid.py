"""The blocks of the small models: plain convolutions at half, quarter and an eighth of the features' size."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class RepConv(nn.Module):
    """3x3 convolution with a 1x1 branch and, where sizes allow, a shortcut, then LeakyReLU.

    RepVGG (Ding et al., CVPR 2021, arXiv 2101.03697) without its batch norms: the branches help training and
    add up to one convolution, which :meth:`merged` gives. That runs near a CPU's peak, unlike attention.
    """

    def __init__(self, dim_in: int, dim_out: int, stride: int = 1, slope: float = 0.1) -> None:
        super().__init__()
        self.slope = slope
        self.square = nn.Conv2d(dim_in, dim_out, 3, stride, padding=1)
        self.point = nn.Conv2d(dim_in, dim_out, 1, stride, bias=False)
        self.shortcut = dim_in == dim_out and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        out = self.square(x) + self.point(x)
        return F.leaky_relu(out + x if self.shortcut else out, self.slope)

    @torch.no_grad()
    def merged(self) -> nn.Sequential:
        """One convolution and the activation, which compute the same."""
        square = self.square
        conv = nn.Conv2d(square.in_channels, square.out_channels, 3, square.stride[0], padding=1)
        weight = square.weight.detach().clone()
        weight[:, :, 1:2, 1:2] += self.point.weight
        if self.shortcut:
            weight[:, :, 1, 1] += torch.eye(len(weight), dtype=weight.dtype, device=weight.device)
        conv.weight, conv.bias = nn.Parameter(weight), square.bias
        return nn.Sequential(conv, nn.LeakyReLU(self.slope, inplace=True))


class Pyramid(nn.Module):
    """Decoder (B, 2C, h, w) -> (B, C, h, w), h and w multiples of 4.

    Which of two edges to keep depends on what lies around them. A level down costs a quarter, so most of the
    convolutions are there, and at the lowest level ``blocks``, which make that many channels' own blocks: the
    attention of the paper's decoder, over the whole picture, at a small part of its cost.
    """

    def __init__(self, dim: int, slope: float, blocks: Callable[[int], Sequence[nn.Module]]) -> None:
        super().__init__()
        # A CPU computes 16 channels at once.
        half, quarter = max(dim * 4 // 3 // 16 * 16, 16), 2 * dim

        def convs(*dims: int, stride: int = 1) -> nn.Sequential:
            first, *rest = pairwise(dims)
            return nn.Sequential(
                RepConv(*first, stride, slope), *(RepConv(*pair, slope=slope) for pair in rest)
            )

        self.down = convs(2 * dim, half, half, stride=2)
        self.bottom = nn.Sequential(
            *convs(half, quarter, quarter, stride=2), *blocks(quarter), *convs(quarter, quarter, half)
        )
        self.up = nn.Sequential(RepConv(2 * half, half, slope=slope), nn.Conv2d(half, dim, 1))
        self.top = RepConv(3 * dim, dim, slope=slope)
        self.beside = Beside()

    def forward(self, features: Tensor) -> Tensor:
        half = self.down(features)
        half = self.up(self.beside(half, doubled(self.bottom(half))))
        out: Tensor = self.top(self.beside(features, doubled(half)))
        return out


class Beside(nn.Module):
    """Channels of several features behind each other. No parameters."""

    def forward(self, *parts: Tensor) -> Tensor:
        return torch.cat(parts, dim=1)


def doubled(x: Tensor) -> Tensor:
    """Twice the height and width, each value four times."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")
