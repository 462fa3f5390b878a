"""Which numbers of an infrared file are temperatures."""

import numpy as np

from mgfusion.errors import ImageError, OptionError
from mgfusion.images import FloatArray
from mgfusion.thermal.planck_law import ZERO_CELSIUS
from mgfusion.thermal.thermal_files import Thermal

UNITS = {
    "celsius": (1.0, 0.0),
    "kelvin": (1.0, -ZERO_CELSIUS),
    "decikelvin": (0.1, -ZERO_CELSIUS),
    "centikelvin": (0.01, -ZERO_CELSIUS),
}
"""Units of a file's numbers: degrees Celsius are the first times the number, plus the second."""
# What is in pictures of scenes, and can't be taken for each other; furnaces need the unit said.
_CELSIUS, _KELVIN = (-90.0, 150.0), (180.0, 425.0)


def check_unit(unit: str | None) -> str | None:
    """The unit as it is.

    Raises:
        OptionError: it is none of UNITS.
    """
    if unit is not None and unit not in UNITS:
        raise OptionError(f"infrared unit {unit!r}: give one of {', '.join(UNITS)}")
    return unit


def celsius_of(thermal: Thermal, unit: str | None = None, name: str = "ir") -> FloatArray:
    """The temperatures that an infrared file holds.

    A radiometric JPEG says that its numbers are degrees Celsius. Those of a float file are taken for Celsius
    or kelvin where all but one in a thousand fit the one and not the other. Whole numbers are counts or
    temperatures, nobody knows: they need ``unit``.

    Args:
        thermal: the file.
        unit: of its numbers, one of UNITS.
        name: what messages call it.

    Returns:
        (H, W), float32, degrees Celsius; NaN where there is none.

    Raises:
        ImageError: it holds no temperatures, or may hold them in more than one unit.
    """
    array = thermal.array
    ways = "give a radiometric file or a TIFF of temperatures, and for counts the unit (--ir-unit)"
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim != 2:
        raise ImageError(f"{name}: a picture in colour holds no temperatures; {ways}")
    if thermal.unit is not None:
        return array.astype(np.float32)
    if unit is None and array.dtype.kind != "f":
        raise ImageError(f"{name}: {array.dtype} numbers need not be temperatures; {ways}")
    if unit is None:
        values = array[np.isfinite(array)]
        low, high = np.percentile(values, (0.1, 99.9)) if values.size else (np.nan, np.nan)
        fits = [u for u, (a, b) in (("celsius", _CELSIUS), ("kelvin", _KELVIN)) if a <= low and high <= b]
        if not fits or (low >= 0 and high <= 1):
            raise ImageError(
                f"{name}: numbers from {low:g} to {high:g} are no scene's temperatures in Celsius or kelvin; "
                f"{ways}"
            )
        (unit,) = fits
    factor, plus = UNITS[unit]
    return (array.astype(np.float64) * factor + plus).astype(np.float32)
