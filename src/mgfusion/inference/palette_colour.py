"""Temperature in a palette's colours, with the fused picture's detail."""

from typing import TYPE_CHECKING

import numpy as np

from mgfusion.errors import OptionError
from mgfusion.images import Array, luminance
from mgfusion.images.colour import within_range
from mgfusion.near_misses import did_you_mean
from mgfusion.thermal import palette_names

if TYPE_CHECKING:
    from torch import Tensor

VISIBLE, GREY = "visible", "grey"
"""What colours a fused picture beside palettes: the visible picture's, or none."""
_DETAIL = 80  # the longer side over this: standard deviation in pixels below which structure is detail


def chosen_colour(colour: str, gray: bool = False) -> str:
    """The name of what colours a fused picture, as it is spelled here.

    Args:
        colour: ``visible``, ``grey`` (or ``gray``), or one of :func:`mgfusion.thermal.palette_names`; in any
            case.
        gray: the same as ``grey``.

    Raises:
        OptionError: another name, or ``gray`` and a palette.
    """
    names = {name.lower(): name for name in (VISIBLE, GREY, *palette_names())} | {"gray": GREY}
    chosen = names.get(colour.lower()) if isinstance(colour, str) else None
    if chosen is None:
        near = did_you_mean(str(colour), names) or f"; there are {', '.join(dict.fromkeys(names.values()))}"
        raise OptionError(f"no colour {colour!r}{near}")
    if gray and chosen not in (VISIBLE, GREY):
        raise OptionError(f"colour {colour!r} and gray: give one of them")
    return GREY if gray else chosen


def palette_colour(ir: "Tensor", y: "Tensor", table: Array) -> "Tensor":
    """The infrared picture in false colour, its detail replaced by that of the fused picture.

    Thermographers know the like as MSX. Hue and coarse brightness are the palette's, so that colours can be
    read as temperatures by day, too; what is finer than an eightieth of the picture is the fused one's.

    Args:
        ir: (B, 1, H, W), float in [0, 1], 1 the hottest.
        y: fused luminance, (B, 1, H, W), float in [0, 1].
        table: (256, 3) RGB uint8, the coldest first; values between two entries are mixed.

    Returns:
        (B, 3, H, W), float in [0, 1], on the device of ``y``.
    """
    import torch

    colours = torch.from_numpy(table.astype(np.float32) / 255).to(y.device)
    place = ir.to(y.device).clamp(0, 1)[:, 0] * (len(table) - 1)
    below = place.floor().clamp_(max=len(table) - 2)
    share = (place - below)[..., None]
    below = below.long()
    rgb = colours[below].lerp_(colours[below + 1], share).movedim(-1, 1)
    shown = luminance(rgb)
    detailed = (y + _coarse(shown - y)).clamp_(0, 1)
    return within_range(detailed, rgb - shown)


def _coarse(planes: "Tensor") -> "Tensor":
    import cv2
    import torch

    sigma = max(planes.shape[-2:]) / _DETAIL
    blurred = [cv2.GaussianBlur(plane, (0, 0), sigma) for plane in planes[:, 0].cpu().numpy()]
    return torch.from_numpy(np.stack(blurred)[:, None]).to(planes)
