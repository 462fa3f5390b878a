"""Arrays of any depth to [0, 1] and back."""

from typing import TYPE_CHECKING, Any

import numpy as np

from mgfusion.errors import ImageError
from mgfusion.images.file_formats import Array, FloatArray

if TYPE_CHECKING:
    import numpy.typing as npt

FULL_SCALE = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0}


def native(array: Any) -> Array:
    """An array in the machine's byte order: readers of FITS and TIFF give big-endian ones (``>u2``)."""
    array = np.asarray(array)
    swapped: Array = array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
    return swapped


def to_unit(array: Array, name: str = "picture") -> FloatArray:
    """Scale uint8 and uint16 by their full range to float32 in [0, 1]; floats in [0, 1] stay as they are.

    Args:
        array: any shape, any byte order.
        name: what messages call it.

    Raises:
        ImageError: no pixels, another dtype (bool and signed ones too), or a float outside [0, 1].
    """
    array = native(array)
    if not array.size:
        raise ImageError(f"{name}: shape {array.shape} has no pixels")
    if array.dtype in FULL_SCALE:
        return array.astype(np.float32) / np.float32(FULL_SCALE[array.dtype])
    if array.dtype.kind != "f":
        raise ImageError(f"{name}: dtype {array.dtype}; give uint8, uint16 or float in [0, 1]")
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 1):
        raise ImageError(f"{name}: float values from {low:g} to {high:g}; scale them to [0, 1]")
    return array.astype(np.float32)


def from_unit(array: Array, dtype: "npt.DTypeLike") -> Array:
    """Clip [0, 1] floats and round them to uint8 or uint16 (nearest); for a float dtype clip only.

    Args:
        array: any shape.
        dtype: of the result, which has the machine's byte order whatever this one's.
    """
    dtype = np.dtype(dtype).newbyteorder("=")
    clipped: Array = np.clip(np.asarray(array), 0, 1)
    if dtype in FULL_SCALE:
        clipped = np.rint(clipped * FULL_SCALE[dtype])
    return clipped.astype(dtype)
