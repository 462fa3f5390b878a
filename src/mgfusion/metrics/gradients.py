"""How much detail the fused picture alone has: average gradient, spatial frequency, edge intensity."""

import numpy as np

from mgfusion.metrics.filters import Array, sobel
from mgfusion.metrics.picture import Triple


def average_gradient(t: Triple, *, all_pixels: bool = False) -> float:
    """AG: sum of sqrt((gx^2 + gy^2) / 2) of central differences (one-sided at the border) over (H - 1)(W -
    1).

    ``all_pixels`` divides by H x W instead. NaN under 2x2 pixels.
    """
    h, w = t.shape
    if min(h, w) < 2:
        return float("nan")
    gy, gx = np.gradient(t.fused.x)
    gx *= gx
    gy *= gy
    gx += gy
    gx /= 2
    return float(np.sqrt(gx).sum()) / (h * w if all_pixels else (h - 1) * (w - 1))


def spatial_frequency(t: Triple, *, over_all_pixels: bool = False) -> float:
    """SF: sqrt(mean dx^2 + mean dy^2) of neighbour differences (Eskicioglu and Fisher, 1995).

    Each mean goes over its own number of differences; ``over_all_pixels`` divides both sums by H x W.
    """
    x = t.fused.x
    dx, dy = np.diff(x, axis=1), np.diff(x, axis=0)
    rows, columns = float(np.vdot(dx, dx)), float(np.vdot(dy, dy))
    if dx.size == 0 or dy.size == 0:
        return float("nan")
    if over_all_pixels:
        return float(np.sqrt((rows + columns) / x.size))
    return float(np.sqrt(rows / dx.size + columns / dy.size))


def edge_intensity(t: Triple) -> float:
    """EI: mean Sobel magnitude, unscaled, border replicated."""
    sx, sy = sobel(t.fused.x, "replicate")
    return float(np.sqrt(sx * sx + sy * sy).mean())


def _four_differences(x: Array) -> tuple[Array, Array, Array, Array]:
    """Neighbour differences along rows, columns and both diagonals."""
    return (
        x[:, :-1] - x[:, 1:],
        x[:-1] - x[1:],
        x[1:, 1:] - x[:-1, :-1],
        x[1:, :-1] - x[:-1, 1:],
    )


def spatial_frequency_ratio(t: Triple) -> float:
    """Q_SF: (SF - SF_ref) / SF_ref over rows, columns and diagonals (Zheng et al., 2007); best at 0.

    SF_ref takes, at each place, the larger absolute difference of both sources. NaN where both sources are
    flat.
    """
    weights = (1.0, 1.0, np.sqrt(0.5), np.sqrt(0.5))
    own = reference = 0.0
    for k, d, e, g in zip(weights, *(_four_differences(p.x) for p in (t.fused, t.ir, t.vis)), strict=True):
        own += k * float(np.vdot(d, d))
        reference += k * float((np.maximum(np.abs(e), np.abs(g)) ** 2).sum())
    if reference == 0:
        return float("nan")
    return float(np.sqrt(own / reference)) - 1
