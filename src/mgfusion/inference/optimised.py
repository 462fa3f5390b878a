"""A copy of a model that computes the same picture sooner, on a CPU.

What it saves was found with a profiler: passes over memory, not multiplications. Every part works on pixels
as rows of channels, which is what channels-last memory holds, so that no reshape copies.
"""

import copy
from typing import TypeGuard

import torch
from torch import Tensor, channels_last, nn
from torch.nn import functional as F

from mgfusion.inference.fused_convolutions import activations_in_convolutions, strided
from mgfusion.inference.local_linear_slices import EnlargeBySlices, MomentsBySlices
from mgfusion.models.folding import fold_batch_norms
from mgfusion.models.mgfusion import MGFusion
from mgfusion.models.pyramid import Beside, RepConv
from mgfusion.models.restormer import GDFN, MDTA


class _Pointwise(nn.Module):
    """A 1x1 convolution as a matrix product; on one thread PyTorch takes its slowest convolution for it."""

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.detach().flatten(1).clone(), requires_grad=False)
        self.bias = None if bias is None else nn.Parameter(bias.detach().clone(), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x.permute(0, 2, 3, 1), self.weight, self.bias).permute(0, 3, 1, 2)


class _Attention(nn.Module):
    """:class:`MDTA` with the norms of q and k divided out of their products instead of out of every pixel,
    and the last 1x1 convolution multiplied into the attention.
    """

    def __init__(self, block: MDTA) -> None:
        super().__init__()
        self.heads, self.temperature = block.num_heads, block.temperature
        self.qkv, self.depthwise = _Pointwise(block.qkv.weight), block.qkv_depthwise
        self.project = nn.Parameter(block.project.weight.detach().flatten(1).clone(), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        rows = self.depthwise(self.qkv(x)).permute(0, 2, 3, 1).reshape(b, h * w, 3 * c)
        # As F.normalize; PyTorch's vector_norm takes several times as long in this direction.
        length = rows[..., : 2 * c].square().sum(dim=1).sqrt().clamp_min(1e-12)
        size = c // self.heads
        parts = []
        for i in range(self.heads):
            q, k = slice(i * size, (i + 1) * size), slice(c + i * size, c + (i + 1) * size)
            products = rows[..., q].transpose(1, 2) @ rows[..., k]  # (B, size, size)
            cosine = products / (length[:, q, None] * length[:, None, k])
            attention = (cosine * self.temperature[i]).softmax(dim=-1)
            parts.append(self.project[:, q] @ attention)
        out: Tensor = rows[..., 2 * c :] @ torch.cat(parts, dim=2).transpose(1, 2)
        return out.reshape(b, h, w, c).permute(0, 3, 1, 2)


class _FeedForward(nn.Module):
    """:class:`GDFN` with gate and value apart from the start, each contiguous."""

    def __init__(self, block: GDFN) -> None:
        super().__init__()
        self.expand = nn.ModuleList(_Pointwise(half) for half in block.expand.weight.chunk(2))
        self.depthwise = nn.ModuleList(_depthwise(half) for half in block.depthwise.weight.chunk(2))
        self.project = _Pointwise(block.project.weight)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = (
            depthwise(expand(x)) for expand, depthwise in zip(self.expand, self.depthwise, strict=True)
        )
        out: Tensor = self.project(F.gelu(gate).mul_(value))
        return out


def _depthwise(weight: Tensor) -> nn.Conv2d:
    channels = len(weight)
    convolution = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
    convolution.weight = nn.Parameter(weight.detach().clone(), requires_grad=False)
    return convolution


class _Shuffle(nn.Module):
    """Pixel shuffle to one channel, of channels-last memory: PyTorch's own takes several times as long."""

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        (b, _, h, w), s = x.shape, self.scale
        rows = x.permute(0, 2, 3, 1).contiguous()
        unit = _UNITS.get(s * rows.element_size())  # a block's row is moved as one number
        whole = (rows if unit is None else rows.view(unit)).reshape(b, h, w, s, -1).transpose(2, 3)
        # The sum with a float32 picture and tanh are several times slower in 16 bits.
        return whole.contiguous().view(rows.dtype).reshape(b, 1, h * s, w * s).float()


_UNITS = {4: torch.int32, 8: torch.int64, 16: torch.complex128}
"""Types by their size in bytes."""


class _Beside(nn.Module):
    """What :class:`~mgfusion.models.pyramid.Beside` does, in half the time where memory is channels-last."""

    def forward(self, *parts: Tensor) -> Tensor:
        return torch.cat([part.permute(0, 2, 3, 1) for part in parts], dim=3).permute(0, 3, 1, 2)


@torch.random.fork_rng(devices=[])  # new layers draw random numbers, not the caller's
def prepared(model: MGFusion) -> MGFusion:
    """A copy for fusing alone: batch norm folded into the convolutions, branches added up, 1x1 convolutions
    as matrix products, attention and feed-forward parts with fewer passes over memory, channels-last. Results
    stay within rounding of the model's own. The frozen encoder is shared.

    Args:
        model: left as it is.
    """
    fast = _without_encoder(model)
    fold_batch_norms(fast)
    for part in list(fast.modules()):
        for name, child in part.named_children():
            if isinstance(child, MDTA):
                setattr(part, name, _Attention(child))
            elif isinstance(child, GDFN):
                setattr(part, name, _FeedForward(child))
            elif isinstance(child, Beside):
                setattr(part, name, _Beside())
            elif _is_pointwise(child):
                setattr(part, name, _Pointwise(child.weight, child.bias))
    config = model.config
    if config.network == "linear":
        linear = fast.linear
        linear.statistics.moments = MomentsBySlices()  # type: ignore[assignment]
        linear.enlarge = EnlargeBySlices()  # type: ignore[assignment]
        linear.to(memory_format=channels_last)  # type: ignore[call-overload]
        fast.encoder = model.encoder
        return fast
    if config.scale > 1:
        fast.shuffle = _Shuffle(config.scale)  # type: ignore[assignment]
    fast.to(memory_format=channels_last)  # type: ignore[call-overload]
    if config.vis_channels == 1 and config.scale > 1:
        fast.unshuffle = nn.Identity()  # type: ignore[assignment]
        for branch in (fast.ire, fast.vie):
            first = branch[0]
            assert isinstance(first, nn.Sequential) and isinstance(first[0], nn.Conv2d)
            first[0] = strided(first[0], config.scale)
    activations_in_convolutions(fast)
    fast.encoder = model.encoder
    return fast


@torch.random.fork_rng(devices=[])  # new layers draw random numbers, not the caller's
def merged(model: MGFusion) -> MGFusion:
    """A copy for fusing alone whose convolutions have no branches (:class:`RepConv`); the encoder is shared.

    Args:
        model: left as it is.
    """
    copied = _without_encoder(model)
    copied.encoder = model.encoder
    return copied


def _without_encoder(model: MGFusion) -> MGFusion:
    """A copy with merged branches; the encoder, which is shared, is kept out of what is changed in it."""
    encoder, model.encoder = model.encoder, None
    try:
        copied = copy.deepcopy(model).eval().requires_grad_(False)
    finally:
        model.encoder = encoder
    for part in list(copied.modules()):
        for name, child in part.named_children():
            if isinstance(child, RepConv):
                setattr(part, name, child.merged())
    return copied


def _is_pointwise(part: nn.Module) -> TypeGuard[nn.Conv2d]:
    return isinstance(part, nn.Conv2d) and part.kernel_size == (1, 1) and part.groups == 1
