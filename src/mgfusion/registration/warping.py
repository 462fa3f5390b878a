"""An infrared picture brought onto the visible one by a known matrix."""

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


def warp_infrared(
    ir: npt.NDArray[Any], matrix: npt.NDArray[np.float64], size: tuple[int, int]
) -> tuple[FloatArray, FloatArray]:
    """The infrared picture as the visible camera would have seen it.

    Args:
        ir: (H, W), finite, any unit.
        matrix: 3x3, infrared pixel centres (x, y) to visible ones.
        size: (width, height) of the visible picture.

    Returns:
        The picture, (height, width), float32; outside the infrared's view its border goes on. And how much
        of each pixel is infrared: 1 inside, falling to 0 over a few infrared pixels at the border of its
        view, so that no seam is seen there.
    """
    import cv2

    plane = np.ascontiguousarray(ir, np.float32)
    warped = cv2.warpPerspective(plane, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    np.clip(warped, plane.min(), plane.max(), out=warped)  # a cubic swings over
    inside = cv2.warpPerspective(_inwards(plane.shape), matrix, size, flags=cv2.INTER_LINEAR)
    return warped, np.asarray(inside, np.float32)


def warp_picture(
    ir: npt.NDArray[Any], matrix: npt.NDArray[np.float64], size: tuple[int, int]
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """A picture of any type as the visible camera would have seen it.

    Args:
        ir: (H, W) or (H, W, C).
        matrix: 3x3, infrared pixel centres (x, y) to visible ones.
        size: (width, height) of the visible picture.

    Returns:
        The picture, of the same type, its border going on outside its view; and where its view is.
    """
    import cv2

    planes = ir[..., None] if ir.ndim == 2 else ir
    warped = np.stack([warp_infrared(plane, matrix, size)[0] for plane in np.moveaxis(planes, 2, 0)], 2)
    if ir.dtype.kind in "iub":
        warped = np.rint(warped)
    whole = np.full(ir.shape[:2], 255, np.uint8)
    inside = cv2.warpPerspective(whole, matrix, size, flags=cv2.INTER_NEAREST) > 0
    return warped.astype(ir.dtype).reshape(*warped.shape[:2], *ir.shape[2:]), inside


def _inwards(shape: tuple[int, ...]) -> FloatArray:
    """0 at the border of a picture, 1 from a twentieth of its side inwards."""

    def ramp(length: int) -> FloatArray:
        at = np.arange(length, dtype=np.float32)
        return np.minimum(1, np.minimum(at, length - 1 - at) / max(1.0, length / 20))

    return np.minimum.outer(ramp(shape[0]), ramp(shape[1])).astype(np.float32)
