"""Filters that several metrics share."""

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Border = Literal["valid", "zero", "replicate", "mirror"]
_CV_BORDER = {
    "valid": cv2.BORDER_CONSTANT,
    "zero": cv2.BORDER_CONSTANT,
    "replicate": cv2.BORDER_REPLICATE,
    "mirror": cv2.BORDER_REFLECT_101,  # the edge pixel is not repeated
}


def round_half_away(x: Array) -> Array:
    """MATLAB's round() for non-negative values: 0.5 goes up (numpy rounds it to the even neighbour)."""
    rounded: Array = np.floor(x + 0.5)
    return rounded


def separable(x: Array, along_x: Array, along_y: Array, border: Border = "valid") -> Array:
    """Correlate ``x`` (H, W) with the outer product of two kernels, of odd length unless the border is
    "valid".
    """
    same: Array = cv2.sepFilter2D(x, cv2.CV_64F, along_x, along_y, borderType=_CV_BORDER[border])
    if border != "valid":
        return same
    ny, nx = len(along_y), len(along_x)
    return same[ny // 2 : ny // 2 + x.shape[0] - ny + 1, nx // 2 : nx // 2 + x.shape[1] - nx + 1]


def gaussian(size: int, sigma: float) -> Array:
    """``size`` taps of a Gaussian, sum 1: one factor of fspecial('gaussian')."""
    k: Array = np.exp(-((np.arange(size) - (size - 1) / 2) ** 2) / (2 * sigma**2))
    k /= k.sum()
    return k


def gaussian_density(size: int, sigma: float) -> Array:
    """``size`` taps of the Gaussian density: not normalised after it is cut off."""
    k: Array = np.exp(-((np.arange(size) - (size - 1) / 2) ** 2) / (2 * sigma**2))
    k /= np.sqrt(2 * np.pi) * sigma
    return k


_SMOOTH = np.array([1.0, 2.0, 1.0])
_DIFFERENCE = np.array([-1.0, 0.0, 1.0])


def sobel(x: Array, border: Border = "zero") -> tuple[Array, Array]:
    """(right - left, bottom - top) Sobel differences, weights 1 2 1, unscaled, same size."""
    return separable(x, _DIFFERENCE, _SMOOTH, border), separable(x, _SMOOTH, _DIFFERENCE, border)
