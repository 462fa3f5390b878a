"""Infrared in 8 bits, for what is only looked at: OpenCV is several times faster there."""

from mgfusion.images import Array, FloatArray


def to_levels(ir: FloatArray) -> Array:
    """(H, W) in [0, 1] as uint8, rounded."""
    import cv2

    levels: Array = cv2.convertScaleAbs(ir, alpha=255)
    return levels
