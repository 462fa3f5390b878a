"""Temperatures marked in a picture."""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mgfusion.errors import OptionError
from mgfusion.images import Array, native
from mgfusion.images.unit_range import FULL_SCALE
from mgfusion.thermal.planck_law import ZERO_CELSIUS

_NUMBER = r"([+-]?\d+(?:\.\d+)?)\s*°?\s*([CFK])"
_COLOUR = (1.0, 0.25, 0.1)  # red-orange: rare in visible pictures, and far from grey
_SHARE = 0.6  # of the mark; the rest is what is under it


@dataclass(frozen=True)
class Isotherm:
    """A span of temperatures, degrees Celsius, both ends included; an end may be infinite."""

    low: float
    high: float

    def mark(self, picture: Array, celsius: npt.NDArray[np.float32]) -> Array:
        """The picture in colour, with what lies in the span tinted.

        Args:
            picture: (H, W) or (H, W, 3) RGB, uint8, uint16 or float in [0, 1].
            celsius: (H, W), degrees Celsius; NaN is never marked.

        Returns:
            (H, W, 3), of the picture's dtype.
        """
        picture = native(picture)
        rgb = np.repeat(picture.reshape(*picture.shape[:2], -1), 3 if picture.ndim == 2 else 1, axis=2)
        rgb = np.repeat(rgb, 3, axis=2) if rgb.shape[2] == 1 else rgb.copy()
        inside = (celsius >= self.low) & (celsius <= self.high)
        full = FULL_SCALE.get(picture.dtype, 1.0)
        tinted = (1 - _SHARE) * rgb[inside].astype(np.float64) + _SHARE * full * np.array(_COLOUR)
        rgb[inside] = np.rint(tinted) if picture.dtype in FULL_SCALE else tinted
        return rgb


def parse_isotherm(text: str) -> Isotherm:
    """``30C..40C`` as an :class:`Isotherm`; F and K are taken too, and one end may be left out.

    Raises:
        OptionError: anything else.
    """
    low_text, dots, high_text = text.strip().partition("..")
    low, high = _celsius(low_text, -np.inf), _celsius(high_text, np.inf)
    if not dots or low is None or high is None or not (low_text or high_text):
        raise OptionError(
            f"isotherm {text!r}: give temperatures with their unit, such as 30C..40C, 86F.. or ..310K"
        )
    if low >= high:
        raise OptionError(f"isotherm {text!r}: the first temperature must be the lower one")
    return Isotherm(low, high)


def _celsius(text: str, otherwise: float) -> float | None:
    if not text.strip():
        return otherwise
    match = re.fullmatch(_NUMBER, text.strip(), re.IGNORECASE)
    if not match:
        return None
    value, unit = float(match[1]), match[2].upper()
    return {"C": value, "F": (value - 32) / 1.8, "K": value - ZERO_CELSIUS}[unit]
