"""Edge preservation: Q_AB/F (Xydeas and Petrovic, 2000)."""

import numpy as np

from mgfusion.metrics.triple import Array, Picture, Triple

HALF_PI = np.pi / 2


def _orientation(p: Picture, tiny: float) -> Array:
    """Edge angle in (-pi/2, pi/2]. tiny = 0: atan(-sy/sx), pi/2 where sx = 0; else atan(sy/sx) with sx = 0 -> tiny."""

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
    """Q_AB/F: how much of the sources' edge strength and orientation the fused picture keeps, weighted by strength.

    Args:
        t: the pictures.
        equal_gain: where source and fused strength are exactly equal, G = equal_gain x strength, as the public
            codes have it (saturated for 8-bit data); None takes min/max = 1 there.
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
        g = source.edge_strength
        if tiny:
            g = np.where(g == 0, tiny, g)
        with np.errstate(invalid="ignore"):
            ratio = np.minimum(g, kept) / np.maximum(g, gf)
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
