"""Infrared in false colour brought back to the order of temperatures."""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mgfusion.images import Array, FloatArray
from mgfusion.images.colour import BLUE, GREEN, RED
from mgfusion.thermal.palettes import palette, palettes

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy.spatial import cKDTree

# Distances are those of Y, Cb and Cr, with colour counting less: JPEG keeps a half or a quarter of it. After
# quality 95 with colour at half resolution this halves the error of plain RGB.
_COLOUR_COUNTS = 0.4
_Y = np.array([RED, GREEN, BLUE])
_CB, _CR = ((np.eye(3)[channel] - _Y) / (2 - 2 * _Y[channel]) for channel in (2, 0))
_SPACE = np.stack([_Y, _COLOUR_COUNTS * _CB, _COLOUR_COUNTS * _CR])

_STEPS = 4  # points looked at between two neighbours of a table
_SAMPLE = 4_000  # pixels that decide which palette it is
_COLOURED = 16  # levels between the largest and the smallest channel of a pixel that tells palettes apart
_NEAR, _MOST = 8.0, 0.9  # a palette explains this share of the pixels to this distance
_TYPICAL = 3.0  # and half of them to this one
_TIE = 1.15  # of those so near to the best the first of the list is taken: a part of one may be another's
_RIVAL = 1.5  # one that fits at most so many times worse must put the pixels into the same order
_ALIKE = 0.98  # the correlation of ranks above which two orders are one


def recognise_palette(rgb: Array) -> str | None:
    """Which of the known palettes a picture is drawn in.

    Nine tenths of its coloured pixels, and of all its pixels, must lie on the palette but for what JPEG does;
    what else is in a camera's picture (a logo, a scale) may take the rest. Where two palettes fit that would
    give different temperatures, it is neither.

    Args:
        rgb: (H, W, 3), uint8 or uint16.

    Returns:
        The palette's name, or None.
    """
    if rgb.dtype not in (np.uint8, np.uint16):
        return None
    pixels = _levels(rgb).reshape(-1, 3)
    pixels = pixels[:: max(1, len(pixels) // _SAMPLE)]
    coloured = np.ptp(pixels, axis=1) >= _COLOURED
    if coloured.sum() < max(16, 0.001 * len(pixels)):
        return None
    points = pixels @ _SPACE.T
    fits: dict[str, tuple[float, npt.NDArray[np.float64]]] = {}
    few = points[coloured][:: max(1, int(coloured.sum()) // 64)]
    for name in palettes():
        if (_tree(name).query(few)[0] > 2 * _NEAR).mean() > 0.5:  # far from it: no need to look at all
            continue
        distance, index = _tree(name).query(points)
        if _explains(distance) and _explains(distance[coloured]):
            # To the table's own colours: two tables may run along one line in different steps.
            to_table = np.linalg.norm(
                points - _tree(name).data[_STEPS * np.rint(index / _STEPS).astype(int)], axis=1
            )
            fits[name] = float(np.minimum(to_table, _NEAR).mean()), index
    if not fits:
        return None
    score = min(fit for fit, _ in fits.values())
    best = next(name for name, (fit, _) in fits.items() if fit <= _TIE * score + 0.02)
    order = fits[best][1]
    rivals = [other for fit, other in fits.values() if fit <= _RIVAL * score + 0.1]
    return best if all(_correlation_of_ranks(order, other) >= _ALIKE for other in rivals) else None


def temperature_order(rgb: Array, name: str) -> FloatArray:
    """How far along a palette each pixel's colour lies: its nearest point.

    Args:
        rgb: (H, W, 3), uint8 or uint16, drawn in the palette.
        name: the palette's.

    Returns:
        (H, W), float32 in [0, 1], 0 the coldest.
    """
    levels = np.rint(_levels(rgb)).astype(np.int32).reshape(-1, 3)
    colours, where = np.unique(levels @ np.array([65536, 256, 1], np.int32), return_inverse=True)
    channels = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1)
    _, index = _tree(name).query(channels @ _SPACE.T)
    unit = (index / (255 * _STEPS)).astype(np.float32)
    return np.asarray(unit[where.reshape(-1)].reshape(rgb.shape[:2]), np.float32)


def _levels(rgb: Array) -> "npt.NDArray[np.float64]":
    return rgb.astype(np.float64) / (257 if rgb.dtype == np.uint16 else 1)


def _correlation_of_ranks(one: Array, other: Array) -> float:
    if one is other:
        return 1.0
    from scipy.stats import rankdata

    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])


def _explains(distance: "npt.NDArray[np.float64]") -> bool:
    return bool((distance <= _NEAR).mean() >= _MOST and np.median(distance) <= _TYPICAL)


@lru_cache(maxsize=64)
def _tree(name: str) -> "cKDTree":
    from scipy.spatial import cKDTree

    table = palette(name).astype(np.float64)
    at, fine = np.arange(256), np.arange(255 * _STEPS + 1) / _STEPS
    between = np.stack([np.interp(fine, at, table[:, c]) for c in range(3)], axis=1)
    return cKDTree(between @ _SPACE.T)
