"""Radiometric JPEGs made from nothing, as the cameras lay them out."""

import io
import struct

import numpy as np
from PIL import Image

CAMERA = {32: 0.95, 36: 1.0, 40: 293.15, 44: 293.15, 48: 293.15, 52: 1.0, 60: 0.5,
          88: 17000.0, 92: 1430.0, 96: 1.0, 112: 0.006569, 116: 0.01262, 120: -0.002276, 124: -0.00667,
          128: 1.9, 780: 0.0125}  # fmt: skip
"""float32 constants of the camera's record by where they stand; PLANCK_O is int32, at 776."""
PLANCK_O = -6000

_ENTRIES = 14  # of the directory, most of them empty, as cameras write it


def radiometric_jpeg(
    counts: np.ndarray,
    *,
    vis: np.ndarray | None = None,
    overlay: tuple[float, int, int] | None = None,
    shown: np.ndarray | None = None,
    order: str = ">",
    png: bool = True,
    segment: int = 60_000,
    camera: dict[int, float] | None = None,
) -> bytes:
    """A JPEG that shows ``shown`` and holds ``counts`` (H, W) uint16 and whatever else is given.

    Args:
        counts: what the sensor saw.
        vis: (H, W, 3) uint8, kept inside.
        overlay: Real2IR, OffsetX and OffsetY.
        shown: the JPEG's own picture, (H, W) or (H, W, 3) uint8.
        order: byte order of the directory.
        png: keep the counts as PNG, else as plain numbers.
        segment: bytes of each of the JPEG's segments.
        camera: constants that differ from CAMERA.
    """
    height, width = counts.shape
    size = struct.pack("<HHH", 2, width, height).ljust(32, b"\0")
    content = _encoded(counts.byteswap(), "PNG") if png else counts.astype("<u2").tobytes()
    record = bytearray(struct.pack("<HHH", 2, width, height).ljust(900, b"\0"))
    for at, value in {**CAMERA, **(camera or {})}.items():
        struct.pack_into("<f", record, at, value)
    struct.pack_into("<i", record, 776, PLANCK_O)
    records = [(1, 3 if png else 2, size + content), (32, 1, bytes(record))]
    if vis is not None:
        head = struct.pack("<HHH", 3, vis.shape[1], vis.shape[0]).ljust(32, b"\0")
        records.append((14, 5, head + _encoded(vis, "JPEG")))
    if overlay is not None:
        records.append((42, 1, struct.pack("<fhh", *overlay).ljust(96, b"\0")))
    start = 64 + 32 * _ENTRIES
    directory, data = b"", b""
    for kind, subtype, body in records:
        directory += struct.pack(f"{order}HHIIII", kind, subtype, 100, 1, start + len(data), len(body)).ljust(
            32, b"\0"
        )
        data += body
    head = b"FFF\0" + b"TEST\0".ljust(16, b"\0") + struct.pack(f"{order}III", 100, 64, _ENTRIES)
    whole = head.ljust(64, b"\0") + directory.ljust(32 * _ENTRIES, b"\0") + data
    parts = [whole[i : i + segment] for i in range(0, len(whole), segment)]
    jpeg = _encoded(np.full((height, width), 90, np.uint8) if shown is None else shown, "JPEG")
    segments = b"".join(
        b"\xff\xe1" + struct.pack(">H", len(part) + 10) + b"FLIR\0\x01" + bytes((i, len(parts) - 1)) + part
        for i, part in enumerate(parts)
    )
    return jpeg[:2] + segments + jpeg[2:]


def _encoded(array: np.ndarray, kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, kind)
    return buffer.getvalue()
