"""Infrared files of any kind: pictures, counts, temperatures, and what a camera packs into one file."""

from dataclasses import dataclass

import numpy as np

from mgfusion.images import Array
from mgfusion.images.file_formats import Source
from mgfusion.images.reading import decode_image, read_bytes, source_name
from mgfusion.thermal.radiometric_jpeg import RadiometricPicture, holds_temperatures, read_radiometric

_SAME_SHAPE = 0.02  # how far the sides' ratios of sensor and shown picture may differ


@dataclass(frozen=True)
class Thermal:
    """What an infrared file holds.

    Attributes:
        array: (H, W) or (H, W, 3); degrees Celsius, float32, where the camera wrote them, else the picture,
            counts or numbers of the file as :func:`mgfusion.images.read_image` gives them.
        unit: ``celsius`` where that is known.
        radiometric: the rest of what a camera's radiometric JPEG holds.
    """

    array: Array
    unit: str | None = None
    radiometric: RadiometricPicture | None = None


def read_thermal(source: Source) -> Thermal:
    """An infrared file, see :func:`decode_thermal`.

    Raises:
        ImageError: it can't be read or used.
    """
    return decode_thermal(read_bytes(source), source_name(source, "ir"))


def decode_thermal(data: bytes, name: str) -> Thermal:
    """An infrared file whose bytes have been read.

    Of a radiometric JPEG not the coloured picture is taken, with its logo and scale, but the temperatures
    behind it, brought to that picture's size where it shows the whole of them: that is what a viewer shows,
    and what a visible picture was registered to.

    Args:
        data: the file's bytes.
        name: what messages call it.

    Raises:
        ImageError: damaged, or no picture.
    """
    shown = decode_image(data, name)
    if not holds_temperatures(data):
        return Thermal(shown)
    radiometric = read_radiometric(data, name)
    return Thermal(_like_the_shown(radiometric.celsius, shown.shape), "celsius", radiometric)


def _like_the_shown(celsius: Array, shape: tuple[int, ...]) -> Array:
    (height, width), (rows, columns) = shape[:2], celsius.shape
    if (height, width) == (rows, columns) or abs(width / height * rows / columns - 1) > _SAME_SHAPE:
        return celsius
    import cv2

    whole: Array = np.where(np.isnan(celsius), np.nanmin(celsius), celsius)
    grown: Array = cv2.resize(whole, (width, height), interpolation=cv2.INTER_CUBIC)
    return grown.clip(whole.min(), whole.max())
