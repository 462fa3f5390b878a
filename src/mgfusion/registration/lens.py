"""What a lens bends: how far places lie from where a camera without one would have drawn them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mgfusion.registration.matrices import Size, centre

_ROUNDS = 20  # of going back; each brings the error to a tenth or less at the strongest bend that is allowed
_BEYOND = 1.3  # half diagonals
_FLATTEST = 0.2  # of what is drawn without a lens: where places lie nearer than that, the way back is lost


@dataclass(frozen=True)
class Lens:
    """Radial distortion: what is ``r`` half diagonals from the middle lies at ``r (1 + k1 r^2 + k2 r^4)``.

    The two radial coefficients of Brown's model, as OpenCV has them, about the middle of the picture, with
    the half diagonal in place of the focal length: so they do not change when a picture is resized. Negative
    ``k1`` is a barrel.

    Attributes:
        k1: of the square.
        k2: of the fourth power.
    """

    k1: float
    k2: float

    def drawn(self, places: npt.NDArray[np.float64], size: Size) -> npt.NDArray[np.float64]:
        """Where the camera draws what one without a lens would draw at ``places``.

        Args:
            places: (..., 2), pixel centres (x, y).
            size: (width, height) of the picture.
        """
        away = places - centre(size)
        square = (away**2).sum(axis=-1, keepdims=True) / _half_diagonal(size) ** 2
        return np.asarray(centre(size) + away * self._growth(square))

    def ideal(self, places: npt.NDArray[np.float64], size: Size) -> npt.NDArray[np.float64]:
        """The way back of :meth:`drawn`."""
        middle, half = centre(size), _half_diagonal(size)
        away = places - middle
        found = away
        for _ in range(_ROUNDS):
            found = away / self._growth((found**2).sum(axis=-1, keepdims=True) / half**2)
        return np.asarray(middle + found)

    def bends(self) -> float:
        """How far a corner is moved, as a share of the half diagonal."""
        return abs(self.k1 + self.k2)

    @property
    def sound(self) -> bool:
        """Whether places lie in the order that they have without it, to somewhat beyond the corners."""
        square = np.linspace(0, _BEYOND**2, 30)
        slopes = 1 + square * (3 * self.k1 + square * 5 * self.k2)
        return bool((slopes >= _FLATTEST).all())  # NaN is not

    def _growth(self, square: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        # far outside the picture a polynomial says nothing, and may fold back into it
        square = np.minimum(square, _BEYOND**2)
        return np.maximum(1 + square * (self.k1 + square * self.k2), 0.1)


def _half_diagonal(size: Size) -> float:
    return float(np.hypot(*size)) / 2
