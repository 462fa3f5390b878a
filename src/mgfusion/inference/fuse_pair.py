"""Fuse one pair in one call."""

from typing import TYPE_CHECKING, Any, TypedDict, Unpack, overload

import numpy.typing as npt

from mgfusion.images.file_formats import Source
from mgfusion.inference.fuser import AnyPicture, Depth, Fuser, PathLike
from mgfusion.inference.infrared_overlay import AlignTo
from mgfusion.thermal import IrRange
from mgfusion.thermal.isotherm import Isotherm

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

    from mgfusion.models.fusion_network import FusionNetwork


class FuserOptions(TypedDict, total=False):
    """The arguments of :class:`Fuser`, each of which may be missing."""

    model: "PathLike | FusionNetwork"
    device: str
    gray: bool
    tile: int | None
    ir_range: IrRange
    invert: bool
    isotherm: str | Isotherm | None
    ir_unit: str | None
    precision: str
    thermal: float
    colour: str
    repair: bool
    align: AlignTo
    crop: bool
    parallax: bool


@overload
def fuse(ir: AnyPicture, vis: npt.NDArray[Depth], **options: Unpack[FuserOptions]) -> npt.NDArray[Depth]: ...
@overload
def fuse(ir: AnyPicture, vis: "Tensor", **options: Unpack[FuserOptions]) -> "Tensor": ...
@overload
def fuse(ir: AnyPicture, vis: "Image.Image", **options: Unpack[FuserOptions]) -> "Image.Image": ...
@overload
def fuse(ir: AnyPicture, vis: Source | None = None, **options: Unpack[FuserOptions]) -> npt.NDArray[Any]: ...
def fuse(ir: AnyPicture, vis: Any = None, **options: Unpack[FuserOptions]) -> Any:
    """Fuse one pair, or one radiometric file: ``Fuser(**options)(ir, vis)`` for short, see :class:`Fuser`.

    Models given by name or folder stay in memory for the next call.

    Args:
        ir: infrared, see :meth:`Fuser.__call__`.
        vis: visible; None where ``ir`` is a radiometric file that holds it.
        **options: the arguments of :class:`Fuser`.

    Returns:
        The same kind as ``vis``; for a file an array.

    Raises:
        ImageError: a picture that can't be read or used.
        ModelError: no such model, or it can't be read.
        OptionError: an option with a value that can't be used.
    """
    return Fuser(**options)(ir, vis)
