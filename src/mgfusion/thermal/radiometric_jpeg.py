"""JPEG files of thermal cameras that hold the sensor's counts, and often a visible picture: FLIR's format.

The layout is that which ExifTool documents (https://exiftool.org/TagNames/FLIR.html). The package flyr, which
reads such files too, takes neither the byte order nor the directory of DJI's XTR and FLIR's Vue Pro.
"""

import math
import struct
from dataclasses import dataclass, fields

import numpy as np

from mgfusion.errors import ImageError
from mgfusion.images import Array, FloatArray
from mgfusion.images.reading import decode_image
from mgfusion.thermal.planck_law import Calibration

_RAW, _VISIBLE, _CAMERA, _OVERLAY = 1, 14, 32, 42  # types of records
_KNOWN = (_RAW, _VISIBLE, _CAMERA, _OVERLAY)
_LARGEST = 16 << 20  # pixels of a thermal sensor; the largest today have a twelfth of it
_MOST_RECORDS = 1024
# Where in the record of the camera each constant stands; all float32 but o, which is int32.
_AT = {
    "emissivity": 32, "distance": 36, "reflected": 40, "atmosphere": 44, "window": 48,
    "window_transmission": 52, "humidity": 60, "r1": 88, "b": 92, "f": 96, "alpha1": 112, "alpha2": 116,
    "beta1": 120, "beta2": 124, "x": 128, "o": 776, "r2": 780,
}  # fmt: skip
_POSSIBLE = {
    "emissivity": (0.005, 1), "window_transmission": (0.005, 1), "humidity": (0, 1), "distance": (0, 1e6),
    "reflected": (1, 5000), "atmosphere": (100, 1000), "window": (1, 5000),
}  # fmt: skip


@dataclass(frozen=True)
class PictureInPicture:
    """Where the camera itself lays its infrared picture upon the visible one.

    Attributes:
        real_to_ir: how many times wider the visible picture's view is.
        offset: (x, y) of the infrared picture's centre from the visible one's, in visible pixels, right and
            down.
    """

    real_to_ir: float
    offset: tuple[int, int]


@dataclass(frozen=True)
class RadiometricPicture:
    """What one file of a thermal camera holds.

    Attributes:
        celsius: (H, W), float32, degrees Celsius; NaN where the camera gives none.
        vis: (H, W, 3) RGB or (H, W), uint8, where the file holds the visible picture.
        overlay: how both lie upon each other, where the file says so.
    """

    celsius: FloatArray
    vis: Array | None
    overlay: PictureInPicture | None


def holds_temperatures(data: bytes) -> bool:
    """Whether a file's bytes are a JPEG with FLIR's counts in it."""
    if data[:2] != b"\xff\xd8":
        return False
    try:
        return _RAW in _records(_flir_data(data))
    except struct.error:
        return False


def holds_both(data: bytes) -> bool:
    """Whether such a file holds the visible picture, too."""
    return holds_temperatures(data) and _VISIBLE in _records(_flir_data(data))


def read_radiometric(data: bytes, name: str) -> RadiometricPicture:
    """Temperatures, visible picture and geometry of a file that :func:`holds_temperatures`.

    Args:
        data: the file's bytes.
        name: what messages call it.

    Raises:
        ImageError: it is damaged, or of a kind that is not known.
    """
    try:
        records = _records(_flir_data(data))
        celsius = _calibration(records[_CAMERA]).celsius(_counts(records[_RAW], name))
    except ImageError as error:
        raise ImageError(f"{name}: {_without(str(error), name)}; export it again from the camera") from error
    except (KeyError, struct.error, ValueError) as error:
        raise ImageError(f"{name}: its thermal data are damaged or cut off; copy it again") from error
    if not np.isfinite(celsius).any():
        raise ImageError(f"{name}: its camera constants give no temperature; export it again from the camera")
    vis = (
        decode_image(records[_VISIBLE][32:], f"{name} (its visible picture)") if _VISIBLE in records else None
    )
    overlay = None if vis is None else _overlay(records.get(_OVERLAY, b""), vis.shape[:2])
    return RadiometricPicture(celsius, vis, overlay)


def _flir_data(data: bytes) -> bytes:
    """FLIR's part of a JPEG: the contents of its segments, in the order of their numbers."""
    found: list[tuple[int, bytes]] = []
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xDA, 0xD9):
        (length,) = struct.unpack_from(">H", data, at + 2)
        body = data[at + 4 : at + 2 + length]
        if data[at + 1] == 0xE1 and body[:5] == b"FLIR\0" and len(body) > 8:
            found.append((body[6], body[8:]))
        at += 2 + max(length, 2)
    whole = b"".join(part for _, part in sorted(found, key=lambda segment: segment[0]))
    return whole if whole[:4] in (b"FFF\0", b"AFF\0") else b""


def _records(data: bytes) -> dict[int, bytes]:
    """The first record of each type, as the directory says."""
    order = ">" if struct.unpack_from(">I", data, 20)[0] < 1000 else "<"
    start, count = struct.unpack_from(f"{order}II", data, 24)
    records: dict[int, bytes] = {}
    for entry in range(min(count, _MOST_RECORDS)):
        if start + 32 * entry + 32 > len(data):
            break
        kind, _, _, _, offset, length = struct.unpack_from(f"{order}HHIIII", data, start + 32 * entry)
        if kind in _KNOWN and kind not in records:
            records[kind] = data[offset : offset + length]
    return records


def _order(record: bytes) -> str:
    """Byte order of a record of numbers, whose first one is 2."""
    return "<" if record[:2] == b"\x02\0" else ">"


def _counts(record: bytes, name: str) -> Array:
    order = _order(record)
    width, height = struct.unpack_from(f"{order}HH", record, 2)
    if not 0 < width * height <= _LARGEST:
        raise ImageError(f"a thermal picture of {width}x{height} pixels can't be right")
    content = record[32:]
    if content[:4] not in (b"\x89PNG", b"II*\0", b"MM\0*"):
        plain = np.frombuffer(content, f"{order}u2", width * height)
        return plain.reshape(height, width).astype(np.uint16)
    if content[:4] == b"\x89PNG" and struct.unpack_from(">II", content, 16) != (width, height):
        raise ImageError("the sizes that it says of its thermal picture differ")
    counts = decode_image(content, name)
    if counts.dtype != np.uint16 or counts.shape != (height, width):
        raise ImageError(
            f"counts of {counts.dtype} and shape {counts.shape}; 16 bits {width}x{height} were said"
        )
    # PNG keeps the larger byte first, the camera writes the smaller one there.
    return counts.byteswap() if content[:4] == b"\x89PNG" else counts


def _calibration(record: bytes) -> Calibration:
    order = _order(record)
    said = {}
    for field in fields(Calibration):
        (value,) = struct.unpack_from(order + ("i" if field.name == "o" else "f"), record, _AT[field.name])
        if not math.isfinite(value):
            raise ImageError(f"its camera constants can't be right ({field.name} {value:g})")
        said[field.name] = float(value)
    if said["humidity"] > 2:  # some cameras write percent
        said["humidity"] /= 100
    for name, (low, high) in _POSSIBLE.items():
        if not low <= said[name] <= high:
            raise ImageError(f"its camera constants can't be right ({name} {said[name]:g})")
    return Calibration(**said)


def _overlay(record: bytes, size: tuple[int, ...]) -> PictureInPicture | None:
    if len(record) < 8:
        return None
    ratio, x, y = struct.unpack_from("<fhh", record)
    sound = math.isfinite(ratio) and 0.25 <= ratio <= 16 and abs(x) < size[1] and abs(y) < size[0]
    return PictureInPicture(float(ratio), (x, y)) if sound else None


def _without(message: str, name: str) -> str:
    return message.removeprefix(f"{name}: ")
