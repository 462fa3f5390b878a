"""Picture files in, 8 and 16 bits, grey and colour.

Pillow does most of it. OpenCV does 16-bit colour, which Pillow would silently reduce to 8 bits.
"""

import io
import os
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mgfusion.errors import ImageError
from mgfusion.images.file_formats import FORMATS, Array, PathLike, Source

if TYPE_CHECKING:
    from PIL import Image


def read_image(source: Source) -> Array:
    """Read a picture as uint8, uint16 or (a TIFF of temperatures, say) float32; (H, W) or (H, W, 3) RGB.

    The depth of the file is kept. EXIF orientation is applied, so that the array stands as a viewer shows it;
    palettes and 1-bit pictures are expanded. Alpha is dropped without blending, because what lies under a
    transparent pixel is still what the camera saw. Grey stored as colour stays (H, W, 3). Of several frames
    or pages the first is read.

    Args:
        source: a path, the file's bytes, or a file opened in binary, which is read to its end.

    Raises:
        ImageError: the file is missing, unreadable, empty, truncated, no picture, or far too large.
    """
    return decode_image(read_bytes(source), source_name(source))


def source_name(source: object, otherwise: str = "picture") -> str:
    """What messages call a picture: its path, or that of an opened file."""
    path = getattr(source, "name", None) if hasattr(source, "read") else source
    return os.fspath(path) if isinstance(path, str | os.PathLike) else otherwise


def decode_image(data: bytes, path: PathLike) -> Array:
    """:func:`read_image` for a file whose bytes have been read.

    Args:
        data: the file's bytes.
        path: what messages call it.

    Raises:
        ImageError: truncated, no picture, or far too large.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        picture = _open(io.BytesIO(data))
        deep = _is_deep_colour(picture, data)
        picture.load()
        array = _decode_deep(data, picture.mode) if deep else from_pil(picture)
    except UnidentifiedImageError as error:
        readable = "PNG, JPEG, TIFF, BMP, WebP, PGM/PPM, JPEG 2000 or GIF"
        raise ImageError(f"{path}: not a picture that can be read here; give {readable}") from error
    except Image.DecompressionBombError as error:
        limit = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise ImageError(f"{path}: more than {limit} million pixels; cut or shrink it first") from error
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from error
    except Exception as error:  # decoders raise anything at all on damaged bytes
        raise ImageError(
            f"{path}: damaged or truncated picture ({error}); copy or export it again"
        ) from error
    return _orient(array, 1 if deep and picture.format == "TIFF" else _orientation(picture))


def decode_luminance(data: bytes, shape: tuple[int, int]) -> Array | None:
    """The luminance that OpenCV's decoder makes of an 8-bit colour file, upright like ``read_image``'s array.

    Args:
        data: bytes that ``decode_image`` takes.
        shape: (H, W) of its result.

    Returns:
        (H, W) uint8; None where OpenCV can't decode the file, or might turn it another way.
    """
    import cv2

    with _open(io.BytesIO(data)) as picture:
        kind, orientation = picture.format, _orientation(picture)
    if orientation != 1 and kind != "JPEG":  # of the other formats' decoders only some turn the picture
        return None
    flags = cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION
    grey = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    grey = None if grey is None else _orient(grey, orientation)
    return grey if grey is not None and grey.shape == shape else None


def count_pixels(path: PathLike) -> int:
    """Height times width, from the file's head alone; 0 where it can't be read: ``read_image`` says why."""
    try:
        with warnings.catch_warnings(action="ignore"), _open(Path(path)) as picture:
            return picture.width * picture.height
    except Exception:  # decoders raise anything at all on damaged bytes
        return 0


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height, from a file's first bytes alone; None of what can't be read as a picture."""
    try:
        with _open(io.BytesIO(data)) as picture:
            return picture.width, picture.height
    except Exception:  # decoders raise anything at all on damaged bytes
        return None


def _open(source: Path | io.BytesIO) -> "Image.Image":
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(source, formats=FORMATS)


def read_bytes(source: Source) -> bytes:
    """All of a file that is not empty; bytes as they are.

    Raises:
        ImageError: it is missing, a folder, empty, opened as text, or can't be read.
    """
    if isinstance(source, bytes | bytearray | memoryview) or hasattr(source, "read"):
        return _held_bytes(source)
    path = Path(source)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ImageError(f"{path}: no such file; check the name") from error
    except IsADirectoryError as error:
        raise ImageError(f"{path}: is a folder; give a picture file") from error
    except PermissionError as error:
        raise ImageError(f"{path}: no permission to read it; change its permissions or copy it") from error
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror or error})") from error
    if not data:
        raise ImageError(f"{path}: empty file (0 bytes); copy or export it again")
    return data


def _held_bytes(source: Any) -> bytes:
    name = source_name(source)
    try:
        data = source.read() if hasattr(source, "read") else bytes(source)
    except (OSError, ValueError) as error:  # ValueError: closed, or text that is none
        raise ImageError(
            f"{name}: cannot be read ({error}); open it in binary, as open(path, 'rb')"
        ) from error
    if not isinstance(data, bytes):
        raise ImageError(f"{name}: gives {type(data).__name__}; open it in binary, as open(path, 'rb')")
    if not data:
        raise ImageError(f"{name}: nothing to read (0 bytes); give the whole file, opened at its start")
    return data


def _is_deep_colour(picture: "Image.Image", data: bytes) -> bool:
    """Whether Pillow is about to reduce more than 8 bits a channel to 8."""
    if picture.mode not in ("RGB", "RGBA", "LA", "RGBX"):
        return False
    if picture.format == "PNG":
        return data[24] == 16  # IHDR's bit depth
    if picture.format == "TIFF":
        bits = picture.getexif().get(258, 8)  # BitsPerSample
        return bool(np.max(bits) > 8)
    if picture.format == "PPM":
        header = re.sub(rb"#[^\n]*", b"", data[:4096]).split(
            maxsplit=4
        )  # magic, width, height, largest value
        return len(header) > 3 and int(header[3]) > 255
    if picture.format == "JPEG2000":
        at = data.find(b"ihdr")
        return at >= 0 and data[at + 14] & 0x7F > 7  # bits less one
    return False


def _decode_deep(data: bytes, mode: str) -> Array:
    import cv2

    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if bgr is None:
        raise ImageError("16-bit colour of a kind that cannot be decoded; save it as an ordinary 16-bit PNG")
    if bgr.ndim == 2 or mode == "LA":
        return np.ascontiguousarray(bgr if bgr.ndim == 2 else bgr[..., 0])
    return np.ascontiguousarray(bgr[..., 2::-1])


def from_pil(picture: "Image.Image") -> Array:
    """A Pillow picture as ``read_image`` gives it, but for EXIF orientation.

    Returns:
        (H, W) or (H, W, 3) RGB of uint8, uint16 or float32.

    Raises:
        ImageError: a mode without an equal (LAB, or 32-bit whole numbers beyond 16 bits).
    """
    mode = picture.mode
    if mode == "L" or mode == "RGB":
        return np.array(picture)
    if mode.startswith("I;16"):
        return np.array(picture).astype(np.uint16)
    if mode == "I":
        wide = np.array(picture)
        if wide.min() < 0 or wide.max() > 65535:
            raise ImageError(f"32-bit values from {wide.min()} to {wide.max()}; save it with 16 bits")
        return wide.astype(np.uint16)
    if mode == "F":
        return np.array(picture, dtype=np.float32)
    if mode in ("1", "LA", "La"):
        return np.array(picture.convert("L"))
    if mode in ("P", "PA", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV"):
        return np.array((picture.convert("RGBA") if mode in ("P", "PA", "RGBa") else picture).convert("RGB"))
    raise ImageError(f"colour mode {mode} is not supported; save it as grey or RGB")


def _orientation(picture: "Image.Image") -> int:
    """EXIF's; upright where that is damaged, as viewers have it."""
    try:
        found = picture.getexif().get(0x0112, 1)
    except Exception:  # as of damaged pictures
        return 1
    return found if isinstance(found, int) else 1


def _orient(array: Array, orientation: int) -> Array:
    """Undo the camera's rotation, as EXIF tag 0x0112 numbers it (1 is upright)."""
    if orientation in (5, 6, 7, 8):
        array = array.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    return np.ascontiguousarray(array)
