"""Transforms near none, by the model's unknowns: shift, scale and turn, stretch and shear, perspective."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from mgfusion.registration.matrices import Matrix, shift

Model = Literal["homography", "affine", "similarity", "shift"]
UNKNOWNS = {"shift": 2, "similarity": 4, "affine": 6, "homography": 8}
_Array = npt.NDArray[np.float64]


def slopes(at: _Array, unknowns: int) -> _Array:
    """How points (N, 2), in units of the radius from the middle, move with each unknown: (N, 2, unknowns)."""
    x, y = at.T
    one, zero = np.ones_like(x), np.zeros_like(x)
    ways = [(one, zero), (zero, one), (x, y), (-y, x), (x, -y), (y, x), (-x * x, -x * y), (-x * y, -y * y)]
    return np.stack([np.stack(way, 1) for way in ways[:unknowns]], 2)


def small_transform(step: _Array, middle: _Array, radius: float) -> Matrix:
    """The matrix that moves points as :func:`slopes` says, to first order.

    Args:
        step: (unknowns,), in units of the radius.
        middle: (2,), pixels.
        radius: pixels.
    """
    dx, dy, grow, turn, stretch, shear, px, py = np.pad(step, (0, 8 - len(step)))
    small = np.array(
        [[1 + grow + stretch, shear - turn, dx], [shear + turn, 1 + grow - stretch, dy], [px, py, 1]]
    )
    unit = np.diag([radius, radius, 1]) @ small @ np.diag([1 / radius, 1 / radius, 1])
    return np.asarray(shift(*middle) @ unit @ shift(*-middle))
