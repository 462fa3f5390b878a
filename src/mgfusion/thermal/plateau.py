"""Plateau equalisation: contrast where the pixels are, without blowing up noise."""

import numpy as np

from mgfusion.images import Array, FloatArray

_BINS = 1024
_PLATEAU = 3.0  # times the average bin: no level gets more than three times the contrast of a plain stretch


def plateau_equalised(values: Array, low: float, high: float, least: float) -> FloatArray:
    """Grey levels by the histogram's running sum, where no bin counts more than the plateau.

    The way that thermal cameras show 14 bits on a screen: V. E. Vickers, Plateau equalization algorithm for
    real-time display of high-quality infrared imagery, Optical Engineering 35(7), 1996. Warmer stays
    brighter. A sky or road that fills half of the picture does not take half of the levels.

    Args:
        values: (H, W), any unit; NaN counts as coldest.
        low: black at and below it, in that unit.
        high: white at and above it.
        least: a span below which what differs is noise: contrast is then less in proportion.

    Returns:
        (H, W), float32 in [0, 1].
    """
    span = max(high - low, np.finfo(np.float64).tiny)
    clipped = np.nan_to_num(np.clip(values.astype(np.float64), low, high), nan=low)
    at = (clipped - low) / span * _BINS
    counts = np.bincount(np.minimum(at.astype(np.int64), _BINS - 1).ravel(), minlength=_BINS).astype(
        np.float64
    )
    counts = np.minimum(counts, _PLATEAU * counts.sum() / _BINS)
    running = np.concatenate([[0.0], np.cumsum(counts)])
    unit = np.interp(at, np.arange(_BINS + 1), running / running[-1])
    return np.asarray(0.5 + (unit - 0.5) * min(1.0, span / least), np.float32)
