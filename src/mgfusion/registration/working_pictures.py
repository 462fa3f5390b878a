"""Pictures at the size that matching works on."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mgfusion.registration.descriptor_network import CELL, FloatArray
from mgfusion.registration.matrices import Matrix, Size, centre, inverse, local_scale, resizing

_LEAST = 32  # pixels


def stretched(picture: npt.NDArray[Any]) -> FloatArray:
    """(H, W) of any unit, so that nearly all of it lies in 0 to 255; what is not finite becomes the least."""
    plane = np.asarray(picture, np.float32)
    finite = np.isfinite(plane)
    if not finite.all():
        plane = np.where(finite, plane, plane[finite].min() if finite.any() else np.float32(0))
    step = max(1, int((plane.size / 65536) ** 0.5))
    low, high = np.percentile(plane[::step, ::step], (0.5, 99.5))
    scaled = (plane - np.float32(low)) * np.float32(255 / max(high - low, 1e-6))
    return np.asarray(np.clip(scaled, -60, 320), np.float32)


def whole_cells(length: float) -> int:
    """The nearest multiple of a cell that is not too small for the network."""
    return max(_LEAST, round(length / CELL) * CELL)


def working_size(size: Size, long_side: int) -> Size:
    """(width, height) in whole cells, of about the same shape."""
    k = long_side / max(size)
    return whole_cells(size[0] * k), whole_cells(size[1] * k)


@dataclass(frozen=True)
class Working:
    """A picture resized, and the matrix from its own pixels to these."""

    picture: FloatArray
    matrix: Matrix

    @classmethod
    def of(cls, picture: FloatArray, long_side: int) -> "Working":
        """With its longer side about ``long_side`` pixels."""
        old = picture.shape[1], picture.shape[0]
        new = working_size(old, long_side)
        way = cv2.INTER_AREA if new[0] < old[0] else cv2.INTER_LINEAR
        return cls(cv2.resize(picture, new, interpolation=way), resizing(old, new))


def without_skipping(picture: FloatArray, matrix: Matrix) -> tuple[FloatArray, Matrix]:
    """A picture averaged where a warp by ``matrix`` would skip pixels of it, and the matrix from there."""
    old = picture.shape[1], picture.shape[0]
    scale = local_scale(matrix, centre(old))
    if scale >= 0.8:
        return picture, matrix
    small = max(8, round(old[0] * scale)), max(8, round(old[1] * scale))
    shrunk = np.asarray(cv2.resize(picture, small, interpolation=cv2.INTER_AREA))
    return shrunk, matrix @ inverse(resizing(old, small))


def warp_smoothly(picture: FloatArray, matrix: Matrix, size: Size) -> FloatArray:
    """``picture`` seen through ``matrix``, averaged where it shrinks; its border goes on outside."""
    picture, matrix = without_skipping(picture, matrix)
    return np.asarray(
        cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    )


def cell_centres(columns: int, rows: int, left: int = 0, top: int = 0) -> npt.NDArray[np.float64]:
    """The centres of cells in working pixels, (rows * columns, 2), row by row."""
    x, y = np.meshgrid(np.arange(left, left + columns), np.arange(top, top + rows))
    cells = np.stack([x.ravel(), y.ravel()], 1).astype(np.float64)
    return cells * CELL + (CELL - 1) / 2
