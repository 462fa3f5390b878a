"""The thermal dial: how much of the fused picture is the infrared camera's, from 0 to 1."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from mgfusion.images import Array, FloatArray, luminance
from mgfusion.thermal.hot_spots import surroundings

if TYPE_CHECKING:
    from torch import Tensor

AS_TRAINED = 0.5
"""Where the dial leaves the network's picture as it is."""

# Grey levels above the median of its surroundings between which a pixel comes to count as hot: half and one
# and a half times what HTC counts.
_WARM, _HOT = 20, 60
_GIVE_WAY = 0.25  # share by which the dial at 1 darkens what lies around a hot target
_LIFT = 0.85  # share of the way to white that the dial at 1 lifts a hot target: the rest is its own detail
_STRIPE = 20_000  # pixels
_SEEN = 0.04  # local contrast, of [0, 1], at which the visible picture shows what is there


def turn_dial(
    fused: "Tensor", ir: "Tensor", vis: "Tensor", thermal: float = AS_TRAINED, lift: float = 0.0
) -> "Tensor":
    """The fused luminance with more or less of the infrared picture in it; continuous in ``thermal``.

    At 0.5 pale hot targets are lifted by ``lift``, the model's own. From there down to 0 the picture goes
    over to the visible one, but where that shows nothing (dark or flat) and the infrared does. From 0.5 up
    to 1 hot targets (warmer than the median of their surroundings, as
    :func:`mgfusion.thermal.hot_spots.hot_spots` has it, but with soft limits) go up to white, and what lies
    around them gives way.

    Args:
        fused, ir: (B, 1, H, W), float in [0, 1]; luminance. Whole pictures, not tiles.
        vis: (B, 1 or 3, H, W), float in [0, 1].
        thermal: from 0 to 1.
        lift: from 0 to 1; how far hot targets are raised, at any place of the dial, that stand out less from
            their surroundings than in the infrared picture.

    Returns:
        (B, 1, H, W), float in [0, 1], on the device of ``fused``.
    """
    import torch

    turn = (thermal - AS_TRAINED) / AS_TRAINED
    if turn == lift == 0:
        return fused
    turned = []
    planes = (stack[:, 0].cpu().numpy() for stack in (fused, ir))
    for f, i, seen in zip(*planes, vis, strict=True):
        picture = _towards_infrared(f, i, max(turn, 0.0), lift) if turn > 0 or lift else f
        if turn < 0:
            picture = _towards_visible(picture, i, luminance(seen[None])[0, 0].cpu().numpy(), -turn)
        turned.append(picture)
    return torch.from_numpy(np.stack(turned)[:, None]).to(fused)


def _towards_visible(fused: FloatArray, ir: FloatArray, vis: FloatArray, amount: float) -> FloatArray:
    unseen = _contrast(ir) / (_contrast(ir) + _contrast(vis) + _SEEN)
    share = 1 - amount * (1 - unseen * unseen)
    return np.clip(vis + share * (fused - vis), 0, 1).astype(np.float32)


def _towards_infrared(fused: FloatArray, ir: FloatArray, amount: float, lift: float) -> FloatArray:
    """Hot targets raised: all by ``amount``, and by ``lift`` of what is left as far as they are pale."""
    import cv2

    levels = cv2.convertScaleAbs(ir, alpha=255)
    excess = cv2.subtract(levels, surroundings(levels))
    hot = np.empty(ir.shape, np.float32)
    # A broad warm band, sky above a horizon say, is no target: those are among the brightest fifth.
    least, most = np.percentile(levels[::4, ::4], (75, 85))
    warmer, brightest = _soft(_WARM, _HOT), _soft(least, max(float(most), least + 1))
    for rows in _stripes(ir.shape):
        cv2.multiply(cv2.LUT(excess[rows], warmer), cv2.LUT(levels[rows], brightest), dst=hot[rows])
    few = cv2.resize(hot, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    near = cv2.GaussianBlur(few, (0, 0), max(few.shape) / 24)
    near *= min(2 / max(float(near.max()), 1e-6), 1e6)
    near = cv2.resize(np.minimum(near, 1), fused.shape[::-1], interpolation=cv2.INTER_LINEAR)
    pale = _pale(fused, excess) if lift else None
    turned = np.empty(fused.shape, np.float32)
    for rows in _stripes(fused.shape):
        share: FloatArray | float = amount
        if pale is not None:
            share = amount + (1 - amount) * lift * pale[rows]
        out, here, beside = turned[rows], hot[rows], near[rows]
        beside -= cv2.multiply(beside, here)
        beside *= fused[rows]
        beside *= share * _GIVE_WAY
        calm = cv2.subtract(fused[rows], beside, dst=out)
        here *= share * _LIFT
        here *= 1 - calm
        out += here
    return turned


def _stripes(shape: tuple[int, ...]) -> Iterator[slice]:
    """Rows that a dozen float planes of stay in a core's cache."""
    rows = max(1, _STRIPE // shape[1])
    return (slice(top, top + rows) for top in range(0, shape[0], rows))


def _pale(fused: FloatArray, excess: Array) -> FloatArray:
    """How much less a place stands out from its surroundings than in the infrared picture, 0 to 1."""
    import cv2

    levels = cv2.convertScaleAbs(fused, alpha=255)
    shown = cv2.subtract(levels, surroundings(levels))
    few = [cv2.resize(x, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA) for x in (shown, excess)]
    small, large = (x.astype(np.float32) for x in few)
    lacking = np.clip(1 - (small + 1) / (large + 1), 0, 1)
    return np.asarray(cv2.resize(lacking, fused.shape[::-1], interpolation=cv2.INTER_LINEAR))


def _soft(low: float, high: float) -> FloatArray:
    """256 levels -> 0 up to ``low``, 1 from ``high`` on, and a smooth step between."""
    step = np.clip((np.arange(256) - low) / (high - low), 0, 1)
    return np.asarray(step * step * (3 - 2 * step), np.float32)


def _contrast(picture: FloatArray) -> FloatArray:
    """Standard deviation around each pixel, in a window of a fortieth of the picture."""
    import cv2

    side = max(picture.shape) // 40 | 1
    mean = cv2.blur(picture, (side, side))
    variance = cv2.blur(picture * picture, (side, side)) - mean * mean
    return np.asarray(np.sqrt(np.clip(variance, 0, None)), np.float32)
