"""A copy of a model that computes the same picture sooner."""

import copy
from typing import TypeGuard

from torch import Tensor, channels_last, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from mgfusion.models.mgfusion import MGFusion


class _Pointwise(nn.Module):
    """A 1x1 convolution as a matrix product; on one thread PyTorch takes its slowest convolution for it."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.weight = nn.Parameter(convolution.weight[:, :, 0, 0].detach().clone(), requires_grad=False)
        self.bias = convolution.bias

    def forward(self, x: Tensor) -> Tensor:
        # In channels-last memory both permutes are views.
        return F.linear(x.permute(0, 2, 3, 1), self.weight, self.bias).permute(0, 3, 1, 2)


def prepared(model: MGFusion) -> MGFusion:
    """A copy for fusing alone: batch norm folded into the convolutions, 1x1 convolutions as matrix products,
    channels-last memory. Results stay within rounding of the model's own. The frozen encoder is shared.

    Args:
        model: left as it is.
    """
    encoder, model.encoder = model.encoder, None
    try:
        fast = copy.deepcopy(model).eval().requires_grad_(False)
    finally:
        model.encoder = encoder
    for part in list(fast.modules()):
        _fold(part)
    for part in list(fast.modules()):
        for name, child in part.named_children():
            if _is_pointwise(child):
                setattr(part, name, _Pointwise(child))
    fast.to(memory_format=channels_last)  # type: ignore[call-overload]
    fast.encoder = encoder
    return fast


def _fold(part: nn.Module) -> None:
    """Batch norm behind a convolution, in a sequence, becomes part of it."""
    if not isinstance(part, nn.Sequential):
        return
    for i in range(len(part) - 1):
        first, second = part[i], part[i + 1]
        if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
            part[i], part[i + 1] = fuse_conv_bn_eval(first, second), nn.Identity()


def _is_pointwise(part: nn.Module) -> TypeGuard[nn.Conv2d]:
    return isinstance(part, nn.Conv2d) and part.kernel_size == (1, 1) and part.groups == 1
