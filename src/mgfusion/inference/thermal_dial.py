"""The thermal dial: how much of the fused picture is the infrared camera's, from 0 to 1."""

from typing import TYPE_CHECKING

import numpy as np

from mgfusion.images import FloatArray
from mgfusion.thermal.hot_spots import surroundings

if TYPE_CHECKING:
    from torch import Tensor

AS_TRAINED = 0.5
"""Where the dial leaves the network's picture as it is."""

# Levels of 255 above the median of its surroundings between which a pixel comes to count as hot: half and one
# and a half times what HTC counts.
_WARM, _HOT = 20 / 255, 60 / 255
_GIVE_WAY = 0.25  # share by which the dial at 1 darkens what lies around a hot target
_LIFT = 0.85  # share of the way to white that the dial at 1 lifts a hot target: the rest is its own detail
_SEEN = 0.04  # local contrast, of [0, 1], at which the visible picture shows what is there


def turn_dial(fused: "Tensor", ir: "Tensor", vis: "Tensor", thermal: float) -> "Tensor":
    """The fused luminance with more or less of the infrared picture in it; continuous in ``thermal``.

    From 0.5 down to 0 it goes over into the visible picture, but where that shows nothing (dark or flat) and
    the infrared does. From 0.5 up to 1 hot targets (warmer than the median of their surroundings, as
    :func:`mgfusion.thermal.hot_spots.hot_spots` has it, but with soft limits) go up to white, and what lies
    around them gives way.

    Args:
        fused, ir, vis: (B, 1, H, W), float in [0, 1]; luminance.
        thermal: from 0 to 1; 0.5 gives ``fused`` back.

    Returns:
        (B, 1, H, W), float in [0, 1], on the device of ``fused``.
    """
    import torch

    if thermal == AS_TRAINED:
        return fused
    turn = _towards_visible if thermal < AS_TRAINED else _towards_infrared
    amount = abs(thermal - AS_TRAINED) / AS_TRAINED
    planes = ([x[0] for x in stack.cpu().numpy()] for stack in (fused, ir, vis))
    turned = [turn(f, i, v, amount) for f, i, v in zip(*planes, strict=True)]
    return torch.from_numpy(np.stack(turned)[:, None]).to(fused)


def _towards_visible(fused: FloatArray, ir: FloatArray, vis: FloatArray, amount: float) -> FloatArray:
    unseen = _contrast(ir) / (_contrast(ir) + _contrast(vis) + _SEEN)
    share = 1 - amount * (1 - unseen * unseen)
    return np.clip(vis + share * (fused - vis), 0, 1).astype(np.float32)


def _towards_infrared(fused: FloatArray, ir: FloatArray, vis: FloatArray, amount: float) -> FloatArray:
    import cv2

    levels = np.rint(ir * 255).astype(np.uint8)
    excess = ir - surroundings(levels).astype(np.float32) / 255
    hot = np.clip((excess - _WARM) / (_HOT - _WARM), 0, 1)
    # A broad warm band, sky above a horizon say, is no target: those are among the brightest fifth.
    least, most = np.percentile(ir[::4, ::4], (75, 85))
    hot *= np.clip((ir - least) / max(float(most - least), 1 / 255), 0, 1)
    hot = hot * hot * (3 - 2 * hot)
    radius = max(fused.shape) / 24
    near = cv2.GaussianBlur(hot, (0, 0), radius)
    near = np.clip(near / max(float(near.max()), 1e-6) * 2, 0, 1) * (1 - hot)
    calm = fused * (1 - amount * _GIVE_WAY * near)
    lifted = calm + amount * _LIFT * hot * (1 - calm)
    return np.asarray(lifted, np.float32)


def _contrast(picture: FloatArray) -> FloatArray:
    """Standard deviation around each pixel, in a window of a fortieth of the picture."""
    import cv2

    side = max(picture.shape) // 40 | 1
    mean = cv2.blur(picture, (side, side))
    variance = cv2.blur(picture * picture, (side, side)) - mean * mean
    return np.asarray(np.sqrt(np.clip(variance, 0, None)), np.float32)
