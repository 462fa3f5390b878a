"""How much detail the fused picture alone has: average gradient, spatial frequency, edge intensity."""

import numpy as np

from mgfusion.metrics.triple import Triple, sobel


def average_gradient(t: Triple, *, all_pixels: bool = False) -> float:
    """AG: sum of sqrt((gx^2 + gy^2) / 2) of central differences (one-sided at the border) over (H - 1)(W - 1).

    `all_pixels` divides by H x W instead. NaN under 2x2 pixels.
    """
    h, w = t.shape
    if min(h, w) < 2:
        return float("nan")
    gy, gx = np.gradient(t.fused.x)
    gx *= gx
    gy *= gy
    gx += gy
    gx /= 2
    return float(np.sqrt(gx, out=gx).sum() / (h * w if all_pixels else (h - 1) * (w - 1)))


def spatial_frequency(t: Triple, *, over_all_pixels: bool = False) -> float:
    """SF: sqrt(mean dx^2 + mean dy^2) of neighbour differences (Eskicioglu and Fisher, 1995).

    Each mean goes over its own number of differences; `over_all_pixels` divides both sums by H x W.
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
