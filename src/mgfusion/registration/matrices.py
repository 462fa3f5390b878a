"""3x3 matrices on pixel centres (x, y): the whole of the geometry that matching needs."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Size = tuple[int, int]
"""(width, height)"""


def shift(x: float, y: float) -> Matrix:
    """A move by (x, y) pixels."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def turn_and_scale(scale: float, radians: float) -> Matrix:
    """About the pixel (0, 0)."""
    c, s = scale * math.cos(radians), scale * math.sin(radians)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]], np.float64)


def resizing(old: Size, new: Size) -> Matrix:
    """What resizing a picture does to its pixel centres: the outer borders lie upon each other."""
    x, y = new[0] / old[0], new[1] / old[1]
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]], np.float64)


def transform(matrix: Matrix, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Points (N, 2), each brought where the matrix says."""
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(moved[:, :2] / moved[:, 2:])


def corners(size: Size) -> npt.NDArray[np.float64]:
    """The centres of a picture's corner pixels, (4, 2), clockwise from the top left."""
    w, h = size[0] - 1, size[1] - 1
    return np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float64)


def centre(size: Size) -> npt.NDArray[np.float64]:
    """The middle of a picture, (2,)."""
    return np.array([(size[0] - 1) / 2, (size[1] - 1) / 2])


def corner_distance(one: Matrix, other: Matrix, size: Size) -> float:
    """How far apart two matrices bring the corners of a picture of ``size``, on average."""
    at = corners(size)
    return float(np.linalg.norm(transform(one, at) - transform(other, at), axis=1).mean())


def product(matrices: Sequence[Matrix]) -> Matrix:
    """Of matrices as one writes them, the last one applied first; its last number is 1."""
    out: Matrix = np.eye(3)
    for matrix in matrices:
        out = out @ matrix
    return np.asarray(out / out[2, 2])


def inverse(matrix: Matrix) -> Matrix:
    """The way back."""
    return np.asarray(np.linalg.inv(matrix))


def local_scale(matrix: Matrix, at: npt.NDArray[np.float64]) -> float:
    """How many pixels there one pixel at (x, y) becomes."""
    x, y = at
    moved = transform(matrix, np.array([[x, y], [x + 1, y], [x, y + 1]]))
    return math.sqrt(abs(float(np.linalg.det(moved[1:] - moved[0]))))
