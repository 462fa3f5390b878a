"""Where there is no infrared: black borders that a warp left, and what stands in."""

import numpy as np

from mgfusion.images import Array, FloatArray

_BLACK = 24 / 255  # a border may be video black, or what JPEG makes of black, but no darker grey of a scene
_TOLERANCES = 20 / 255, 10 / 255, 0.75 / 255  # how far from its value a border's pixels may be: JPEG; as made
_BLURRED = 2, 5  # pixels beyond a border that are half black, as made and after JPEG
_WIDEST = 0.4  # of a side
_OFF = 1.5  # pixels that the border's edge may be off a straight line
_SHORTEST = 0.06  # of a side, for a wedge that ends on it
_PLACES = 100  # along a side, where the border's depth is looked at
_TRIED = 24  # of them, that lines are drawn through
_FADE = 16  # pixels from a border's edge to where the visible picture alone is shown


def black_borders(ir: FloatArray) -> Array | None:
    """Which pixels are on black borders or their blurred edges.

    A border is black and constant, touches the frame, begins at a corner or runs along a whole side, and ends
    at a straight line, level or slanted: so it is told from a cold sky, whose black ends at roofs and trees.
    Up to 40 % of a side.

    Args:
        ir: (H, W), float32 in [0, 1].

    Returns:
        (H, W), bool, or None where there is no such border.
    """
    import cv2

    black = min(float(line.min()) for line in (ir[0], ir[-1], ir[:, 0], ir[:, -1]))
    if black > _BLACK:
        return None
    missing = np.zeros(ir.shape, bool)
    for turned, part in ((ir, missing), (ir[::-1], missing[::-1]), (ir.T, missing.T),
                         (ir.T[::-1], missing.T[::-1])):  # fmt: skip
        _mark_band(turned, black, part)
    if not missing.any():
        return None
    constant = np.quantile(ir[missing], 0.8) <= black + _TOLERANCES[-1]
    size = 2 * (_BLURRED[0] if constant else _BLURRED[1]) + 1
    return np.asarray(cv2.dilate(missing.astype(np.uint8), np.ones((size, size), np.uint8))) > 0


def continue_infrared(ir: FloatArray, missing: Array) -> FloatArray:
    """Infrared with a smooth continuation, without detail, where it is missing; (H, W) all.

    A network that is given black there, or the visible picture twice, paints a frame: what it makes of the
    rest of a sky it can only make of a sky that goes on.
    """
    return _filled(ir, 1 - missing.astype(np.float32))


def share_of_visible(missing: Array) -> FloatArray:
    """How much of the fused picture is to be the visible one: 0 at the edge of what is missing, 1 beyond."""
    import cv2

    distance: FloatArray = cv2.distanceTransform(missing.astype(np.uint8), cv2.DIST_L2, 3)
    return np.minimum(distance / _FADE, 1)


def _filled(ir: FloatArray, known: FloatArray) -> FloatArray:
    """Push and pull: what is unknown comes from the next level of a pyramid of weighted means."""
    import cv2

    if known.min() == 1 or min(ir.shape) < 2:
        return ir
    weight = cv2.pyrDown(known)
    coarse = _filled(cv2.pyrDown(ir * known) / np.maximum(weight, 1e-6), np.minimum(4 * weight, 1))
    larger: FloatArray = cv2.pyrUp(coarse, dstsize=ir.shape[::-1])
    return known * ir + (1 - known) * larger


def _mark_band(ir: FloatArray, black: float, part: Array) -> None:
    """Mark the band along the first row of a turned picture, if there is one."""
    height, width = ir.shape
    at = np.unique(np.linspace(0, width - 1, _PLACES).astype(int))
    if np.count_nonzero(ir[0, at] <= black + max(_TOLERANCES)) < _SHORTEST * len(at):
        return
    deepest = max(1, int(_WIDEST * height))
    looked_at = ir[: deepest + 1, at]
    for tolerance in _TOLERANCES:
        seen = looked_at > black + tolerance
        line = _straight_edge(at, np.where(seen.any(0), seen.argmax(0), deepest + 1), deepest)
        if line is not None:
            slope, start = line
            ends = np.ceil(start + slope * np.arange(width))
            part[: deepest + 1] |= np.arange(deepest + 1)[:, None] < ends
            return


def _straight_edge(at: Array, depth: Array, deepest: int) -> tuple[float, float] | None:
    """Slope and start of the line that a border's depth follows along a side, or None.

    Lines through any two of some places are tried. Where a dark sky meets the border, or the next side's
    border does, the depth is greater than the line; nowhere may it be less.
    """
    useful = np.flatnonzero((depth > 0) & (depth <= deepest))
    if len(useful) < max(2, _SHORTEST * len(at)):
        return None
    tried = useful[np.unique(np.linspace(0, len(useful) - 1, _TRIED).astype(int))]
    first, second = np.triu_indices(len(tried), 1)
    x, y = at[tried], depth[tried]
    slopes = (y[second] - y[first]) / (x[second] - x[first])
    starts = y[first] - slopes * x[first]
    off = y - (starts[:, None] + slopes[:, None] * x)
    share = (np.abs(off) <= _OFF).mean(1)
    best = share.argmax()
    if share[best] < 0.4:
        return None
    near = (np.abs(depth - (starts[best] + slopes[best] * at)) <= _OFF) & (depth > 0)
    slope, start = np.polyfit(at[near], depth[near], 1)
    line = start + slope * at
    under = line > 0.5
    if under.sum() < _SHORTEST * len(at):
        return None
    counted, expected = depth[under], line[under]
    black = (counted > 0).mean() >= 0.9 and (counted >= expected - _OFF).mean() >= 0.98
    if not black or (np.abs(counted - expected) <= _OFF).mean() < 0.5:
        return None
    return float(slope), float(start)
