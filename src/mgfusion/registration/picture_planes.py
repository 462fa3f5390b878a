"""Any kind of picture as the one plane that matching looks at."""

import os
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from mgfusion.errors import ImageError
from mgfusion.images import FloatArray, from_pil, native, read_image, source_name, to_grey
from mgfusion.registration.matrices import Matrix, Size, resizing
from mgfusion.registration.working_pictures import stretched
from mgfusion.thermal import Thermal, read_thermal, without_false_colour

SMALLEST_SIDE = 32
"""The least height and width, in pixels, that is matched."""
_LONGEST_SIDE = 1600  # what is larger is shrunk at once: matching looks at 640 pixels


@dataclass(frozen=True)
class Plane:
    """A grey picture for matching.

    Attributes:
        picture: (H, W), nearly all of it in 0 to 255.
        size: (width, height) of the picture that it was made of, which may be larger.
    """

    picture: FloatArray
    size: Size

    @property
    def matrix(self) -> Matrix:
        """From the whole picture's pixels to these."""
        return resizing(self.size, (self.picture.shape[1], self.picture.shape[0]))


def infrared_plane(ir: Any, name: str | None = None) -> Plane:
    """An infrared picture; false colour in the order of temperatures where its palette is known.

    Args:
        ir: a path, a file's bytes, an opened file, :class:`mgfusion.thermal.Thermal`, a Pillow picture, an
            array (H, W) or (H, W, 3) of any number, or a tensor (H, W) or (C, H, W).
        name: what messages call it.

    Raises:
        ImageError: no picture, or a side under 32 pixels.
    """
    name = name or source_name(ir, "ir")
    array = read_thermal(ir).array if _is_file(ir) else _array(ir, name)
    with warnings.catch_warnings():  # unknown palettes and black-hot pictures match as well
        warnings.simplefilter("ignore", UserWarning)
        return plane_of(without_false_colour(array, name), name)


def visible_plane(vis: Any, name: str | None = None) -> Plane:
    """A visible picture, of the same kinds.

    Raises:
        ImageError: no picture, or a side under 32 pixels.
    """
    name = name or source_name(vis, "vis")
    return plane_of(read_image(vis) if _is_file(vis) else _array(vis, name), name)


def plane_of(array: Any, name: str) -> Plane:
    """An array (H, W) or (H, W, 3) of any unit.

    Raises:
        ImageError: another shape, or a side under 32 pixels.
    """
    import cv2

    grey = to_grey(native(array), name)
    height, width = grey.shape
    if min(height, width) < SMALLEST_SIDE:
        least = f"{SMALLEST_SIDE}x{SMALLEST_SIDE}"
        raise ImageError(f"{name}: {width}x{height} pixels is too small to align; the least is {least}")
    k = _LONGEST_SIDE / max(height, width)
    if k < 1:
        small = max(SMALLEST_SIDE, round(width * k)), max(SMALLEST_SIDE, round(height * k))
        grey = cv2.resize(grey, small, interpolation=cv2.INTER_AREA)
    return Plane(stretched(grey), (width, height))


def _is_file(picture: Any) -> bool:
    if isinstance(picture, str | os.PathLike | bytes | bytearray | memoryview):
        return True
    return hasattr(picture, "read") and not hasattr(picture, "getbands")


def _array(picture: Any, name: str) -> Any:
    if isinstance(picture, Thermal):
        return picture.array
    if isinstance(picture, np.ndarray):
        return picture
    if hasattr(picture, "getbands"):
        return from_pil(picture)
    if type(picture).__module__.partition(".")[0] == "torch" and hasattr(picture, "detach"):
        array = picture.detach().cpu().float().numpy()
        if array.ndim == 4 and len(array) == 1:
            array = array[0]
        if array.ndim == 3 and array.shape[0] in (1, 3):
            array = np.moveaxis(array, 0, -1)
        if array.ndim in (2, 3):
            return array
        raise ImageError(f"{name}: tensor of shape {tuple(picture.shape)}; give (H, W) or (1|3, H, W)")
    got = type(picture).__name__
    raise ImageError(f"{name}: got {got}; give a path, bytes, a Pillow picture, a numpy array or a tensor")
