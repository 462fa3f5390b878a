"""The colour of a fused picture: the visible picture's, fitted to another luminance."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mgfusion.images.colour import BLUE, GREEN, RED, luminance, rounded_levels, within_range
from mgfusion.images.file_formats import Array, FloatArray

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
        dark = _dark_colour(planes, 255.0)
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
    chroma = _fitted_chroma(seen, rgb[:, ::2] - seen, y, dark, white)
    red, blue = chroma[:, :1], chroma[:, 1:]
    green = (red * (-RED / GREEN)).sub_(blue, alpha=BLUE / GREEN)
    return within_range(y, torch.cat([red, green, blue], dim=1), white)


def fused_chroma(seen: "Tensor", chroma: "Tensor", y: "Tensor", cell: tuple[int, int]) -> "Tensor":
    """The rule of :func:`fused_colour` for planes of a video, which hold colour more coarsely than luminance.

    Args:
        seen: the visible picture's luminance, (1, 1, h, w), float in [0, 1].
        chroma: how far red and blue are above it, (1, 2, h, w).
        y: fused luminance, (1, 1, h, w), float in [0, 1].
        cell: of how many rows and columns of these planes the mean colour of a dark place is made up.

    Returns:
        Red's and blue's distance from ``y``, (1, 2, h, w); not yet shrunk to what [0, 1] has room for.
    """
    import torch

    around = _around(torch.cat([seen, chroma], dim=1), cell)
    dark = _dark_tint(around[:, :1], around[:, 1:], seen.shape[2:], 1.0)
    return _fitted_chroma(seen, chroma.clone(), y, dark, 1.0)


def _fitted_chroma(
    seen: "Tensor", chroma: "Tensor", y: "Tensor", dark: "Tensor | None", white: float
) -> "Tensor":
    """Of red and blue, which tell green's; ``chroma`` is changed."""
    lift = y - seen
    hot = (lift / (_WHITE_HOT * white)).clamp_(0, 1)
    gain = lift.div_(seen + _TINY * white).clamp_(max=_MOST_SATURATED).mul_((1 - hot).square_())
    if dark is not None:
        trust = dark[:, :1]
        chroma = (seen * dark[:, 1:]).lerp_(chroma, trust)
        gain.mul_(trust)
    return chroma.mul_(gain.sub_(hot.square_(), alpha=1 - _LEFT).add_(1))


def _dark_colour(rgb: "Tensor", white: float) -> "Tensor | None":
    """Trust in a pixel's own colour, and the mean chroma around it as a share of luminance, (B, 3, H, W).

    Of pictures of any type in [0, white]; None where no place is dark.
    """
    around = _around(rgb, (_GRID, _GRID))
    local = luminance(around)
    return _dark_tint(local, around[:, ::2] - local, rgb.shape[2:], white)


def _around(planes: "Tensor", cell: tuple[int, int]) -> "Tensor":
    """The mean of a window of cells about each cell; what lies outside the picture doesn't count.

    By OpenCV where it can: PyTorch's own pooling of so few channels takes several times as long.
    """
    import cv2
    import torch

    (height, width), (down, across) = planes.shape[2:], cell
    shape = -(-height // down), -(-width // across)
    rows = max(1, _STRIPE // (down * width)) * down
    cells = np.empty((*planes.shape[:2], *shape), np.float32)
    for top in range(0, height, rows):
        stripe = planes[:, :, top : top + rows].float().cpu()
        _means(stripe, cell, cells[:, :, top // down : -(-(top + rows) // down)])
    window, none = (_WINDOW, _WINDOW), cv2.BORDER_CONSTANT
    counts = cv2.boxFilter(np.ones(shape, np.float32), -1, window, normalize=False, borderType=none)
    for plane in cells.reshape(-1, *shape):
        plane[:] = cv2.boxFilter(plane, -1, window, normalize=False, borderType=none) / counts
    return torch.from_numpy(cells).to(planes.device)


def _means(planes: "Tensor", cell: tuple[int, int], out: FloatArray) -> None:
    import cv2
    from torch.nn import functional

    if planes.shape[2] % cell[0] or planes.shape[3] % cell[1]:  # the last ones are smaller
        out[:] = functional.avg_pool2d(planes, cell, ceil_mode=True, count_include_pad=False).numpy()
        return
    for picture, means in zip(planes.numpy(), out, strict=True):
        for plane, few in zip(picture, means, strict=True):
            few[:] = cv2.resize(plane, few.shape[::-1], interpolation=cv2.INTER_AREA)


def _dark_tint(local: "Tensor", chroma: "Tensor", size: Sequence[int], white: float) -> "Tensor | None":
    import cv2
    import torch

    trust = ((local / white - _NOISE) / (_TRUSTED - _NOISE)).clamp_(0, 1)
    if float(trust.min()) == 1:
        return None
    found = torch.cat([trust, chroma / (local + _TINY * white)], dim=1)
    planes = np.empty((*found.shape[:2], *size), np.float32)
    for small, large in zip(found.flatten(0, 1).cpu().numpy(), planes.reshape(-1, *size), strict=True):
        cv2.resize(small, large.shape[::-1], dst=large)  # torch's own takes 15 times as long
    return torch.from_numpy(planes).to(local.device)
