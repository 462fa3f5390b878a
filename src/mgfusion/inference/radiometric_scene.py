"""Both pictures of one radiometric file, the infrared laid upon the visible one."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mgfusion.errors import ImageError
from mgfusion.images import Array, FloatArray, unit_luminance
from mgfusion.inference.infrared_overlay import AlignTo, known_alignment
from mgfusion.registration import Alignment, overlay_matrix, warp_infrared
from mgfusion.registration.local_shifts import find_local_shifts
from mgfusion.registration.matrices import Matrix, centre, transform
from mgfusion.registration.near_shift import near_shift
from mgfusion.registration.picture_planes import SMALLEST_SIDE, infrared_plane, visible_plane
from mgfusion.thermal import Thermal
from mgfusion.thermal.radiometric_jpeg import RadiometricPicture

_log = logging.getLogger("mgfusion.align")
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


def radiometric_scene(
    thermal: Any, name: str, align: AlignTo = None, parallax: bool = True
) -> RadiometricScene:
    """The scene of a file that holds everything.

    Args:
        thermal: what :func:`mgfusion.inference.picture_kinds.opened_infrared` gave.
        name: what messages call it.
        align: see :func:`radiometric_alignment`.
        parallax: see :class:`mgfusion.Fuser`; not where ``align`` says ``none`` or ``resize``.

    Raises:
        ImageError: the file lacks temperatures, the visible picture, or how they lie upon each other; or the
            rig or the points are of other pictures.
    """
    found, vis = _both(thermal, name)
    lies = radiometric_alignment(thermal, name, align)
    filled = _filled(found.celsius)
    celsius, inside = warp_infrared(filled, lies.matrix, lies.vis_size, lies.lens)
    if parallax and not lies.exact:
        celsius = find_local_shifts(filled, unit_luminance(vis), lies.matrix, lies.lens).move(celsius)
    return RadiometricScene(celsius, vis, inside * _within_frame(vis))


def radiometric_alignment(thermal: Any, name: str, align: AlignTo = None) -> Alignment:
    """How the infrared of a file that holds everything lies upon its visible picture.

    The camera says how one lies on the other, for the distance that it was set to. Where both pictures show
    clearly that the scene is nearer or farther, the infrared is moved; where they don't, or say something
    that no camera would do, it stays.

    Args:
        thermal: what :func:`mgfusion.inference.picture_kinds.opened_infrared` gave.
        name: what messages call it.
        align: None or ``auto``: that. ``none``: the camera's own geometry alone. Else in place of it, see
            :class:`mgfusion.Fuser`; what this function gave gives itself.

    Raises:
        ImageError: as for :func:`radiometric_scene`.
    """
    found, vis = _both(thermal, name)
    size, ir_size = (vis.shape[1], vis.shape[0]), (found.celsius.shape[1], found.celsius.shape[0])
    if align not in (None, "auto", "none"):
        return known_alignment(align, ir_size, size, Path(name).stem)
    if found.overlay is None:
        raise ImageError(
            f"{name}: does not say how its infrared lies on its visible picture; mark points (--points), or "
            "give --align resize if both show the same view"
        )
    matrix = overlay_matrix(ir_size, size, found.overlay.real_to_ir, found.overlay.offset)
    stays = align == "none"
    if not stays and min(ir_size + size) >= SMALLEST_SIDE:
        matrix = _moved(_filled(found.celsius), vis, matrix, name)
    return Alignment(matrix, 1.0, ir_size, size, "the camera's own", exact=stays)


def _both(thermal: Any, name: str) -> tuple[RadiometricPicture, Array]:
    """What the file holds, and its visible picture."""
    found = thermal.radiometric if isinstance(thermal, Thermal) else None
    if found is None:
        raise ImageError(
            f"{name}: holds no thermal data beside its picture; give the infrared and the visible picture"
        )
    if found.vis is None:
        raise ImageError(f"{name}: holds no visible picture; give that as the second one")
    return found, found.vis


def _filled(celsius: FloatArray) -> FloatArray:
    """The coldest where there is no temperature."""
    return np.where(np.isfinite(celsius), celsius, np.nanmin(celsius))


def _moved(celsius: FloatArray, vis: Array, matrix: Matrix, name: str) -> Matrix:
    """The camera's own matrix, moved to where both pictures agree, if they surely do and near by."""
    found = near_shift(infrared_plane(celsius, name), visible_plane(vis, name), matrix)
    if found is None:
        return matrix
    middle = centre((celsius.shape[1], celsius.shape[0]))[None]
    x, y = (transform(found, middle) - transform(matrix, middle))[0]
    _log.info("%s: the camera's own geometry, moved by %+.0f,%+.0f pixels", name, x, y)
    return found


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
