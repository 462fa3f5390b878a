"""From a thermal camera's counts to temperatures."""

import math
from dataclasses import dataclass

import numpy as np

from mgfusion.errors import ImageError
from mgfusion.images import Array, FloatArray

ZERO_CELSIUS = 273.15  # kelvin


@dataclass(frozen=True)
class Calibration:
    """What the camera's maker measured of it, and what its user set; temperatures in kelvin.

    Attributes:
        emissivity: of the object, in (0, 1].
        distance: to it, in metres.
        reflected: apparent temperature of what the object reflects.
        atmosphere: temperature of the air between.
        window: temperature of a window before the lens.
        window_transmission: its share of light let through, in (0, 1].
        humidity: relative, in [0, 1].
        r1, r2, b, f, o: Planck's law as the camera's counts follow it.
        alpha1, alpha2, beta1, beta2, x: how air takes up light.
    """

    emissivity: float
    distance: float
    reflected: float
    atmosphere: float
    window: float
    window_transmission: float
    humidity: float
    r1: float
    r2: float
    b: float
    f: float
    o: float
    alpha1: float
    alpha2: float
    beta1: float
    beta2: float
    x: float

    def celsius(self, counts: Array) -> FloatArray:
        """Temperatures of the objects seen.

        The counts are those of an ideal radiator seen through air, a window, and air again, each of which
        takes light away and shines itself: Minkina and Dudzik, Infrared Thermography (2009), as worked out by
        Tattersall's R package Thermimage and used by ExifTool's users.

        Args:
            counts: (H, W), whole numbers as the sensor gave them.

        Returns:
            (H, W), float32, degrees Celsius; NaN where the counts lie beyond the law.

        Raises:
            ImageError: constants that no camera has.
        """
        try:
            with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
                kelvin = self._kelvin(counts.astype(np.float64))
        except (ArithmeticError, ValueError) as error:
            raise ImageError(f"its camera constants can't be right ({error})") from error
        return (kelvin - ZERO_CELSIUS).astype(np.float32)

    def _kelvin(self, counts: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> Array:
        air = self._transmission()
        window, emissivity = self.window_transmission, self.emissivity
        through = emissivity * air * window
        elsewhere = (
            (1 - emissivity) / emissivity * self._counts_of(self.reflected)
            + (1 - air) / (emissivity * air) * self._counts_of(self.atmosphere)
            + (1 - window) / through * self._counts_of(self.window)
            + (1 - air) / (through * air) * self._counts_of(self.atmosphere)
        )
        own = counts / (through * air) - elsewhere
        kelvin: Array = self.b / np.log(self.r1 / (self.r2 * (own + self.o)) + self.f)
        return np.where(np.isfinite(kelvin) & (kelvin > 0), kelvin, np.nan)

    def _transmission(self) -> float:
        """Of the air on each side of the window, half of the distance."""
        t = self.atmosphere - ZERO_CELSIUS
        water = self.humidity * math.exp(1.5587 + 0.06939 * t - 0.00027816 * t**2 + 0.00000068455 * t**3)
        path, wet = math.sqrt(self.distance / 2), math.sqrt(water)
        first = math.exp(-path * (self.alpha1 + self.beta1 * wet))
        second = math.exp(-path * (self.alpha2 + self.beta2 * wet))
        return self.x * first + (1 - self.x) * second

    def _counts_of(self, kelvin: float) -> float:
        return self.r1 / (self.r2 * (math.exp(self.b / kelvin) - self.f)) - self.o
