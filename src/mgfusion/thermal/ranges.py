"""What infrared files hold, brought to one grey plane in [0, 1]."""

import math
import warnings
from typing import Literal, NoReturn, cast

import numpy as np

from mgfusion.errors import ImageError, OptionError
from mgfusion.images import Array, FloatArray, is_grey, native, to_grey, to_unit
from mgfusion.thermal.plateau import plateau_equalised

IrRange = Literal["auto", "full", "plateau"] | tuple[float, float]

# The share of pixels, in percent, that may be clipped at each end: dead pixels are fewer, people are more.
_CLIPPED = 0.1
# A flat scene is noise: fewer counts, or degrees in a float file, than this are not stretched to full
# contrast.
_LEAST_SPAN = {"u": 64.0, "f": 1.0}
_LEAST_LEVELS = {np.dtype(np.uint8): 4.0, np.dtype(np.uint16): 64.0}  # where equalised; else of [0, 1]: 1/64
_NEARLY_ALL = 0.95  # the share of pixels clipped by a given range above which it can't be meant


def parse_ir_range(text: str) -> IrRange:
    """``auto``, ``full``, ``plateau`` or ``LO,HI`` (two numbers in the file's own units) as an ``IrRange``.

    Raises:
        OptionError: anything else.
    """
    if text in ("auto", "full", "plateau"):
        return cast(IrRange, text)
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError as error:
        raise OptionError(
            f"infrared range {text!r}: give auto, full, plateau or LO,HI such as 7000,9000"
        ) from error
    return _checked(low, high)


def infrared_to_unit(
    ir: Array, ir_range: IrRange = "auto", name: str = "ir", *, invert: bool = False
) -> FloatArray:
    """An infrared picture of any depth as one plane of float32 in [0, 1]: the one rule for it everywhere.

    ``auto``: 8 bits and floats in [0, 1] as they are. A thermal camera fills little of 16 bits (14-bit counts
    from 7000 to 9000, say) and divided by 65535 would be black, so 16-bit counts and other floats (degrees)
    are stretched from the 0.1th to the 99.9th percentile, unless they already span half of 16 bits. That is
    decided for each picture: for a video or a series give a fixed ``(low, high)`` in the file's own units,
    such as :func:`mgfusion.thermal.series_range` finds.
    ``full``: divided by the type's largest value.
    ``plateau``: equalised between the same percentiles, see :mod:`mgfusion.thermal.plateau`.

    Equal channels give that channel. False colour (an iron or rainbow palette) is brought back to the order
    of temperatures, as 8 bits; a palette that is not known gives its luminance, with a warning, because in
    most palettes brightness does not follow the temperature. A fixed range that clips nearly the whole
    picture is warned of, and so are 8 bits that look black-hot.

    Args:
        ir: (H, W), (H, W, 1) or (H, W, 3) RGB; uint8, uint16 or float, of any byte order. NaN counts as
            coldest.
        ir_range: see above.
        name: what messages call it.
        invert: the picture is black-hot: turn it over.

    Returns:
        (H, W), float32 in [0, 1], white hot.

    Raises:
        ImageError: another shape or dtype; ``full`` for floats outside [0, 1]; no finite value.
        OptionError: a range that is none.
    """
    ir = native(ir)
    if ir.dtype not in (np.uint8, np.uint16) and ir.dtype.kind != "f":
        raise ImageError(f"{name}: dtype {ir.dtype}; give uint8, uint16 or float")
    grey = to_grey(without_false_colour(ir, name), name)
    if grey.dtype == np.uint8 and not invert and is_grey(ir):
        _warn_of_black_hot(grey, name)
    unit = _scaled(grey, ir_range, name)
    return 1 - unit if invert else unit


def automatic_range(ir: Array, name: str = "ir") -> tuple[float, float] | None:
    """The values, in the file's own unit, that ``auto`` makes black and white, or None.

    None is for pictures that stay as they are.

    Args:
        ir: as for :func:`infrared_to_unit`.
        name: what messages call it.

    Raises:
        ImageError: another shape, or no finite value.
    """
    if ir.dtype == np.uint8:
        return None
    ir = to_grey(ir, name)
    finite = np.isfinite(ir)
    if not finite.any():
        raise ImageError(f"{name}: holds no finite value; export it again")
    if ir.dtype.kind == "f" and finite.all() and ir.min() >= 0 and ir.max() <= 1:
        return None
    low, high = _percentiles(ir[finite])
    if ir.dtype == np.uint16 and high - low >= 65535 / 2:
        return None
    missing = max(0.0, _LEAST_SPAN[ir.dtype.kind] - (high - low))
    return low - missing / 2, high + missing / 2


def _scaled(ir: Array, ir_range: IrRange, name: str) -> FloatArray:
    if isinstance(ir_range, tuple | list):
        low, high = _checked(*ir_range) if len(ir_range) == 2 else _refuse(ir_range)
        values = ir[np.isfinite(ir)]
        if not values.size:
            raise ImageError(f"{name}: holds no finite value; export it again")
        _warn_of_clipping(values, low, high, name)
        return _stretch(ir, low, high)
    if ir_range not in ("auto", "full", "plateau"):
        _refuse(ir_range)
    found = automatic_range(ir, name)
    if ir_range == "plateau":
        low, high = _percentiles(ir[np.isfinite(ir)])
        return plateau_equalised(
            ir, low, high, _LEAST_SPAN[ir.dtype.kind] if found else _LEAST_LEVELS.get(ir.dtype, 1 / 64)
        )
    if ir_range == "full" or found is None:
        return to_unit(ir, name)
    return _stretch(ir, *found)


def without_false_colour(ir: Array, name: str = "ir") -> Array:
    """An infrared picture in false colour as (H, W) uint8 in the order of temperatures; any other as it is.

    Where the palette is none of :func:`mgfusion.thermal.palettes.palettes`, or can't be told from another, a
    warning says that colour is left.

    Args:
        ir: (H, W) or (H, W, C).
        name: what messages call it.
    """
    if ir.ndim != 3 or ir.shape[2] != 3 or is_grey(ir):
        return ir
    from mgfusion.thermal.false_colour import recognise_palette, temperature_order

    found = recognise_palette(ir)
    if found is None:
        warnings.warn(
            f"{name}: infrared in colour of an unknown palette; its luminance is used, which may not follow "
            "the temperature: export white-hot grey from the camera for a better result",
            stacklevel=3,
        )
        return ir
    if found == "opencv-rainbow":
        warnings.warn(
            f"{name}: infrared in OpenCV's rainbow palette, where red is cold; if red is hot here, invert it "
            "(--invert)",
            stacklevel=3,
        )
    return np.rint(255 * temperature_order(ir, found)).astype(np.uint8)


def _warn_of_black_hot(grey: Array, name: str) -> None:
    from mgfusion.thermal.polarity import looks_black_hot

    if looks_black_hot(grey):
        warnings.warn(
            f"{name}: looks black-hot (small things stand out dark); if hot is black in it, invert it "
            "(--invert)",
            stacklevel=4,
        )


def _checked(low: float, high: float) -> tuple[float, float]:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise OptionError(f"infrared range {low:g},{high:g}: give two numbers, LO less than HI")
    return low, high


def _refuse(ir_range: object) -> NoReturn:
    raise OptionError(f"infrared range {ir_range!r}: give 'auto', 'full', 'plateau' or (low, high)")


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
