"""Luminance and colour in arrays and tensors: the one home of full-range BT.601."""

from typing import TYPE_CHECKING

import numpy as np

from mgfusion.errors import ImageError
from mgfusion.images.file_formats import Array, FloatArray
from mgfusion.images.unit_range import from_unit, native, to_unit

if TYPE_CHECKING:
    from torch import Tensor

LUMA = (299, 587, 114)
"""Thousandths of red, green and blue: ITU-R BT.601, the Y of the field's YCbCr."""
RED, GREEN, BLUE = (share / 1000 for share in LUMA)
_WEIGHTS = np.array([RED, GREEN, BLUE])


def luminance(picture: "Tensor") -> "Tensor":
    """(B, 1, H, W) as it is, (B, 3, H, W) RGB to its Y of full-range BT.601, (B, 1, H, W)."""
    if picture.shape[1] == 1:
        return picture
    return RED * picture[:, 0:1] + GREEN * picture[:, 1:2] + BLUE * picture[:, 2:3]


def rounded_rgb(picture: "Tensor") -> "Tensor":
    """(B, 3, H, W) RGB in [0, 1] as whole levels, 0 to 255, that keep the exact luminance.

    Rounded for itself, each channel would move Y by up to half a level: enough to cost Q_AB/F 0.01 where the
    scene is dark. So what green's rounding misses goes into red, and what that misses into blue, which weigh
    least: red and blue move by less than two levels, Y by less than 0.06. Greys stay grey.
    """
    return rounded_levels(picture.clamp(0, 1) * 255)


def rounded_levels(levels: "Tensor") -> "Tensor":
    """:func:`rounded_rgb` of (B, 3, H, W) in [0, 255]."""
    import torch

    red, green, blue = (levels[:, i : i + 1] for i in range(3))
    g = green.round()
    missed = green - g
    r = torch.add(red, missed, alpha=GREEN / RED).round_().clamp_(0, 255)
    missed_too = (red - r).mul_(RED / BLUE).add_(missed, alpha=GREEN / BLUE)
    b = missed_too.add_(blue).round_().clamp_(0, 255)
    grey = torch.maximum((red - green).abs_(), (blue - green).abs_()) < 0.01
    if grey.any():
        r, b = torch.where(grey, g, r), torch.where(grey, g, b)
    return torch.cat([r, g, b], dim=1)


def rgb_to_ycbcr(rgb: "Tensor") -> "tuple[Tensor, Tensor]":
    """(B, 3, H, W) RGB in [0, 1] -> y (B, 1, H, W), cbcr (B, 2, H, W): full-range BT.601, grey at 0.5."""
    import torch

    y = luminance(rgb)
    cb = (rgb[:, 2:3] - y) / 1.772 + 0.5
    cr = (rgb[:, 0:1] - y) / 1.402 + 0.5
    return y, torch.cat([cb, cr], dim=1)


def ycbcr_to_rgb(y: "Tensor", cbcr: "Tensor") -> "Tensor":
    """Inverse of ``rgb_to_ycbcr``, not clipped: (B, 1, H, W) and (B, 2, H, W) -> (B, 3, H, W)."""
    import torch

    red = y + 1.402 * (cbcr[:, 1:2] - 0.5)
    blue = y + 1.772 * (cbcr[:, 0:1] - 0.5)
    green = (y - RED * red - BLUE * blue) / GREEN
    return torch.cat([red, green, blue], dim=1)


def replace_luminance(rgb: "Tensor", y: "Tensor", white: float = 1.0) -> "Tensor":
    """``rgb`` (B, 3, H, W) with its Y replaced by ``y`` (B, 1, H, W), both in [0, white]; Cb and Cr kept.

    Where a channel would leave [0, white], Cb and Cr shrink, see :func:`within_range`.
    """
    return within_range(y.clamp(0, white), rgb - luminance(rgb), white)  # Cb and Cr hang on differences alone


def within_range(y: "Tensor", above: "Tensor", white: float = 1.0) -> "Tensor":
    """RGB of a luminance, (B, 1, H, W), and what each channel is above it, (B, 3, H, W), which is changed.

    Where a channel would leave [0, white], chroma shrinks towards grey just enough. Clipping the channels
    instead would change the hue and take away part of the luminance: a white-hot person would turn yellow.
    """
    import torch

    red, green, blue = (above[:, i : i + 1] for i in range(3))
    up = torch.maximum(torch.maximum(red, green), blue).clamp_min_(1e-6 * white)
    down = torch.minimum(torch.minimum(red, green), blue).neg_().clamp_min_(1e-6 * white)
    keep = torch.minimum((white - y).div_(up), y / down).clamp_(max=1)
    return above.mul_(keep).add_(y).clamp_(0, white)


def is_grey(array: Array) -> bool:
    """Whether (H, W) or (H, W, C) shows no colour: 999 in 1000 pixels differ by at most 2 %."""
    if array.ndim == 2 or array.shape[2] == 1:
        return True
    scale = np.iinfo(array.dtype).max if array.dtype.kind == "u" else 1.0
    spread = array.max(axis=2).astype(np.float64) - array.min(axis=2)
    return bool((spread > 0.02 * scale).mean() <= 0.001)


def to_grey(array: Array, name: str = "picture") -> Array:
    """(H, W), (H, W, 1) or (H, W, 3) RGB to (H, W) of the same dtype: BT.601, rounded for whole numbers.

    Args:
        array: uint8, uint16 or float.
        name: what messages call it.

    Raises:
        ImageError: another shape, or dtype where there is colour.
    """
    array = native(array)
    if array.ndim == 2:
        return array
    if array.ndim != 3 or array.shape[2] not in (1, 3):
        raise ImageError(f"{name}: shape {array.shape}; give (H, W), (H, W, 1) or (H, W, 3)")
    if array.shape[2] == 1:
        return array[..., 0]
    if array.dtype.kind == "f":
        weighted: Array = array @ _WEIGHTS
        return weighted.astype(array.dtype)
    return from_unit(unit_luminance(array, name), array.dtype)


def unit_luminance(array: Array, name: str = "picture") -> FloatArray:
    """(H, W) or (H, W, 3) RGB of any depth to (H, W), float32 in [0, 1]; not rounded to levels.

    Raises:
        ImageError: as :func:`mgfusion.images.to_unit`.
    """
    unit = to_unit(array, name)
    return unit if unit.ndim == 2 else (unit @ _WEIGHTS.astype(np.float32)).astype(np.float32)
