"""The colour of a fused picture: the visible picture's, fitted to another luminance."""

from typing import TYPE_CHECKING

import numpy as np

from mgfusion.images.colour import BLUE, GREEN, RED, luminance, rounded_levels, within_range
from mgfusion.images.file_formats import Array

if TYPE_CHECKING:
    from torch import Tensor

# What was compared, and how these were chosen: docs/design.md, "The colour".
_NOISE, _TRUSTED = 0.06, 0.2
"""Local luminance up to which a pixel's own colour is noise, and from which it is trusted."""
_GRID, _WINDOW = 4, 5  # pixels of a cell, cells of a window, that a dark place's colour is the mean of
_WHITE_HOT, _LEFT = 0.6, 0.5
"""How far the infrared lifts what it makes white, and the share of the colour that is left there."""
_MOST_SATURATED = 1.5  # times the visible picture's colour that a lifted pixel gains at most
_TINY = 0.01  # luminance below which a share of it means nothing
_STRIPE = 20_000  # pixels whose float planes, a dozen on the way, stay in a core's cache


def fused_colour(rgb: "Tensor", y: "Tensor") -> "Tensor":
    """The fused luminance in the visible picture's colours.

    Where the luminance rises or falls a little, chroma goes with it, so that saturation stays. Where the
    infrared lifts it far, colour fades: it is the infrared's light by then, and a weak cast would turn mauve.
    Where the visible picture is dark, a pixel's colour is mostly noise: the mean colour of its surroundings,
    in proportion to its luminance, takes its place. The hue is kept; where a channel would leave [0, 1],
    chroma shrinks just enough.

    Args:
        rgb: visible, (B, 3, H, W), float in [0, 1].
        y: fused luminance, (B, 1, H, W), float in [0, 1].

    Returns:
        (B, 3, H, W), float in [0, 1], whose BT.601 luminance is ``y``.
    """
    return _fitted(rgb, y, _dark_colour(rgb, 1.0), 1.0)


def recoloured(rgb: Array, y: "Tensor") -> Array:
    """:func:`fused_colour` and :func:`mgfusion.images.rounded_rgb` in one pass over an 8-bit picture.

    Args:
        rgb: (H, W, 3) uint8.
        y: (1, 1, H, W), float in [0, 1].

    Returns:
        (H, W, 3) uint8.
    """
    import cv2
    import torch

    planes = torch.from_numpy(np.stack(cv2.split(rgb)))[None]
    out = np.empty(rgb.shape, np.uint8)
    rows = max(1, _STRIPE // rgb.shape[1])
    with torch.inference_mode():
        dark = _dark_colour(planes.float(), 255.0)
        for top in range(0, len(rgb), rows):
            stripe = (..., slice(top, top + rows), slice(None))
            there = None if dark is None else dark[stripe]
            levels = _fitted(planes[stripe].float(), y[stripe] * 255, there, 255.0)
            whole = rounded_levels(levels)[0].to(torch.uint8).numpy()
            out[top : top + rows] = cv2.merge([whole[0], whole[1], whole[2]])
    return out


def _fitted(rgb: "Tensor", y: "Tensor", dark: "Tensor | None", white: float) -> "Tensor":
    """Pixel by pixel, all in [0, white]; ``dark`` is what :func:`_dark_colour` gives of these pixels."""
    import torch

    y = y.clamp(0, white)
    seen = luminance(rgb)
    chroma = rgb[:, ::2] - seen  # red's and blue's, which tell green's
    lift = y - seen
    hot = (lift / (_WHITE_HOT * white)).clamp_(0, 1)
    gain = lift.div_(seen + _TINY * white).clamp_(max=_MOST_SATURATED).mul_((1 - hot).square_())
    if dark is not None:
        trust = dark[:, :1]
        chroma = (seen * dark[:, 1:]).lerp_(chroma, trust)
        gain.mul_(trust)
    chroma.mul_(gain.sub_(hot.square_(), alpha=1 - _LEFT).add_(1))
    red, blue = chroma[:, :1], chroma[:, 1:]
    green = (red * (-RED / GREEN)).sub_(blue, alpha=BLUE / GREEN)
    return within_range(y, torch.cat([red, green, blue], dim=1), white)


def _dark_colour(rgb: "Tensor", white: float) -> "Tensor | None":
    """Trust in a pixel's own colour, and the mean chroma around it as a share of luminance, (B, 3, H, W).

    None where no place is dark.
    """
    import cv2
    import torch
    from torch.nn import functional

    cells = functional.avg_pool2d(rgb, _GRID, ceil_mode=True, count_include_pad=False)
    around = functional.avg_pool2d(cells, _WINDOW, 1, _WINDOW // 2, count_include_pad=False)
    local = luminance(around)
    trust = ((local / white - _NOISE) / (_TRUSTED - _NOISE)).clamp_(0, 1)
    if float(trust.min()) == 1:
        return None
    tint = (around[:, ::2] - local) / (local + _TINY * white)
    found = torch.cat([trust, tint], dim=1)
    planes = np.empty((*found.shape[:2], *rgb.shape[2:]), np.float32)
    for small, large in zip(
        found.flatten(0, 1).cpu().numpy(), planes.reshape(-1, *rgb.shape[2:]), strict=True
    ):
        cv2.resize(small, large.shape[::-1], dst=large)  # torch's own takes 15 times as long
    return torch.from_numpy(planes).to(rgb.device)
