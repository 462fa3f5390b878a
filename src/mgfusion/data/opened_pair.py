"""A pair of files opened once, as training, fusing and scoring see it: the one reader of them all."""

from dataclasses import dataclass

import numpy as np

from mgfusion.errors import ImageError
from mgfusion.images import Array, FloatArray, read_image, to_grey, to_unit
from mgfusion.images.file_formats import PathLike
from mgfusion.thermal import IrRange, infrared_to_unit


@dataclass(frozen=True)
class OpenedPair:
    """Both pictures of a pair, of one size.

    Attributes:
        ir: (H, W), float32 in [0, 1], by :func:`mgfusion.thermal.infrared_to_unit`.
        vis: (H, W), float32 in [0, 1], the luminance, see :func:`luminance_of`; never stretched.
        colour: the visible file as read, (H, W, 3) uint8 or uint16; None where it is grey.
    """

    ir: FloatArray
    vis: FloatArray
    colour: Array | None


def open_pair(ir: PathLike, vis: PathLike, ir_range: IrRange = "auto") -> OpenedPair:
    """Read both files of a pair, each of them once.

    Raises:
        ImageError: a file that can't be read or used, or sizes that differ; names the file.
    """
    heat = read_infrared(ir, ir_range)
    array = read_image(vis)
    if heat.shape != array.shape[:2]:
        (ih, iw), (vh, vw) = heat.shape, array.shape[:2]
        raise ImageError(
            f"sizes differ: {ir} is {iw}x{ih} and {vis} is {vw}x{vh} pixels; register the infrared picture "
            f"to the visible one and resize it to {vw}x{vh} first"
        )
    return OpenedPair(heat, luminance_of(array, vis), array if array.ndim == 3 else None)


def read_infrared(path: PathLike, ir_range: IrRange = "auto") -> FloatArray:
    """An infrared file of any depth as (H, W), float32 in [0, 1].

    Raises:
        ImageError: it can't be read or used.
    """
    array = read_image(path)
    if array.dtype == np.uint8 and array.ndim == 3:
        return luminance_of(array, path)
    return infrared_to_unit(to_grey(array, str(path)), ir_range, str(path))


def read_luminance(path: PathLike) -> FloatArray:
    """A visible or fused file as its luminance, see :func:`luminance_of`.

    Raises:
        ImageError: it can't be read, or is float outside [0, 1].
    """
    return luminance_of(read_image(path), path)


def luminance_of(array: Array, path: PathLike) -> FloatArray:
    """Luminance of a file that has been read, (H, W), float32 in [0, 1]; divided by the depth's full range.

    Published methods and their scores start from ``cv2.imread(path, cv2.IMREAD_GRAYSCALE)``, whose luminance
    of an 8-bit colour file, made by the decoder, differs from BT.601 by up to one grey level: so such files
    are read like that. Anything else is BT.601 of what was read.

    Args:
        array: what ``read_image(path)`` gave.
        path: the file.
    """
    import cv2

    if array.dtype == np.uint8 and array.ndim == 3:
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if grey is not None and grey.shape == array.shape[:2]:
            return to_unit(grey)
    return to_unit(to_grey(array, str(path)), str(path))
