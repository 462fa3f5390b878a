"""What infrared files hold, brought to one grey plane in [0, 1]."""

import math
import warnings
from typing import Literal, NoReturn

import numpy as np

from mgfusion.errors import ImageError, OptionError
from mgfusion.images import Array, FloatArray, is_grey, native, to_grey, to_unit

IrRange = Literal["auto", "full"] | tuple[float, float]

# The share of pixels, in percent, that may be clipped at each end: dead pixels are fewer, people are more.
_CLIPPED = 0.1
# A flat scene is noise: fewer counts, or degrees in a float file, than this are not stretched to full
# contrast.
_LEAST_SPAN = {"u": 64.0, "f": 1.0}
_NEARLY_ALL = 0.95  # the share of pixels clipped by a given range above which it can't be meant


def parse_ir_range(text: str) -> IrRange:
    """``auto``, ``full`` or ``LO,HI`` (two numbers in the file's own units) as an ``IrRange``.

    Raises:
        OptionError: anything else.
    """
    if text in ("auto", "full"):
        return "auto" if text == "auto" else "full"
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError as error:
        raise OptionError(f"infrared range {text!r}: give auto, full or LO,HI such as 7000,9000") from error
    return _checked(low, high)


def infrared_to_unit(ir: Array, ir_range: IrRange = "auto", name: str = "ir") -> FloatArray:
    """An infrared picture of any depth as one plane of float32 in [0, 1]: the one rule for it everywhere.

    ``auto``: 8 bits and floats in [0, 1] as they are. A thermal camera fills little of 16 bits (14-bit counts
    from 7000 to 9000, say) and divided by 65535 would be black, so 16-bit counts and other floats (degrees)
    are stretched from the 0.1th to the 99.9th percentile, unless they already span half of 16 bits. That is
    decided for each picture: for a video or a series give a fixed ``(low, high)`` in the file's own units.
    ``full``: divided by the type's largest value.

    Equal channels give that channel. False colour (an iron or rainbow palette) gives its luminance, with a
    warning, because in most palettes brightness does not follow the temperature. A fixed range that clips
    nearly the whole picture is warned of, too.

    Args:
        ir: (H, W), (H, W, 1) or (H, W, 3) RGB; uint8, uint16 or float, of any byte order. NaN counts as
            coldest.
        ir_range: see above.
        name: what messages call it.

    Returns:
        (H, W), float32 in [0, 1].

    Raises:
        ImageError: another shape or dtype; ``full`` for floats outside [0, 1]; no finite value.
        OptionError: a range that is none.
    """
    ir = native(ir)
    if ir.dtype not in (np.uint8, np.uint16) and ir.dtype.kind != "f":
        raise ImageError(f"{name}: dtype {ir.dtype}; give uint8, uint16 or float")
    warn_of_false_colour(ir, name)
    ir = to_grey(ir, name)
    finite = np.isfinite(ir)
    if not finite.any():
        raise ImageError(f"{name}: holds no finite value; export it again")
    if isinstance(ir_range, tuple | list):
        low, high = _checked(*ir_range) if len(ir_range) == 2 else _refuse(ir_range)
        _warn_of_clipping(ir[finite], low, high, name)
        return _stretch(ir, low, high)
    if ir_range not in ("auto", "full"):
        _refuse(ir_range)
    if ir_range == "full" or ir.dtype == np.uint8:
        return to_unit(ir, name)
    if ir.dtype.kind == "f" and finite.all() and ir.min() >= 0 and ir.max() <= 1:
        return to_unit(ir, name)
    low, high = _percentiles(ir[finite])
    if ir.dtype == np.uint16 and high - low >= 65535 / 2:
        return to_unit(ir, name)
    missing = max(0.0, _LEAST_SPAN[ir.dtype.kind] - (high - low))
    return _stretch(ir, low - missing / 2, high + missing / 2)


def warn_of_false_colour(ir: Array, name: str = "ir") -> None:
    """Warn where an infrared picture, (H, W) or (H, W, C), shows colour."""
    if ir.ndim == 3 and ir.shape[2] == 3 and not is_grey(ir):
        warnings.warn(
            f"{name}: infrared in colour; its luminance is used, which may not follow the temperature: "
            "export white-hot grey from the camera for a better result",
            stacklevel=3,
        )


def _checked(low: float, high: float) -> tuple[float, float]:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise OptionError(f"infrared range {low:g},{high:g}: give two numbers, LO less than HI")
    return low, high


def _refuse(ir_range: object) -> NoReturn:
    raise OptionError(f"infrared range {ir_range!r}: give 'auto', 'full' or (low, high)")


def _warn_of_clipping(values: Array, low: float, high: float, name: str) -> None:
    clipped = float(((values < low) | (values > high)).mean())
    if clipped > _NEARLY_ALL:
        first, last = _percentiles(values)
        warnings.warn(
            f"{name}: the infrared range {low:g},{high:g} clips {100 * clipped:.0f} % of the pixels; "
            f"they span {float(values.min()):g} to {float(values.max()):g}; give a range such as "
            f"{math.floor(first)},{math.ceil(last + 1e-9)}, or auto",
            stacklevel=3,
        )


def _percentiles(values: Array) -> tuple[float, float]:
    low, high = np.percentile(values.astype(np.float64), (_CLIPPED, 100 - _CLIPPED))
    return float(low), float(high)


def _stretch(ir: Array, low: float, high: float) -> FloatArray:
    unit = (np.nan_to_num(ir.astype(np.float64), nan=low, posinf=high, neginf=low) - low) / (high - low)
    return np.clip(unit, 0, 1).astype(np.float32)
