"""Offsets of whole columns and rows that a thermal sensor adds: stripes, and grids made of them."""

from typing import NamedTuple

import numpy as np

from mgfusion.images import Array, FloatArray
from mgfusion.thermal.levels import to_levels

_BANDS = 8  # parts of a picture, one above the other, that have to agree on a column's offset
_AGREE = 0.5  # the least median correlation of two bands; scenes have 0.2, stripes of 5 levels 0.6 to 0.9
_LEAST = 1.2  # levels: the least standard deviation of offsets that is removed
_EDGE = 16  # levels: a pixel that differs by more from its neighbourhood is an edge, not a stripe
_WIDTHS = 9, 33  # pixels of the neighbourhood: the first is sure, the second finds what is broader


class _Offsets(NamedTuple):
    mean: FloatArray  # of each column, (W,)
    doubt: FloatArray  # variance of that mean, (W,)
    deviation: float  # of the columns' true offsets
    agreement: float


def remove_stripes(ir: FloatArray) -> FloatArray:
    """Take away what all parts of a picture agree that a column, or a row, has too much.

    Edges of a scene differ from one part to the next, a sensor's pattern does not: where the parts don't
    agree nothing is changed.

    Args:
        ir: (H, W), float32 in [0, 1].

    Returns:
        The same array where there are no stripes, else a new one.
    """
    if min(ir.shape) < 4 * _BANDS:
        return ir
    levels = to_levels(ir)
    columns, rows = _pattern(levels, 0), _pattern(levels, 1)
    if columns is None and rows is None:
        return ir
    repaired = ir
    if columns is not None:
        repaired = repaired - columns
    if rows is not None:
        repaired = repaired - rows[:, None]
    return np.clip(repaired, 0, 1)


def _pattern(levels: Array, along: int) -> FloatArray | None:
    """What to take away from each column, (W,), or with ``along`` 1 from each row; None if nothing."""
    pattern = np.zeros(levels.shape[1 - along], np.float32)
    for step, width in enumerate(_WIDTHS):
        found = _offsets(levels, pattern, width, along)
        if step == 0 and (found.agreement < _AGREE or found.deviation < _LEAST):
            return None
        variance = found.deviation**2
        weight = variance / np.maximum(variance + found.doubt, 1e-9)
        pattern += (found.mean * weight).astype(np.float32)
    return pattern / np.float32(255)


def _offsets(levels: Array, pattern: FloatArray, width: int, along: int) -> _Offsets:
    """In levels; ``pattern`` is taken away already."""
    import cv2

    if pattern.any():
        known = pattern if along == 0 else pattern[:, None]
        levels = np.clip(np.rint(levels - known), 0, 255).astype(np.uint8)
    near = cv2.blur(levels, (width, 1) if along == 0 else (1, width))
    high = cv2.subtract(levels, near, dtype=cv2.CV_16S)
    flat = cv2.inRange(high, -_EDGE, _EDGE)
    high = cv2.copyTo(high, flat)
    sums, counts = [], []
    for part in np.array_split(np.arange(levels.shape[along]), _BANDS):
        band = slice(part[0], part[-1] + 1)
        where = (band,) if along == 0 else (slice(None), band)
        sums.append(cv2.reduce(high[where], along, cv2.REDUCE_SUM, dtype=cv2.CV_32F).ravel())
        counts.append(cv2.reduce(flat[where], along, cv2.REDUCE_SUM, dtype=cv2.CV_32F).ravel() / 255)
    bands = np.array(sums) / np.maximum(counts, 1)
    mean = bands.mean(0)
    doubt = bands.var(0) / (_BANDS - 1)
    deviation = float(np.sqrt(max(0.0, mean.var() - doubt.mean())))
    centred = bands - bands.mean(1, keepdims=True)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    agreement = float(np.median((centred @ centred.T)[np.triu_indices(_BANDS, 1)]))
    return _Offsets(mean, doubt, deviation, agreement)
