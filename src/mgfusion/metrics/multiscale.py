"""Multi-scale structural similarity: MS-SSIM (Wang et al., 2003) and MEF-SSIM (Ma et al., 2015)."""

from typing import Literal

import cv2
import numpy as np

from mgfusion.metrics.filters import Array
from mgfusion.metrics.moments import GAUSSIAN_11, Window, covariance, mean_variance
from mgfusion.metrics.picture import Picture, Triple
from mgfusion.metrics.structure import ssim_map

MS_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
MEF_WEIGHTS = tuple(w / sum(MS_WEIGHTS[:3]) for w in MS_WEIGHTS[:3])
BOX_11 = Window(11, None)
EPS = float(np.finfo(np.float64).eps)


def _halved(x: Array) -> Array:
    """2x2 means, every second one, border mirrored with the edge pixel repeated."""
    padded = cv2.copyMakeBorder(x, 0, 1, 0, 1, cv2.BORDER_REFLECT)
    total = padded[:-1:2, :-1:2] + padded[1::2, :-1:2]
    total += padded[:-1:2, 1::2]
    total += padded[1::2, 1::2]
    half: Array = total / 4
    return half


def _half(t: Triple) -> Triple:
    return t.memo("half", lambda: Triple.of(*(Picture(_halved(p.x)) for p in (t.fused, t.ir, t.vis))))


def _contrast_structure(t: Triple, s: Picture, c2: float) -> float:
    v1, v2 = mean_variance(s, GAUSSIAN_11)[1], mean_variance(t.fused, GAUSSIAN_11)[1]
    return float(((2 * covariance(t, s, t.fused, GAUSSIAN_11) + c2) / (v1 + v2 + c2)).mean())


def ms_ssim(t: Triple, *, measure: Literal["ssim", "mef"] = "ssim", too_small: float = float("nan")) -> float:
    """MS-SSIM: mean over both sources, five scales, luminance at the coarsest only; in [0, 1].

    A scale whose mean contrast-structure term is negative counts as 0 (a power of it would be complex).
    ``measure`` "mef" gives the three-scale ``mef_ssim``, which L. Tang's code reports under the name MS-SSIM,
    and ``too_small`` under 44 pixels.
    """
    if measure == "mef":
        return mef_ssim(t) if min(t.shape) >= 4 * BOX_11.size else too_small
    c1, c2 = 2.55**2, 7.65**2
    values = [1.0, 1.0]
    for scale, weight in enumerate(MS_WEIGHTS):
        last = scale == len(MS_WEIGHTS) - 1
        for i, s in enumerate(t.sources):
            if last:
                term = float(ssim_map(t, s, t.fused, GAUSSIAN_11, c1, c2).mean())
            else:
                term = _contrast_structure(t, s, c2)
            values[i] *= max(term, 0.0) ** weight
        if not last:
            t = _half(t)
    return sum(values) / 2


def _mef(t: Triple) -> float:
    """The single-scale MEF-SSIM: each patch against the patch that ideal fusion of the sources would give.

    That patch is a weighted sum of the sources' patches, so its moments under the Gaussian window follow
    from theirs, and its norm from box moments: no patch is ever formed.
    """
    n = BOX_11.size**2
    (_, va), (_, vb) = (mean_variance(s, BOX_11) for s in t.sources)
    cab = covariance(t, t.ir, t.vis, BOX_11)
    na, nb = (np.sqrt(np.maximum(n * v, 0)) for v in (va, vb))
    ea, eb = na + 0.001, nb + 0.001
    together = np.sqrt(np.maximum(n * (va + vb + 2 * cab), 0))
    consistency = np.clip((together + EPS) / (na + nb + EPS), EPS, 1 - EPS)
    p = np.minimum(np.tan(np.pi / 2 * consistency), 10)
    wa, wb = (ea / BOX_11.size) ** p + EPS, (eb / BOX_11.size) ** p + EPS
    total = wa + wb
    ka, kb = wa / total / ea, wb / total / eb
    norm = np.sqrt(np.maximum(n * (ka * ka * va + kb * kb * vb + 2 * ka * kb * cab), 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(norm > 0, np.maximum(ea, eb) / norm, 1)
    ka, kb = ka * scale, kb * scale
    (_, ga), (_, gb), (_, gf) = (mean_variance(s, GAUSSIAN_11) for s in (t.ir, t.vis, t.fused))
    gab = covariance(t, t.ir, t.vis, GAUSSIAN_11)
    gaf, gbf = (covariance(t, s, t.fused, GAUSSIAN_11) for s in t.sources)
    c = 7.65**2
    cov = ka * gaf + kb * gbf
    variance = ka * ka * ga + kb * kb * gb + 2 * ka * kb * gab
    return float(((2 * cov + c) / (variance + gf + c)).mean())


def mef_ssim(t: Triple, *, weights: tuple[float, ...] = MEF_WEIGHTS) -> float:
    """MEF-SSIM: structure and contrast against what the stronger source patch has; no luminance term; in
    [0, 1].

    One weight a scale. Negative scales count as 0.
    """
    value = 1.0
    for scale, weight in enumerate(weights):
        t = _half(t) if scale else t
        term = _mef(t)
        value *= term if weight == 1 else max(term, 0.0) ** weight
    return value
