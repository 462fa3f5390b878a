"""Convolutions with what follows them, or comes before them, in one pass over memory.

In 16 bits the activations of a small network take as long as its convolutions. oneDNN, which PyTorch computes
convolutions with on a CPU, applies them while results are still in registers. PyTorch's own compiler asks for
that through the operator that is called here; without it, or elsewhere, the two run one after the other.
"""

from typing import Any

import torch
from torch import Tensor, channels_last, nn
from torch.nn import functional as F

_HAS_ONEDNN: Any = torch.backends.mkldnn.is_available  # untyped
_FUSED: Any = getattr(torch.ops.mkldnn, "_convolution_pointwise", None) if _HAS_ONEDNN() else None


class LeakyConvolution(nn.Module):
    """A convolution and LeakyReLU.

    Under autocast it computes in what autocast asks for; weights of that type are kept.

    Args:
        conv: without groups or dilation.
        slope: of LeakyReLU.
    """

    def __init__(self, conv: nn.Conv2d, slope: float) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        self.stride, self.padding, self.slope = conv.stride, conv.padding, slope
        self._converted: dict[torch.dtype, tuple[Tensor, Tensor | None]] = {}

    def forward(self, x: Tensor) -> Tensor:
        kind = x.device.type
        dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else self.weight.dtype
        x = x.to(dtype, memory_format=channels_last)
        weight, bias = self._in(dtype)
        # A compiler joins the two by itself, and takes the layout of one channel for the other one.
        if kind == "cpu" and _is_fused(dtype) and not torch.compiler.is_compiling():
            made: Tensor = _FUSED(
                x, weight, bias, self.padding, self.stride, (1, 1), 1, "leaky_relu", [self.slope], ""
            )
            return made
        return F.leaky_relu_(F.conv2d(x, weight, bias, self.stride, self.padding), self.slope)

    def _in(self, dtype: torch.dtype) -> tuple[Tensor, Tensor | None]:
        if dtype == self.weight.dtype:
            return self.weight, self.bias
        if dtype not in self._converted:
            bias = None if self.bias is None else self.bias.to(dtype)
            self._converted[dtype] = self.weight.to(dtype), bias
        return self._converted[dtype]


def _is_fused(dtype: torch.dtype) -> bool:
    if _FUSED is None:
        return False
    in_16_bits = dtype == torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return bool(dtype == torch.float32 or in_16_bits)


def activations_in_convolutions(network: nn.Module) -> None:
    """Each sequence of one convolution and LeakyReLU becomes a :class:`LeakyConvolution`, in place.

    Args:
        network: for evaluation alone; on a CPU its features are channels-last from here on.
    """
    for part in list(network.modules()):
        for name, child in part.named_children():
            if isinstance(child, nn.Sequential):
                layers = [layer for layer in child if not isinstance(layer, nn.Identity)]
                match layers:
                    case [nn.Conv2d() as conv, nn.LeakyReLU() as activation] if _is_plain(conv):
                        setattr(part, name, LeakyConvolution(conv, activation.negative_slope))


def _is_plain(conv: nn.Conv2d) -> bool:
    return conv.groups == 1 and conv.dilation == (1, 1) and conv.padding_mode == "zeros"


def strided(conv: nn.Conv2d, scale: int) -> nn.Conv2d:
    """A 3x3 convolution over the unshuffled pixels of one channel, as one with a stride over the picture.

    Args:
        conv: of scale² channels.
        scale: of the pixel unshuffle.
    """
    made = nn.Conv2d(1, conv.out_channels, 3 * scale, scale, padding=scale)
    weight = conv.weight.detach().reshape(-1, scale, scale, 3, 3).permute(0, 3, 1, 4, 2)
    made.weight = nn.Parameter(weight.reshape(-1, 1, 3 * scale, 3 * scale).contiguous(), requires_grad=False)
    made.bias = conv.bias
    return made
