"""Both pictures of one radiometric file, the infrared laid upon the visible one."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mgfusion.errors import ImageError
from mgfusion.images import Array, FloatArray
from mgfusion.registration import overlay_matrix, warp_infrared
from mgfusion.thermal import Thermal

_BLACK = 16  # levels, what JPEG leaves of black


@dataclass(frozen=True)
class RadiometricScene:
    """What one file of a camera with two lenses shows, pixel on pixel.

    Attributes:
        celsius: (H, W), float32, as the visible camera would have seen it; outside its view its border goes
            on.
        vis: (H, W, 3) RGB or (H, W), uint8.
        inside: (H, W), float32 in [0, 1]: where there are both pictures, falling off at the border of the
            infrared's view; 0 on a black frame around the visible one.
    """

    celsius: FloatArray
    vis: Array
    inside: FloatArray


def radiometric_scene(thermal: Any, name: str) -> RadiometricScene:
    """The scene of a file that holds everything, by the camera's own geometry.

    Args:
        thermal: what :func:`mgfusion.inference.picture_kinds.opened_infrared` gave.
        name: what messages call it.

    Raises:
        ImageError: the file lacks temperatures, the visible picture, or how they lie upon each other.
    """
    found = thermal.radiometric if isinstance(thermal, Thermal) else None
    if found is None:
        raise ImageError(
            f"{name}: holds no thermal data beside its picture; give the infrared and the visible picture"
        )
    if found.vis is None:
        raise ImageError(f"{name}: holds no visible picture; give that as the second one")
    if found.overlay is None:
        raise ImageError(
            f"{name}: does not say how its infrared lies on its visible picture; register both and give them"
        )
    size = found.vis.shape[1], found.vis.shape[0]
    rows, columns = found.celsius.shape
    matrix = overlay_matrix((columns, rows), size, found.overlay.real_to_ir, found.overlay.offset)
    filled = np.where(np.isfinite(found.celsius), found.celsius, np.nanmin(found.celsius))
    celsius, inside = warp_infrared(filled, matrix, size)
    return RadiometricScene(celsius, found.vis, inside * _within_frame(found.vis))


def _within_frame(vis: Array) -> Array:
    """False on rows and columns at the border that are black throughout: some cameras fill up like that."""
    lit = (vis if vis.ndim == 2 else vis.max(axis=2)) > _BLACK
    within = np.ones(vis.shape[:2], bool)
    for axis in (0, 1):
        at = np.flatnonzero(lit.any(axis=1 - axis))
        if at.size:
            inside = (np.arange(vis.shape[axis]) >= at[0]) & (np.arange(vis.shape[axis]) <= at[-1])
            within &= inside[:, None] if axis == 0 else inside[None]
    return within
