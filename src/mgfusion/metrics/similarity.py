"""Local similarity indices of two sources and a fused picture: Piella, Yang, Cvejic."""

import numpy as np

from mgfusion.metrics.filters import Array, separable
from mgfusion.metrics.moments import Window, covariance, mean_variance
from mgfusion.metrics.picture import Picture, Triple

UNIFORM_8 = Window(8, None)
GAUSSIAN_7 = Window(7, 1.5)
GAUSSIAN_7_DIRECT = Window(7, 1.5, direct=True)
UIQI = (
    1e-6 * 255
) ** 2  # so small a constant turns SSIM into the universal quality index of Wang and Bovik (2002)


def _index(
    t: Triple, p: Picture, q: Picture, window: Window, c1: float, c2: float, mended: bool = False
) -> Array:
    """The SSIM map of two pictures; ``mended`` takes (co)variances within rounding error of 0 as 0."""
    (m1, v1), (m2, v2) = mean_variance(p, window), mean_variance(q, window)
    cov = covariance(t, p, q, window)
    m12, squares = m1 * m2, m1 * m1 + m2 * m2
    spread = v1 + v2
    if mended:
        flat = spread <= 1e-10 * (1 + squares)
        cov, spread = np.where(flat, 0, cov), np.where(flat, 0, spread)
    with np.errstate(invalid="ignore", divide="ignore"):
        value: Array = (2 * m12 + c1) * (2 * cov + c2) / ((squares + c1) * (spread + c2))
    return value


def _variances(t: Triple, window: Window) -> tuple[Array, Array]:
    """Local variances of (ir, vis); 0.5 each where they cancel."""
    va, vb = (mean_variance(s, window)[1] for s in t.sources)
    none = 0.5 * (va + vb == 0)
    return va + none, vb + none


def _piella_maps(t: Triple, window: Window, c1: float, c2: float) -> tuple[Array, Array]:
    """(similarity to the sources weighted by their local variance, the larger of both variances)."""
    va, vb = _variances(t, window)
    share = va / (va + vb)
    value = share * _index(t, t.fused, t.ir, window, c1, c2)
    value += (1 - share) * _index(t, t.fused, t.vis, window, c1, c2)
    return value, np.maximum(va, vb)


def _weighted(t: Triple, window: Window, c1: float, c2: float) -> float:
    value, saliency = _piella_maps(t, window, c1, c2)
    return float(np.vdot(saliency, value)) / float(saliency.sum())


def qs(t: Triple, *, window: Window = UNIFORM_8, c1: float = UIQI, c2: float = UIQI) -> float:
    """Q_S: mean local similarity, each source weighted by its share of local variance (Piella and
    Heijmans, 2003).
    """
    return float(_piella_maps(t, window, c1, c2)[0].mean())


def qw(t: Triple, *, window: Window = UNIFORM_8, c1: float = UIQI, c2: float = UIQI) -> float:
    """Q_W: Q_S with each place weighted by the larger local variance."""
    return _weighted(t, window, c1, c2)


_BAR = np.ones(3)
_DIFFERENCE = np.array([1.0, 0.0, -1.0])


def prewitt(p: Picture) -> Picture:
    """Prewitt edge strength, zero border."""

    def make() -> Picture:
        x, y = separable(p.x, _DIFFERENCE, _BAR, "zero"), separable(p.x, _BAR, _DIFFERENCE, "zero")
        return Picture(np.sqrt(x * x + y * y))

    return p.memo("prewitt", make)


def qe(t: Triple, *, crashing: bool = False) -> float:
    """Q_E: Q_W of the pictures times Q_W of their Prewitt edge maps.

    ``crashing`` is NaN: Z. Liu's code stops at a variable that was never set.
    """
    if crashing:
        return float("nan")
    edges = t.memo("prewitt", lambda: Triple.of(*(prewitt(p) for p in (t.fused, t.ir, t.vis))))
    return qw(t) * qw(edges)


def qy(t: Triple, *, mended: bool = True, half: bool = True) -> float:
    """Q_Y: variance-weighted SSIM where the sources agree (SSIM >= 0.75), the better one elsewhere (Yang et
    al., 2008).

    7x7 Gaussian window, constants 2e-16. ``half`` gives both sources weight 1/2 where they are flat, instead
    of NaN. ``mended`` takes variances that are rounding error as 0: without it, flat regions score noise.
    """
    c, window = 2e-16, GAUSSIAN_7 if mended else GAUSSIAN_7_DIRECT
    between = _index(t, t.ir, t.vis, window, c, c, mended)
    a = _index(t, t.ir, t.fused, window, c, c, mended)
    b = _index(t, t.vis, t.fused, window, c, c, mended)
    va, vb = _variances(t, window) if half else (mean_variance(s, window)[1] for s in t.sources)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = va / (va + vb)
    # a product, not a choice: a NaN share spoils the public code's mean wherever it occurs
    agreed = share * a + (1 - share) * b
    if half:
        return float(np.where(between >= 0.75, agreed, np.maximum(a, b)).mean())
    return float((agreed * (between >= 0.75) + np.maximum(a, b) * (between < 0.75)).mean())


def qc(t: Triple, *, mended: bool = True) -> float:
    """Q_C: similarity to each source weighted by its share of covariance with the fused picture (Cvejic et
    al., 2005).

    The share is kept in [0, 1], and 1/2 where there is no covariance. Without ``mended``, as in the public
    code, the product (not the share) becomes 0 or 1 where the share leaves [0, 1], and a place without
    covariance gives NaN.
    """
    c, window = 2e-16, GAUSSIAN_7 if mended else GAUSSIAN_7_DIRECT
    a = _index(t, t.ir, t.fused, window, c, c, mended)
    b = _index(t, t.vis, t.fused, window, c, c, mended)
    ca, cb = (covariance(t, s, t.fused, window) for s in t.sources)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = ca / (ca + cb)
        if mended:
            share = np.clip(np.where(np.isfinite(share), share, 0.5), 0, 1)
        value = share * a + (1 - share) * b
    if mended:
        return float(value.mean())
    value[share < 0] = 0
    value[share > 1] = 1
    return float(value.mean())
