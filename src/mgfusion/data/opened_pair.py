"""A pair of files opened once, as training, fusing and scoring see it: the one reader of them all."""

from dataclasses import dataclass

import numpy as np

from mgfusion.errors import ImageError
from mgfusion.images import Array, FloatArray, to_grey, to_unit
from mgfusion.images.file_formats import PathLike
from mgfusion.images.reading import decode_image, decode_luminance, read_bytes
from mgfusion.thermal import IrRange, decode_thermal, infrared_to_unit, without_false_colour


@dataclass(frozen=True)
class OpenedPair:
    """Both pictures of a pair, of one size.

    Attributes:
        ir: (H, W), float32 in [0, 1], see :func:`read_infrared`.
        vis: (H, W), float32 in [0, 1], the luminance, see :func:`luminance_of`; never stretched.
        colour: the visible file as read, (H, W, 3) uint8 or uint16; None where it is grey.
    """

    ir: FloatArray
    vis: FloatArray
    colour: Array | None


def open_pair(ir: PathLike, vis: PathLike, ir_range: IrRange = "auto") -> OpenedPair:
    """Read both files of a pair, each of them once.

    Args:
        ir: the infrared file.
        vis: the visible file, registered to it.
        ir_range: see :func:`mgfusion.thermal.infrared_to_unit`.

    Raises:
        ImageError: a file that can't be read or used, or sizes that differ; names the file.
    """
    return decode_pair(read_bytes(ir), read_bytes(vis), ir_range, names=(str(ir), str(vis)))


def decode_pair(
    ir: bytes, vis: bytes, ir_range: IrRange = "auto", *, names: tuple[str, str] = ("ir", "vis")
) -> OpenedPair:
    """:func:`open_pair` for files whose bytes have been read.

    Args:
        ir: the infrared file's bytes.
        vis: the visible file's, registered to it.
        ir_range: see :func:`mgfusion.thermal.infrared_to_unit`.
        names: what messages call them.

    Raises:
        ImageError: a file that can't be used, or sizes that differ; names the file.
    """
    heat = decode_infrared(ir, ir_range, names[0])
    array = decode_image(vis, names[1])
    if heat.shape != array.shape[:2]:
        (ih, iw), (vh, vw) = heat.shape, array.shape[:2]
        raise ImageError(
            f"sizes differ: {names[0]} is {iw}x{ih} and {names[1]} is {vw}x{vh} pixels; register the "
            f"infrared picture to the visible one and resize it to {vw}x{vh} first"
        )
    return OpenedPair(heat, luminance_of(array, names[1], vis), array if array.ndim == 3 else None)


def read_infrared(path: PathLike, ir_range: IrRange = "auto") -> FloatArray:
    """An infrared file of any depth as (H, W), float32 in [0, 1], see :func:`decode_infrared`.

    Args:
        path: the file.
        ir_range: see :func:`mgfusion.thermal.infrared_to_unit`.

    Raises:
        ImageError: it can't be read or used.
    """
    return decode_infrared(read_bytes(path), ir_range, str(path))


def decode_infrared(data: bytes, ir_range: IrRange, name: str) -> FloatArray:
    """An infrared file of any depth as (H, W), float32 in [0, 1].

    That is :func:`mgfusion.thermal.infrared_to_unit`, but for 8-bit files stored as colour, whose luminance
    :func:`luminance_of` gives.

    Args:
        data: the file's bytes.
        ir_range: see :func:`mgfusion.thermal.infrared_to_unit`.
        name: what messages call it.

    Raises:
        ImageError: it can't be used.
    """
    array = decode_thermal(data, name).array
    if array.dtype == np.uint8:
        array = without_false_colour(array, name)
    if array.dtype == np.uint8 and array.ndim == 3:
        array = np.rint(255 * luminance_of(array, name, data)).astype(np.uint8)
    return infrared_to_unit(array, ir_range, name)


def read_luminance(path: PathLike) -> FloatArray:
    """A visible or fused file as its luminance, see :func:`luminance_of`.

    Raises:
        ImageError: it can't be read, or is float outside [0, 1].
    """
    data = read_bytes(path)
    return luminance_of(decode_image(data, path), path, data)


def luminance_of(array: Array, path: PathLike, data: bytes | None = None) -> FloatArray:
    """Luminance of a file that has been read, (H, W), float32 in [0, 1]; divided by the depth's full range.

    Published methods and their scores start from ``cv2.imread(path, cv2.IMREAD_GRAYSCALE)``, whose luminance
    of an 8-bit colour file, made by the decoder, differs from BT.601 by up to one grey level: so such files
    are decoded like that, a second time. Anything else is BT.601 of what was read.

    Args:
        array: what ``read_image(path)`` gave.
        path: the file.
        data: its bytes, where they are at hand; else the file is opened once more.

    Raises:
        ImageError: float values outside [0, 1].
    """
    if array.dtype == np.uint8 and array.ndim == 3:
        height, width = array.shape[:2]
        grey = decode_luminance(read_bytes(path) if data is None else data, (height, width))
        if grey is not None:
            return to_unit(grey)
    return to_unit(to_grey(array, str(path)), str(path))
