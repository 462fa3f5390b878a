"""A fused luminance in a frame's planes, coloured as pictures are, at the resolution that chroma has."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mgfusion.images import Array, FloatArray, fused_chroma
from mgfusion.images.colour import BLUE, RED
from mgfusion.video.frame_planes import Frame, Levels

if TYPE_CHECKING:
    from torch import Tensor

_BT601, _BT709, _BT2020 = 6, 1, 9
"""FFmpeg's numbers of colour spaces."""
_WEIGHTS = {_BT709: (0.2126, 0.0722), _BT2020: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
"""Of red and blue in Y; all else is BT.601."""
_UNSAID = 2
_CELL = 4  # pixels of the picture, as mgfusion.images.fused_colour has them
_TINY = np.float32(1e-6)


def with_luminance(vis: Frame, fused: FloatArray, gray: bool = False) -> Frame:
    """The visible frame with a fused luminance, (H, W) in [0, 1], in its own levels.

    Its colour follows by the rule of :func:`mgfusion.images.fused_colour`, on Cb and Cr as they are stored; a
    luminance of floats stays one, without colour.
    """
    if vis.y.dtype.kind == "f":
        return replace(vis, y=fused, chroma=None)
    y = vis.levels.from_unit(fused)
    if vis.chroma is None or gray:
        return replace(vis, y=y, chroma=None)
    return replace(vis, y=y, chroma=_following(vis, vis.chroma, fused))


def with_palette(vis: Frame, rgb: "Tensor") -> Frame:
    """The visible frame with the colours of :func:`mgfusion.inference.palette_colour.palette_colour`.

    Args:
        vis: chroma becomes as coarse as its own, or 4:2:0 where it has none; of floats 16 bits at full size.
        rgb: (1, 3, H, W), float in [0, 1].
    """
    if vis.y.dtype.kind == "f":
        vis = replace(vis, levels=Levels(16))
    space = _BT601 if vis.tags.space == _UNSAID else vis.tags.space  # said, or players guess by the size
    kr, kb = _WEIGHTS.get(space, (RED, BLUE))
    red, green, blue = rgb[0].cpu().numpy()
    y = np.float32(kr) * red + np.float32(1 - kr - kb) * green + np.float32(kb) * blue
    height, width = y.shape
    if vis.chroma is not None:
        shape = vis.chroma[0].shape
    elif vis.y.dtype.kind == "f" or height % 2 or width % 2:
        shape = height, width
    else:
        shape = height // 2, width // 2
    above = (_at_size(plane - y, shape) for plane in (blue, red))
    cb, cr = (_stored(plane, weight, vis.levels) for plane, weight in zip(above, (kb, kr), strict=True))
    tags = replace(vis.tags, space=space)
    return replace(vis, y=vis.levels.from_unit(y), chroma=(cb, cr), tags=tags)


def _following(vis: Frame, chroma: tuple[Array, Array], fused: FloatArray) -> tuple[Array, Array]:
    import torch

    levels, shape = vis.levels, chroma[0].shape
    kr, kb = _WEIGHTS.get(vis.tags.space, (RED, BLUE))
    blue, red = (
        np.subtract(plane, np.float32(levels.grey), dtype=np.float32)
        * np.float32(2 * (1 - weight) / levels.reach)
        for plane, weight in zip(chroma, (kb, kr), strict=True)
    )
    seen, small = levels.to_unit(_at_size(vis.y, shape)), _at_size(fused, shape)
    down, across = (-(-whole // part) for whole, part in zip(vis.y.shape, shape, strict=True))
    above = torch.from_numpy(np.stack([red, blue]))[None]
    cell = max(1, _CELL // down), max(1, _CELL // across)
    planes = (torch.from_numpy(plane)[None, None] for plane in (seen, small))
    red, blue = fused_chroma(next(planes), above, next(planes), cell)[0].numpy()
    green = (red * np.float32(kr) + blue * np.float32(kb)) * np.float32(-1 / (1 - kr - kb))
    most = np.maximum(np.maximum(red, green), blue)
    least = np.minimum(np.minimum(red, green), blue)
    keep = np.minimum((1 - small) / np.maximum(most, _TINY), small / np.maximum(-least, _TINY))
    np.minimum(keep, 1, out=keep)
    return _stored(blue * keep, kb, levels), _stored(red * keep, kr, levels)


def _at_size(plane: Array, shape: tuple[int, ...]) -> Array:
    if plane.shape == shape:
        return plane
    import cv2

    resized: Array = cv2.resize(plane, shape[::-1], interpolation=cv2.INTER_AREA)
    return resized


def _stored(above: FloatArray, weight: float, levels: Levels) -> Array:
    """What blue or red is above luminance, as Cb or Cr."""
    scaled = above * np.float32(levels.reach / (2 * (1 - weight)))
    scaled += np.float32(levels.grey + 0.5)
    np.clip(scaled, 0, (1 << levels.bits) - 1, out=scaled)
    return scaled.astype(np.uint8 if levels.bits == 8 else np.uint16)
