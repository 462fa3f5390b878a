"""Global statistics: standard deviation, correlation, SCD, mean squared error, PSNR."""

from typing import Literal

import numpy as np

from mgfusion.metrics.filters import Array
from mgfusion.metrics.picture import Triple


def correlation(p: Array, q: Array) -> float:
    """Pearson correlation over all pixels; NaN where one of the two is constant."""
    if p.min() == p.max() or q.min() == q.max():
        return float("nan")
    p, q = p - p.mean(), q - q.mean()
    return float(np.vdot(p, q) / np.sqrt(np.vdot(p, p) * np.vdot(q, q)))


def standard_deviation(t: Triple) -> float:
    """SD: population standard deviation of the fused picture, in grey levels."""
    return float(t.fused.x.std())


def correlation_coefficient(t: Triple) -> float:
    """CC: mean of corr(ir, fused) and corr(vis, fused)."""
    return (correlation(t.ir.x, t.fused.x) + correlation(t.vis.x, t.fused.x)) / 2


def scd(t: Triple, *, clipped: bool = False) -> float:
    """SCD: corr(fused - vis, ir) + corr(fused - ir, vis) (Aslantas and Bendes, 2015).

    ``clipped`` is 8-bit arithmetic: pictures rounded, negative differences become 0.
    """
    f, a, b = (p.quantised.x if clipped else p.x for p in (t.fused, t.ir, t.vis))
    from_ir, from_vis = f - b, f - a
    if clipped:
        from_ir, from_vis = np.maximum(from_ir, 0), np.maximum(from_vis, 0)
    return correlation(from_ir, a) + correlation(from_vis, b)


def _squared_errors(t: Triple) -> tuple[float, float]:
    d, e = t.ir.x - t.fused.x, t.vis.x - t.fused.x
    return float(np.vdot(d, d)), float(np.vdot(e, e))


def mse(t: Triple, *, peak: float = 255.0) -> float:
    """MSE: mean over both sources of the mean squared difference to the fused picture, on data 0..peak."""
    return sum(_squared_errors(t)) / (2 * t.fused.x.size) * (peak / 255) ** 2


def psnr(
    t: Triple,
    *,
    peak: float | Literal["fused"] = 255.0,
    data_peak: float = 255.0,
    root_first: bool = False,
) -> float:
    """PSNR: 10 log10(peak^2 / MSE), in dB; infinite where all three pictures are equal.

    ``peak`` "fused" takes the fused picture's maximum. ``data_peak`` is the scale of the MSE, which Tang's
    code has as 1 under a peak of 255. ``root_first`` puts VIFB's "RMSE" in the place of the MSE.
    """
    top = t.fused.x.max() if peak == "fused" else np.float64(peak)
    error = rmse(t, root_first=True) if root_first else mse(t, peak=data_peak)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(10 * np.log10(top**2 / np.float64(error)))


def rmse(t: Triple, *, root_first: bool = False) -> float:
    """RMSE: root of ``mse``, in grey levels.

    ``root_first`` is VIFB's: mean over both sources of sqrt(sum of squared differences) / (H x W).
    """
    if root_first:
        return float(sum(np.sqrt(e) for e in _squared_errors(t))) / (2 * t.fused.x.size)
    return float(np.sqrt(mse(t)))
