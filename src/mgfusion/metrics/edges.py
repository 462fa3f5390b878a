"""Edge preservation: Q_AB/F (Xydeas and Petrovic, 2000) and N_AB/F (Shreyamsha Kumar, 2013)."""

import numpy as np

from mgfusion.metrics.filters import Array, sobel
from mgfusion.metrics.picture import Picture, Triple

HALF_PI = np.pi / 2


def _orientation(p: Picture, tiny: float) -> Array:
    """Edge angle in (-pi/2, pi/2]. tiny = 0: atan(-sy/sx), pi/2 where sx = 0; else atan(sy/sx) with sx
    = 0 -> tiny.
    """

    def make() -> Array:
        sx, sy = p.sobel
        if tiny:
            return np.arctan(sy / np.where(sx == 0, tiny, sx))
        with np.errstate(divide="ignore", invalid="ignore"):
            angle = np.arctan(sy / -sx)
        angle[sx == 0] = HALF_PI
        return angle

    return p.memo(("orientation", tiny), make)


def _sigmoid(x: Array, gamma: float, k: float, s: float) -> Array:
    """gamma / (1 + exp(-k (x - s))), in place."""
    x -= s
    x *= -k
    np.exp(x, out=x)
    x += 1
    return np.divide(gamma, x, out=x)


def qabf(
    t: Triple,
    *,
    equal_gain: float | None = 255.0,
    strength: tuple[float, float, float] = (0.9994, 15.0, 0.5),
    orientation: tuple[float, float, float] = (0.9879, 22.0, 0.8),
    tiny: float = 0.0,
    folded: bool = False,
    pixel_mean: bool = False,
) -> float:
    """Q_AB/F: how much of the sources' edge strength and orientation the fused picture keeps, weighted by
    strength.

    Args:
        t: the pictures.
        equal_gain: where source and fused strength are exactly equal, G = equal_gain x strength, as the
            public codes have it (saturated for 8-bit data); None takes min/max = 1 there.
        strength, orientation: (Gamma, kappa, sigma) of the two sigmoids.
        tiny: what replaces a zero horizontal difference and a zero strength; 0 uses the rule angle = pi/2.
        folded: fold angle differences, so that +89 and -89 degrees are neighbours.
        pixel_mean: mean over pixels of the weighted quality, instead of the ratio of sums.

    Returns:
        A value in [0, 1]; NaN where no picture has an edge.
    """
    kept = t.fused.edge_strength
    gf = np.where(kept == 0, tiny, kept) if tiny else kept
    af = _orientation(t.fused, tiny)
    weighted = np.zeros(t.shape)
    weight = np.zeros(t.shape)
    for source in t.sources:
        raw = source.edge_strength
        g = np.where(raw == 0, tiny, raw) if tiny else raw
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(raw > kept, kept / g, g / gf)
        kept = gf  # the code with `tiny` mends the fused strength's zeros only after its first use
        if equal_gain is not None:
            equal = g == gf
            ratio[equal] = gf[equal] * equal_gain
        turn = _orientation(source, tiny) - af
        np.abs(turn, out=turn)
        turn /= HALF_PI
        turn = np.abs(turn - 1) if folded else np.subtract(1, turn, out=turn)
        quality = _sigmoid(ratio, *strength)
        quality *= _sigmoid(turn, *orientation)
        quality *= g
        weighted += quality
        weight += g
    if pixel_mean:
        return float(np.mean(weighted / weight))
    total = weight.sum()
    return float(weighted.sum() / total) if total > 0 else float("nan")


def _mirrored(p: Picture) -> tuple[Array, Array]:
    """Sobel / 8 magnitude and orientation on the mirrored picture."""

    def make() -> tuple[Array, Array]:
        sx, sy = (d / 8 for d in sobel(p.x, "mirror"))
        with np.errstate(divide="ignore", invalid="ignore"):
            angle = np.arctan(sx / sy)
        angle[(sx == 0) & (sy == 0)] = 0
        return np.sqrt(sx * sx + sy * sy), angle

    return p.memo("mirrored edges", make)


def nabf(t: Triple, *, rotated: bool = False) -> float:
    """N_AB/F: share of edge information in the fused picture that neither source has; lower is better.

    ``rotated`` passes the pictures as the published script does, which scores the infrared picture as if it
    were fused from the visible and the fused one. NaN under 2x2 pixels.
    """
    if min(t.shape) < 2:
        return float("nan")
    f, a, b = (t.ir, t.vis, t.fused) if rotated else (t.fused, t.ir, t.vis)
    gf, af = _mirrored(f)
    lost = np.zeros(t.shape)
    total = 0.0
    new = np.ones(t.shape, dtype=bool)
    for source in (a, b):
        g, angle = _mirrored(source)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.minimum(g, gf) / np.maximum(g, gf)
        ratio[(g == 0) | (gf == 0)] = 0
        turn = np.abs(np.abs(angle - af) - HALF_PI) / HALF_PI
        quality = _sigmoid(ratio, 0.9999, 19.0, 0.5)
        quality *= _sigmoid(turn, 0.9995, 22.0, 0.5)
        np.sqrt(quality, out=quality)
        weight = np.where(g >= 2, g * np.sqrt(g), 0.001)
        lost += (1 - quality) * weight
        total += float(weight.sum())
        new &= gf > g
    return float(lost[new].sum()) / total
