"""Arrays to tensors in [0, 1] and back."""

from typing import TYPE_CHECKING

import numpy as np

from mgfusion.errors import ImageError
from mgfusion.images.colour import rounded_rgb
from mgfusion.images.file_formats import Array, FloatArray
from mgfusion.images.unit_range import from_unit, to_unit

if TYPE_CHECKING:
    import numpy.typing as npt
    from torch import Tensor


def to_tensor(array: Array, name: str = "picture") -> "Tensor":
    """(H, W), (H, W, 1) or (H, W, 3), uint8, uint16 or float in [0, 1] -> (1, 1|3, H, W) float32 in [0, 1].

    Raises:
        ImageError: another shape or dtype, or a float outside [0, 1].
    """
    import torch

    if isinstance(array, np.ndarray) and array.dtype == np.uint8 and array.shape[2:] == (3,) and array.size:
        return torch.from_numpy(_planes_of_eight_bits(array))[None]
    unit = to_unit(array, name)
    if unit.ndim == 2:
        unit = unit[..., None]
    if unit.ndim != 3 or unit.shape[2] not in (1, 3) or 0 in unit.shape:
        raise ImageError(f"{name}: shape {np.shape(array)}; give (H, W), (H, W, 1) or (H, W, 3)")
    return torch.from_numpy(np.ascontiguousarray(unit.transpose(2, 0, 1)))[None]


def _planes_of_eight_bits(array: Array) -> FloatArray:
    """(H, W, 3) uint8 to (3, H, W) in [0, 1] without a float picture in between."""
    import cv2

    planes = np.empty((3, *array.shape[:2]), np.float32)
    for plane, channel in zip(planes, cv2.split(array), strict=True):
        np.divide(channel, np.float32(255), out=plane, dtype=np.float32)
    return planes


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
