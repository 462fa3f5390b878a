"""Tiny picture files of every kind that is read, and ways in which files come to harm; all from a seed."""

import io
import struct
from collections.abc import Iterator

import cv2
import numpy as np
from PIL import Image

from flir_files import radiometric_jpeg
from noise import noise

SIZE = (24, 32)


def _saved(picture: np.ndarray | Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _turned(rgb: np.ndarray) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return _saved(rgb, "JPEG", exif=exif)


def good_files() -> dict[str, bytes]:
    """Whole files by name, all of SIZE (the EXIF-turned one stands upright as its transpose)."""
    grey, rgb = noise(SIZE), noise((*SIZE, 3))
    deep, deep_rgb = noise(SIZE, np.uint16), noise((*SIZE, 3), np.uint16)
    rgba = Image.fromarray(np.dstack([rgb, grey]))
    degrees = (grey / 10).astype(np.float32)
    odd = degrees.copy()
    odd[0, :3] = np.nan, np.inf, -np.inf
    vis, overlay = noise((48, 64, 3)), (1.3, 3, -2)
    counts = deep // 8 + np.uint16(12_000)
    return {
        "grey.png": _saved(grey, "PNG"),
        "rgb.png": _saved(rgb, "PNG"),
        "alpha.png": _saved(rgba, "PNG"),
        "grey_alpha.png": _saved(rgba.convert("LA"), "PNG"),
        "palette.png": _saved(Image.fromarray(rgb).quantize(16), "PNG", transparency=3),
        "one_bit.png": _saved(Image.fromarray(grey).convert("1"), "PNG"),
        "deep.png": _saved(deep, "PNG"),
        "deep_rgb.png": cv2.imencode(".png", deep_rgb)[1].tobytes(),
        "grey.jpg": _saved(grey, "JPEG"),
        "rgb.jpg": _saved(rgb, "JPEG"),
        "progressive.jpg": _saved(rgb, "JPEG", progressive=True),
        "cmyk.jpg": _saved(Image.fromarray(rgb).convert("CMYK"), "JPEG"),
        "turned.jpg": _turned(rgb),
        "grey.tif": _saved(grey, "TIFF"),
        "deflate.tif": _saved(rgb, "TIFF", compression="tiff_deflate"),
        "lzw.tif": _saved(deep, "TIFF", compression="tiff_lzw"),
        "deep_rgb.tif": cv2.imencode(".tif", deep_rgb)[1].tobytes(),
        "degrees.tif": _saved(degrees, "TIFF"),
        "nan.tif": _saved(odd, "TIFF"),
        "cmyk.tif": _saved(Image.fromarray(rgb).convert("CMYK"), "TIFF"),
        "rgb.bmp": _saved(rgb, "BMP"),
        "lossless.webp": _saved(rgb, "WEBP", lossless=True),
        "lossy.webp": _saved(rgb, "WEBP"),
        "grey.pgm": _saved(grey, "PPM"),
        "deep.pgm": cv2.imencode(".pgm", deep)[1].tobytes(),
        "deep_rgb.ppm": cv2.imencode(".ppm", deep_rgb)[1].tobytes(),
        "rgb.jp2": _saved(rgb, "JPEG2000"),
        "rgb.gif": _saved(rgb, "GIF"),
        "flir.jpg": radiometric_jpeg(counts, vis=vis, overlay=overlay),
        "flir_plain.jpg": radiometric_jpeg(counts, vis=vis, overlay=overlay, png=False, segment=900),
        "flir_little.jpg": radiometric_jpeg(counts, order="<"),
    }


def broken(whole: bytes, rng: np.random.Generator) -> bytes:
    """One way of harm: cut, bits turned, bytes overwritten, numbers made huge, parts moved, rubbish added."""
    data = bytearray(whole)
    at, other = sorted(int(i) for i in rng.integers(0, len(data), 2))
    way = int(rng.integers(0, 8))
    if way == 0:
        del data[at:]
    elif way == 1:
        del data[at:other]
    elif way in (2, 3):  # few bits, most of them in the head, where the numbers are
        reach = len(data) if way == 2 else min(len(data), 200)
        for i in rng.integers(0, reach, int(rng.integers(1, 9))):
            data[i] ^= 1 << int(rng.integers(0, 8))
    elif way == 4:
        length = min(len(data) - at, int(rng.integers(1, 65)))
        data[at : at + length] = rng.bytes(length)
    elif way == 5:
        value = (0xFFFFFFFF, 0x7FFFFFFF, 0, 0x80000000, 0x00010000)[int(rng.integers(0, 5))]
        place = int(rng.integers(0, max(1, min(len(data), 400) - 4)))
        data[place : place + 4] = struct.pack((">I", "<I")[int(rng.integers(0, 2))], value)
    elif way == 6:
        data[at:at] = data[at:other]
    else:
        data += rng.bytes(int(rng.integers(1, 300)))
    return bytes(data)


def bombs() -> Iterator[tuple[str, bytes]]:
    """Files of a few bytes that say they are enormous, and shapes at the edge of what is one."""
    whole = good_files()
    for width, height in ((60_000, 60_000), (13_000, 13_000), (2**31 - 1, 1), (0, 0), (1, 2**31 - 1)):
        for name in ("grey.png", "deep_rgb.png", "palette.png"):
            head = bytearray(whole[name])
            head[16:24] = struct.pack(">II", width, height)
            yield f"bomb_{width}x{height}_{name}", bytes(head)
        yield f"bomb_{width}x{height}.pgm", f"P5 {width} {height} 65535\n".encode() + b"\0" * 64
        bmp = bytearray(whole["rgb.bmp"])
        bmp[18:26] = struct.pack("<II", width, height)
        yield f"bomb_{width}x{height}.bmp", bytes(bmp)
    for shape in ((1, 40), (40, 1), (1, 1)):
        yield f"thin_{shape[0]}x{shape[1]}.png", _saved(noise(shape), "PNG")
    for value in (np.nan, np.inf):
        yield f"all_{value}.tif", _saved(np.full(SIZE, value, np.float32), "TIFF")
    yield "deep_numbers.tif", _saved(Image.fromarray(np.full(SIZE, 2**31 - 1, np.int32)), "TIFF")
