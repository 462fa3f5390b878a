"""Arrays to tensors in [0, 1] and back, and the luminance that the network works on."""

from typing import TYPE_CHECKING

import numpy as np

from mgfusion.images.errors import ImageError
from mgfusion.images.files import Array

if TYPE_CHECKING:
    import numpy.typing as npt
    from torch import Tensor

    FloatArray = npt.NDArray[np.float32]

FULL_SCALE = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0}


def to_unit(array: Array, name: str = "picture") -> "FloatArray":
    """Scale uint8 and uint16 by their full range to float32 in [0, 1]; floats in [0, 1] stay as they are.

    Raises:
        ImageError: another dtype, or a float outside [0, 1].
    """
    array = np.asarray(array)
    if array.dtype in FULL_SCALE:
        return array.astype(np.float32) / np.float32(FULL_SCALE[array.dtype])
    if array.dtype.kind != "f":
        raise ImageError(f"{name}: dtype {array.dtype}; give uint8, uint16 or float in [0, 1]")
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 1):
        raise ImageError(f"{name}: float values from {low:g} to {high:g}; scale them to [0, 1]")
    return array.astype(np.float32)


def from_unit(array: Array, dtype: "npt.DTypeLike") -> Array:
    """Clip [0, 1] floats and round them to uint8 or uint16 (nearest); for a float dtype clip only."""
    dtype = np.dtype(dtype)
    clipped: Array = np.clip(np.asarray(array), 0, 1)
    if dtype in FULL_SCALE:
        clipped = np.rint(clipped * FULL_SCALE[dtype])
    return clipped.astype(dtype)


def to_tensor(array: Array, name: str = "picture") -> "Tensor":
    """(H, W), (H, W, 1) or (H, W, 3), uint8, uint16 or float in [0, 1] -> (1, 1|3, H, W) float32 in [0, 1].

    Raises:
        ImageError: another shape or dtype, or a float outside [0, 1].
    """
    import torch

    unit = to_unit(array, name)
    if unit.ndim == 2:
        unit = unit[..., None]
    if unit.ndim != 3 or unit.shape[2] not in (1, 3) or 0 in unit.shape:
        raise ImageError(f"{name}: shape {np.shape(array)}; give (H, W), (H, W, 1) or (H, W, 3)")
    return torch.from_numpy(np.ascontiguousarray(unit.transpose(2, 0, 1)))[None]


def from_tensor(tensor: "Tensor", dtype: "npt.DTypeLike" = np.uint8) -> Array:
    """(1, C, H, W) or (C, H, W), float -> (H, W) for C = 1, (H, W, 3) for C = 3; clipped and rounded.

    RGB is rounded to uint8 by :func:`rounded_rgb`.
    """
    picture = tensor.detach().cpu().float()
    if picture.shape[-3] == 3 and np.dtype(dtype) == np.uint8:
        picture = rounded_rgb(picture.reshape(1, *picture.shape[-3:])) / 255
    planes = picture.numpy()
    planes = planes[0] if planes.ndim == 4 else planes
    return from_unit(planes[0] if len(planes) == 1 else planes.transpose(1, 2, 0), dtype)


def luminance(picture: "Tensor") -> "Tensor":
    """(B, 1, H, W) as it is, (B, 3, H, W) RGB to its Y of full-range BT.601, (B, 1, H, W)."""
    if picture.shape[1] == 1:
        return picture
    return 0.299 * picture[:, 0:1] + 0.587 * picture[:, 1:2] + 0.114 * picture[:, 2:3]


def rounded_rgb(picture: "Tensor") -> "Tensor":
    """(B, 3, H, W) RGB in [0, 1] as whole levels, 0 to 255, that keep the exact luminance.

    Rounded for itself, each channel would move Y by up to half a level: enough to cost Q_AB/F 0.01 where the
    scene is dark. So what green's rounding misses goes into red, and what that misses into blue, which weigh
    least: red and blue move by less than two levels, Y by less than 0.06. Greys stay grey.
    """
    import torch

    levels = picture.clamp(0, 1) * 255
    red, green, blue = (levels[:, i : i + 1] for i in range(3))
    g = green.round()
    r = (red + 0.587 / 0.299 * (green - g)).round().clamp(0, 255)
    b = (blue + (0.587 * (green - g) + 0.299 * (red - r)) / 0.114).round().clamp(0, 255)
    grey = ((red - green).abs() < 0.01) & ((blue - green).abs() < 0.01)
    return torch.cat([torch.where(grey, g, r), g, torch.where(grey, g, b)], dim=1)


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
    green = (y - 0.299 * red - 0.114 * blue) / 0.587
    return torch.cat([red, green, blue], dim=1)


def replace_luminance(rgb: "Tensor", y: "Tensor") -> "Tensor":
    """``rgb`` (B, 3, H, W) with its Y replaced by ``y`` (B, 1, H, W), both in [0, 1]; Cb and Cr kept.

    Where a channel would leave [0, 1], the pixel's Cb and Cr shrink towards grey just enough. Clipping the
    channels instead would change the hue and take away part of the fused luminance: a white-hot person would
    turn yellow.
    """
    _, cbcr = rgb_to_ycbcr(rgb)
    y = y.clamp(0, 1)
    chroma = ycbcr_to_rgb(y, cbcr) - y
    room = (chroma > 0) * (1 - y) + (chroma <= 0) * y
    keep = (room / chroma.abs().clamp_min(1e-6)).amin(dim=1, keepdim=True).clamp(max=1)
    return (y + keep * chroma).clamp(0, 1)
