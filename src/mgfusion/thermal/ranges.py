"""What infrared files hold, brought to one grey plane in [0, 1]."""

from typing import Literal

import numpy as np

from mgfusion.errors import ImageError
from mgfusion.images.file_formats import Array, FloatArray
from mgfusion.images.unit_range import to_unit

IrRange = Literal["auto", "full"] | tuple[float, float]

# The share of pixels, in percent, that may be clipped at each end: dead pixels are fewer, people are more.
_CLIPPED = 0.1
# A flat scene is noise: fewer counts, or degrees in a float file, than this are not stretched to full
# contrast.
_LEAST_SPAN = {"u": 64.0, "f": 1.0}


def parse_ir_range(text: str) -> IrRange:
    """``auto``, ``full`` or ``LO,HI`` (two numbers in the file's own units) as an ``IrRange``.

    Raises:
        ImageError: anything else.
    """
    if text in ("auto", "full"):
        return "auto" if text == "auto" else "full"
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ImageError(f"infrared range {text!r}: give auto, full or LO,HI such as 7000,9000") from error
    if not low < high:
        raise ImageError(f"infrared range {text!r}: LO must be less than HI")
    return low, high


def infrared_to_unit(ir: Array, ir_range: IrRange = "auto", name: str = "ir") -> FloatArray:
    """An infrared picture of any depth, (H, W), to float32 in [0, 1].

    ``auto``: 8 bits and floats in [0, 1] as they are. A thermal camera fills little of 16 bits (14-bit counts
    from 7000 to 9000, say) and divided by 65535 would be black, so 16-bit counts and other floats (degrees)
    are stretched from the 0.1th to the 99.9th percentile, unless they already span half of 16 bits. That is
    decided for each picture: for a video or a series give a fixed ``(low, high)`` in the file's own units.
    ``full``: divided by the type's largest value.

    Raises:
        ImageError: a dtype other than uint8, uint16, float; ``full`` for floats outside [0, 1]; no finite
        value.
    """
    if ir.dtype not in (np.uint8, np.uint16) and ir.dtype.kind != "f":
        raise ImageError(f"{name}: dtype {ir.dtype}; give uint8, uint16 or float")
    if isinstance(ir_range, tuple):
        return _stretch(ir, *ir_range)
    if ir_range not in ("auto", "full"):
        raise ImageError(f"infrared range {ir_range!r}: give 'auto', 'full' or (low, high)")
    finite = np.isfinite(ir)
    if not finite.any():
        raise ImageError(f"{name}: holds no finite value; export it again")
    if ir_range == "full" or ir.dtype == np.uint8:
        return to_unit(ir, name)
    if ir.dtype.kind == "f" and finite.all() and ir.min() >= 0 and ir.max() <= 1:
        return to_unit(ir, name)
    low, high = np.percentile(ir[finite].astype(np.float64), (_CLIPPED, 100 - _CLIPPED))
    if ir.dtype == np.uint16 and high - low >= 65535 / 2:
        return to_unit(ir, name)
    missing = max(0.0, _LEAST_SPAN[ir.dtype.kind] - (high - low))
    return _stretch(ir, low - missing / 2, high + missing / 2)


def _stretch(ir: Array, low: float, high: float) -> FloatArray:
    unit = (np.nan_to_num(ir.astype(np.float64), nan=low, posinf=high, neginf=low) - low) / (high - low)
    return np.clip(unit, 0, 1).astype(np.float32)
