"""Infrared of another view laid upon the visible picture, before both are fused."""

import logging
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from mgfusion.errors import ImageError, OptionError
from mgfusion.files import PathLike
from mgfusion.images import FloatArray, luminance
from mgfusion.registration import Alignment, Rig, read_points, warp_infrared
from mgfusion.registration.alignment import align_planes, resized
from mgfusion.registration.local_shifts import REACH, SIDE, LocalShifts, find_local_shifts

if TYPE_CHECKING:
    from torch import Tensor

    from mgfusion.registration.lens import Lens
    from mgfusion.registration.matrices import Matrix, Size
    from mgfusion.registration.picture_planes import Plane

AlignTo: TypeAlias = "PathLike | Rig | Alignment | None"
"""``auto``, ``none``, ``resize``, a rig's file, a table of control points, or what one of them stands for."""

WORDS = ("auto", "none", "resize")
_BESIDE = REACH / SIDE  # of the visible width: as far as things are moved in places
_log = logging.getLogger("mgfusion.align")


@dataclass(frozen=True)
class Overlay:
    """Where the infrared lies.

    Attributes:
        matrix: infrared pixel centres to visible ones.
        size: (width, height) of the visible picture.
        lens: what bends the infrared picture.
        shifts: what is moved, place by place, after that; one for each picture of a batch, or none.
    """

    matrix: "Matrix"
    size: "Size"
    lens: "Lens | None" = None
    shifts: tuple[LocalShifts, ...] = ()

    def lay(
        self, planes: "Tensor", celsius: FloatArray | None, share: "Tensor | None" = None
    ) -> "tuple[Tensor, FloatArray | None, Tensor]":
        """Both brought onto the visible picture, and how much of each pixel is infrared.

        Args:
            planes: (B, 1, h, w), float32 in [0, 1].
            celsius: (h, w), or None.
            share: (1, 1, h, w), how much of each pixel should be the visible picture; None: nothing.

        Returns:
            (B, 1, H, W); (H, W), NaN outside the infrared's view; (H, W) in [0, 1], fading at its border.
        """
        import torch

        width, height = self.size
        laid = torch.empty(len(planes), 1, height, width)
        inside = np.ones((height, width), np.float32)
        for number, (target, plane) in enumerate(zip(laid, planes, strict=True)):
            warped, inside = self._warped(plane[0].numpy(), number)
            target[0] = torch.from_numpy(warped)
        if celsius is not None:
            finite = np.isfinite(celsius)
            filled = celsius if finite.all() else np.where(finite, celsius, celsius[finite].min())
            celsius = np.where(inside > 0, self._warped(filled)[0], np.float32(np.nan))
        if share is not None:
            inside = inside * (1 - self._warped(share[0, 0].numpy())[0])
        return laid, celsius, torch.from_numpy(inside)

    def _warped(self, plane: FloatArray, number: int = 0) -> tuple[FloatArray, FloatArray]:
        """A plane of that picture of the batch where it belongs, and how much of each pixel is infrared."""
        warped, inside = warp_infrared(plane, self.matrix, self.size, self.lens)
        return (self.shifts[number].move(warped) if self.shifts else warped), inside


def check_align(align: AlignTo) -> AlignTo:
    """A rig's file read; all else as it is.

    Raises:
        ImageError: the file can't be read, or holds no rig.
        OptionError: a word that is none.
    """
    if align is None or isinstance(align, Rig | Alignment) or align in WORDS:
        return align
    path = Path(align)
    if path.suffix.lower() == ".csv":
        read_points(path)
        return path
    if path.suffix.lower() != ".json" and not path.is_file():
        raise OptionError(f"align {str(align)!r}: give auto, none, resize, a rig's .json or a .csv of points")
    return Rig.load(path)


def find_overlay(
    align: AlignTo,
    planes: "Tensor",
    colours: "Tensor",
    ir_name: str,
    vis_name: str,
    parallax: bool = True,
) -> Overlay | None:
    """Where the infrared lies, or None where both are pixel on pixel.

    Without a word pictures of one size are pixel on pixel, and others are aligned.

    Args:
        align: see :class:`mgfusion.inference.fuser.Fuser`.
        planes: (B, 1, h, w), infrared in [0, 1].
        colours: (B, C, H, W), visible in [0, 1].
        ir_name: what messages call it.
        vis_name: what messages call it.
        parallax: see there; an alignment that is exact (``resize``) is left as it is.

    Raises:
        ImageError: it can't be told how they lie, or the rig or the points are of other pictures.
    """
    found = find_alignment(align, planes, colours, ir_name, vis_name)
    if found is None:
        return None
    if not found.trusted:
        raise ImageError(
            f"{ir_name} and {vis_name}: can't tell how they lie on each other (confidence "
            f"{found.confidence:.2f}); give --align rig.json (of mgfusion calibrate), --points points.csv, "
            "or --align resize if both show the same view"
        )
    if found.match is not None:
        _log.info("%s: %s", ir_name, found.summary())
    if isinstance(align, Rig):
        _check_rig(found, planes, colours, ir_name, vis_name)
    if not parallax or found.exact:
        return Overlay(found.matrix, found.vis_size, found.lens)
    shifts = (
        find_local_shifts(
            ir[0].cpu().numpy(), luminance(vis[None])[0, 0].cpu().numpy(), found.matrix, found.lens
        )
        for ir, vis in zip(planes, colours, strict=True)
    )
    return Overlay(found.matrix, found.vis_size, found.lens, tuple(shifts))


def _check_rig(found: Alignment, planes: "Tensor", colours: "Tensor", ir_name: str, vis_name: str) -> None:
    """Warn of pictures that surely lie elsewhere, farther off than moves in places reach."""
    from mgfusion.registration.near_shift import lies_beside
    from mgfusion.registration.picture_planes import SMALLEST_SIDE

    if min(*found.ir_size, *found.vis_size) < SMALLEST_SIDE:
        return
    for ir, vis in zip(planes, colours, strict=True):
        off = lies_beside(*_planes(ir, vis, ir_name, vis_name), found.matrix, found.lens)
        if off > _BESIDE:
            warnings.warn(
                f"{ir_name}: lies {100 * off:.1f} % of the width beside where the rig lays it (near objects, "
                "or out of step?); --align auto looks for its own place",
                UserWarning,
                stacklevel=2,
            )


def find_alignment(
    align: AlignTo, planes: "Tensor", colours: "Tensor", ir_name: str, vis_name: str
) -> Alignment | None:
    """:func:`find_overlay` that leaves it to the caller what to do with an alignment that isn't sure.

    Raises:
        ImageError: the rig or the points are of other pictures, or a side is too small to align.
    """
    ir_size = planes.shape[3], planes.shape[2]
    vis_size = colours.shape[3], colours.shape[2]
    if align == "none" or (align is None and ir_size == vis_size):
        return None
    if align is None or align == "auto":
        return _matched(planes, colours, ir_name, vis_name)
    names = (Path(name).stem for name in (ir_name, vis_name))
    return known_alignment(align, ir_size, vis_size, *names)


def known_alignment(
    align: "PathLike | Rig | Alignment", ir_size: "Size", vis_size: "Size", *names: str
) -> Alignment:
    """How pictures of these sizes lie, by what can be told without a look at them.

    Args:
        align: ``resize``, a rig, an alignment, or a table of control points.
        ir_size: (width, height).
        vis_size: (width, height).
        names: of the pictures, for tables of several.

    Raises:
        ImageError: the rig or the points are of other pictures.
    """
    if align == "resize":
        return resized(ir_size, vis_size)
    if isinstance(align, Rig):
        return align.alignment(ir_size, vis_size)
    if isinstance(align, Alignment):
        rig = Rig(align.matrix, align.ir_size, align.vis_size, lens=align.lens)
        return replace(rig.alignment(ir_size, vis_size), exact=align.exact)
    return read_points(align, *names).alignment(ir_size, vis_size)


def _matched(planes: "Tensor", colours: "Tensor", ir_name: str, vis_name: str) -> Alignment:
    if len(planes) > 1:
        raise ImageError(
            f"{ir_name}: a batch of {len(planes)} can't be aligned; give pairs one by one, or a rig"
        )
    return align_planes(*_planes(planes[0], colours[0], ir_name, vis_name))


def _planes(ir: "Tensor", vis: "Tensor", ir_name: str, vis_name: str) -> "tuple[Plane, Plane]":
    """(1, h, w) and (C, H, W), both in [0, 1], for matching."""
    from mgfusion.registration.picture_planes import plane_of

    one = plane_of(ir[0].cpu().numpy() * np.float32(255), ir_name)
    return one, plane_of(luminance(vis[None])[0, 0].cpu().numpy() * np.float32(255), vis_name)


def common_part(inside: FloatArray) -> tuple[slice, slice]:
    """Rows and columns of an upright rectangle in which all pixels are infrared as well.

    Args:
        inside: (H, W), more than 0 where there is infrared.

    Raises:
        ImageError: there is hardly any.
    """
    seen = inside > 0
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not rows.size:
        raise ImageError("no part of the visible picture is infrared as well; nothing is left to crop to")
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    while bottom - top > 16 and right - left > 16:
        part = seen[top:bottom, left:right]
        missing = [1 - side.mean() for side in (part[0], part[-1], part[:, 0], part[:, -1])]
        worst = int(np.argmax(missing))
        if missing[worst] == 0:
            break
        top, bottom = top + (worst == 0), bottom - (worst == 1)
        left, right = left + (worst == 2), right - (worst == 3)
    return slice(top, bottom), slice(left, right)
