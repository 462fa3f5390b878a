"""Information measures on grey-level histograms: entropy, mutual information, cross entropy."""

import numpy as np

from mgfusion.metrics.filters import Array
from mgfusion.metrics.picture import Picture, Triple

LN2 = float(np.log(2))


def _plogp(p: Array) -> float:
    """-sum p ln p over the positive entries."""
    p = p[p > 0]
    return 0.0 - float((p * np.log(p)).sum())


def histogram(p: Picture) -> Array:
    """Relative frequency of each grey level, (256,)."""
    return p.memo("histogram", lambda: np.bincount(p.levels, minlength=256) / p.x.size)


def joint_histogram(t: Triple, p: Picture, q: Picture) -> Array:
    """Relative frequency of each pair of grey levels, (256, 256), p along the rows."""

    def make() -> Array:
        return np.bincount(p.levels * 256 + q.levels, minlength=65536).reshape(256, 256) / p.x.size

    return t.memo(("joint", id(p), id(q)), make)


def mutual(t: Triple, p: Picture, q: Picture) -> float:
    """Mutual information of two pictures, in nats."""
    return _plogp(histogram(p)) + _plogp(histogram(q)) - _plogp(joint_histogram(t, p, q))


def entropy(t: Triple) -> float:
    """EN: Shannon entropy of the fused picture's 256 grey levels, in bits."""
    return _plogp(histogram(t.fused)) / LN2


def _stretched(t: Triple) -> tuple[Picture, Picture, Picture] | None:
    """(fused, ir, vis) stretched to 0..255, or None where a constant picture has no stretch."""
    pictures = t.fused.stretched, t.ir.stretched, t.vis.stretched
    return None if any(np.isnan(p.x[0, 0]) for p in pictures) else pictures


def mutual_information(
    t: Triple, *, stretched: bool = False, nats: bool = False, top_merged: bool = False
) -> float:
    """MI: I(ir; fused) + I(vis; fused) (Qu et al., 2002), in bits, or in nats.

    ``stretched`` first stretches each picture to 0..255, which changes nothing for 8-bit pictures that are
    not constant (no two levels meet). ``top_merged`` counts level 255 as 254 in the joint histograms, but not
    in the marginal ones: uint8 arithmetic on 1-based indices saturates there.
    """
    pictures = _stretched(t) if stretched else (t.fused, t.ir, t.vis)
    if pictures is None:
        return float("nan")
    f, a, b = pictures
    value = mutual(t, a, f) + mutual(t, b, f)
    if top_merged:
        for s in (a, b):
            joint = joint_histogram(t, s, f).copy()
            value += _plogp(joint)
            joint[254] += joint[255]
            joint[:, 254] += joint[:, 255]
            value -= _plogp(joint[:255, :255])
    return value if nats else value / LN2


def _over(x: float, y: float) -> float:
    return x / y if y > 0 else float("nan")


def normalised_mutual_information(t: Triple, *, stretched: bool = False) -> float:
    """Q_MI: 2 [I(ir; fused) / (H(ir) + H(fused)) + I(vis; fused) / (H(vis) + H(fused))] (Hossny et al.,
    2008).

    NaN where a source and the fused picture are both constant.
    """
    pictures = _stretched(t) if stretched else (t.fused, t.ir, t.vis)
    if pictures is None:
        return float("nan")
    f, a, b = pictures
    h = _plogp(histogram(f))
    return 2 * sum(_over(mutual(t, s, f), _plogp(histogram(s)) + h) for s in (a, b))


def cross_entropy(t: Triple) -> float:
    """CE: mean over both sources of sum p log2(p / q) over levels where both p (source) and q (fused) are
    positive.

    Leaving out levels that the fused picture lacks keeps it finite, and lets it be negative.
    """
    q = histogram(t.fused)
    total = 0.0
    for s in t.sources:
        p = histogram(s)
        both = (p > 0) & (q > 0)
        total += float((p[both] * np.log2(p[both] / q[both])).sum())
    return total / 2


def nonlinear_correlation(t: Triple, *, stretched: bool = False) -> float:
    """Q_NCIE: nonlinear correlation information entropy of the three pictures (Wang et al., 2008), in [0, 1].

    1 + sum (r / 3) log256(r / 3) over the eigenvalues r of the matrix of pairwise I / log(256).
    """
    pictures = _stretched(t) if stretched else (t.fused, t.ir, t.vis)
    if pictures is None:
        return float("nan")
    f, a, b = pictures
    scale = 8 * LN2
    ab, af, bf = (mutual(t, p, q) / scale for p, q in ((a, b), (a, f), (b, f)))
    r = np.linalg.eigvalsh(np.array([[1, ab, af], [ab, 1, bf], [af, bf, 1]])) / 3
    return 1 - _plogp(r) / scale


def _tsallis(t: Triple, p: Picture, q: Picture, order: float, swapped: bool) -> float:
    """Tsallis mutual information of the given order; ``swapped`` pairs each level with the other
    picture's marginal.
    """
    joint = joint_histogram(t, p, q)
    rows, columns = histogram(p), histogram(q)
    product = np.outer(columns, rows) if swapped else np.outer(rows, columns)
    used = product > 0
    return float(((joint[used] ** order / product[used] ** (order - 1)).sum() - 1) / (order - 1))


def tsallis_information(
    t: Triple, *, order: float = 1.85, normalised: bool = False, swapped: bool = False
) -> float:
    """Q_TE: Tsallis mutual information of both sources with the fused picture (Cvejic et al., 2006, order
    1.85).

    ``normalised`` divides by H(ir)^q + H(vis)^q + I_q(ir, vis) (Nava et al., 2007, order 0.43137).
    ``swapped`` mixes up the two marginals, as the public code does, after a stretch to 0..255.
    """
    pictures = _stretched(t) if swapped else (t.fused, t.ir, t.vis)
    if pictures is None:
        return float("nan")
    f, a, b = pictures
    value = _tsallis(t, a, f, order, swapped) + _tsallis(t, b, f, order, swapped)
    if not normalised:
        return value
    own = sum((_plogp(histogram(s)) / LN2) ** order for s in (a, b))
    return _over(value, own + _tsallis(t, a, b, order, swapped))
