"""An infrared picture brought onto the visible one by a known matrix."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from mgfusion.registration.lens import Lens

FloatArray = npt.NDArray[np.float32]
_Warp: TypeAlias = Callable[[npt.NDArray[Any], int, int], npt.NDArray[Any]]


def warp_infrared(
    ir: npt.NDArray[Any],
    matrix: npt.NDArray[np.float64],
    size: tuple[int, int],
    lens: "Lens | None" = None,
) -> tuple[FloatArray, FloatArray]:
    """The infrared picture as the visible camera would have seen it.

    Args:
        ir: (H, W), finite, any unit.
        matrix: 3x3, infrared pixel centres (x, y) to visible ones.
        size: (width, height) of the visible picture.
        lens: what bends the infrared picture; the matrix is that of an unbent one.

    Returns:
        The picture, (height, width), float32; outside the infrared's view its border goes on. And how much
        of each pixel is infrared: 1 inside, falling to 0 over a few infrared pixels at the border of its
        view, so that no seam is seen there.
    """
    import cv2

    warp = _warp(matrix, (ir.shape[1], ir.shape[0]), size, lens)
    inside = warp(_inwards(ir.shape), cv2.INTER_LINEAR, cv2.BORDER_CONSTANT)
    return _continued(ir, warp), np.asarray(inside, np.float32)


def sampling_maps(
    matrix: npt.NDArray[np.float64],
    ir_size: tuple[int, int],
    size: tuple[int, int],
    lens: "Lens | None" = None,
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.uint16]]:
    """Where each visible pixel lies in the infrared picture, as ``cv2.remap`` takes it.

    Args:
        matrix: 3x3, infrared pixel centres (x, y) to visible ones.
        ir_size: (width, height) of the infrared picture.
        size: (width, height) of the visible one.
        lens: what bends the infrared picture.

    Returns:
        Whole pixels (height, width, 2), and the rest in 1/32 of one.
    """
    import cv2

    (width, height), back = size, np.linalg.inv(matrix)
    x, y = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
    from_x, from_y, depth = (a * x + b * y + c for a, b, c in back)
    depth = np.where(np.abs(depth) < 1e-12, 1e-12, depth)  # the horizon of a steep view
    places = np.stack([from_x / depth, from_y / depth], 2)
    if lens is not None:
        places = lens.drawn(places, ir_size)
    places = np.clip(places, -(1 << 14), 1 << 14).astype(np.float32)
    whole, part = cv2.convertMaps(places, None, cv2.CV_16SC2)
    return whole, part


def unbent(picture: FloatArray, lens: "Lens | None") -> FloatArray:
    """An infrared picture (H, W) as one without that lens would be."""
    import cv2

    if lens is None:
        return picture
    maps = _unbending((picture.shape[1], picture.shape[0]), lens)
    return np.asarray(cv2.remap(picture, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


@lru_cache(maxsize=1)  # all frames of a rig have one size, and one lens in each round
def _unbending(size: tuple[int, int], lens: "Lens") -> tuple[npt.NDArray[np.int16], npt.NDArray[np.uint16]]:
    return sampling_maps(np.eye(3), size, size, lens)


def warp_picture(
    ir: npt.NDArray[Any],
    matrix: npt.NDArray[np.float64],
    size: tuple[int, int],
    lens: "Lens | None" = None,
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """A picture of any type as the visible camera would have seen it.

    Args:
        ir: (H, W) or (H, W, C).
        matrix: 3x3, infrared pixel centres (x, y) to visible ones.
        size: (width, height) of the visible picture.
        lens: what bends the infrared picture.

    Returns:
        The picture, of the same type, its border going on outside its view; and where its view is.
    """
    import cv2

    planes = ir[..., None] if ir.ndim == 2 else ir
    warp = _warp(matrix, (ir.shape[1], ir.shape[0]), size, lens)
    warped = np.stack([_continued(plane, warp) for plane in np.moveaxis(planes, 2, 0)], 2)
    if ir.dtype.kind in "iub":
        warped = np.rint(warped)
    whole = np.full(ir.shape[:2], 255, np.uint8)
    inside = warp(whole, cv2.INTER_NEAREST, cv2.BORDER_CONSTANT) > 0
    return warped.astype(ir.dtype).reshape(*warped.shape[:2], *ir.shape[2:]), inside


def _warp(
    matrix: npt.NDArray[np.float64], ir_size: tuple[int, int], size: tuple[int, int], lens: "Lens | None"
) -> _Warp:
    """Brings a plane of ``ir_size`` onto the visible picture, by OpenCV's numbers of ways and borders."""
    import cv2

    if lens is None:
        return lambda plane, way, border: cv2.warpPerspective(
            plane, matrix, size, flags=way, borderMode=border
        )
    maps = sampling_maps(matrix, ir_size, size, lens)
    return lambda plane, way, border: cv2.remap(plane, *maps, way, borderMode=border)


def _continued(ir: npt.NDArray[Any], warp: _Warp) -> FloatArray:
    """A plane whose border goes on."""
    import cv2

    plane = np.ascontiguousarray(ir, np.float32)
    warped = np.asarray(warp(plane, cv2.INTER_CUBIC, cv2.BORDER_REPLICATE))
    return np.clip(warped, plane.min(), plane.max(), out=warped)  # a cubic swings over


def _inwards(shape: tuple[int, ...]) -> FloatArray:
    """0 at the border of a picture, 1 from a twentieth of its side inwards."""

    def ramp(length: int) -> FloatArray:
        at = np.arange(length, dtype=np.float32)
        return np.minimum(1, np.minimum(at, length - 1 - at) / max(1.0, length / 20))

    return np.minimum.outer(ramp(shape[0]), ramp(shape[1])).astype(np.float32)
