"""Wavelet-domain edge preservation: Q_M (Wang and Liu, 2008)."""

import numpy as np

from mgfusion.metrics.filters import Array
from mgfusion.metrics.picture import Picture, Triple

Bands = tuple[Array, Array, Array]


def haar(x: Array) -> tuple[Array, Bands]:
    """One orthonormal Haar level: (approximation, (horizontal, vertical, diagonal)). An odd last row or
    column is dropped.
    """
    x = x[: x.shape[0] // 2 * 2, : x.shape[1] // 2 * 2]
    low, high = x[::2] + x[1::2], x[::2] - x[1::2]
    return (low[:, ::2] + low[:, 1::2]) / 2, (
        (high[:, ::2] + high[:, 1::2]) / 2,
        (low[:, ::2] - low[:, 1::2]) / 2,
        (high[:, ::2] - high[:, 1::2]) / 2,
    )


def _two_levels(p: Picture) -> tuple[Bands, Bands]:
    low, fine = haar(p.x)
    return fine, haar(low)[1]


def qm(t: Triple) -> float:
    """Q_M: exp(-|difference|) of Haar details, weighted by the sources' detail energy, levels 1 and 2 as
    2/3 and 1/3.

    NaN where neither source has detail at one of the levels.
    """
    value = 1.0
    levels = zip(*(_two_levels(p) for p in (t.fused, t.ir, t.vis)), strict=True)
    for (f, *sources), power in zip(levels, (2 / 3, 1 / 3), strict=True):
        above = below = 0.0
        for bands in sources:
            energy = sum(b * b for b in bands)
            kept = sum(np.exp(-np.abs(b - g)) for b, g in zip(bands, f, strict=True))
            above += float(np.vdot(energy, kept))
            below += float(np.sum(energy))
        if below == 0:
            return float("nan")
        value *= (above / below) ** power
    return value
