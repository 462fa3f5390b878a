"""Picture files in and out, 8 and 16 bits, grey and colour; writing is atomic.

Pillow does most of it. OpenCV does 16-bit colour, which Pillow would silently reduce to 8 bits.
"""

import io
import os
import re
import uuid
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mgfusion.images.errors import ImageError

if TYPE_CHECKING:
    from PIL import Image

Array = npt.NDArray[Any]
PathLike = str | os.PathLike[str]

# A literal list, so that no plug-in that runs an outside program (EPS, say) ever sees a file.
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "PPM", "JPEG2000", "GIF")
_FORMAT_OF = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
    ".webp": "WEBP",
    ".pgm": "PPM",
    ".ppm": "PPM",
    ".jp2": "JPEG2000",
}
_DEEP_SUFFIXES = (".png", ".tif", ".tiff", ".pgm", ".ppm")
_SAVE_OPTIONS: dict[str, dict[str, object]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {"compress_level": 4},  # half of the time of zlib's own 6, files larger by 2 to 6 %
    "WEBP": {"lossless": True},
    "TIFF": {"compression": "tiff_deflate"},
}
SUFFIXES = (*_FORMAT_OF, ".gif")
"""File endings, in lower case, that count as pictures when a folder is listed."""


def read_image(path: PathLike) -> Array:
    """Read a picture as uint8, uint16 or (a TIFF of temperatures, say) float32; (H, W) or (H, W, 3) RGB.

    The depth of the file is kept. EXIF orientation is applied, so that the array stands as a viewer shows it;
    palettes and 1-bit pictures are expanded. Alpha is dropped without blending, because what lies under a
    transparent pixel is still what the camera saw. Grey stored as colour stays (H, W, 3). Of several frames
    or pages the first is read.

    Raises:
        ImageError: the file is missing, unreadable, empty, truncated, no picture, or far too large.
    """
    path = Path(path)
    data = _read_bytes(path)
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
    return _orient(array, 1 if deep and picture.format == "TIFF" else picture.getexif().get(0x0112, 1))


def count_pixels(path: PathLike) -> int:
    """Height times width, from the file's head alone; 0 where it can't be read: ``read_image`` says why."""
    try:
        with warnings.catch_warnings(action="ignore"), _open(Path(path)) as picture:
            return picture.width * picture.height
    except Exception:  # decoders raise anything at all on damaged bytes
        return 0


def _open(source: Path | io.BytesIO) -> "Image.Image":
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(source, formats=_FORMATS)


def _read_bytes(path: Path) -> bytes:
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


def _orient(array: Array, orientation: int) -> Array:
    """Undo the camera's rotation, as EXIF tag 0x0112 numbers it (1 is upright)."""
    if orientation in (5, 6, 7, 8):
        array = array.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    return np.ascontiguousarray(array)


def write_image(path: PathLike, array: Array, overwrite: bool = False) -> Path:
    """Write a uint8 or uint16 array, (H, W) or (H, W, 3) RGB; the file's ending chooses the format.

    The file appears whole or not at all: a temporary file beside it is renamed at the end. Missing folders
    are made.

    Raises:
        ImageError: the file exists and ``overwrite`` is false, the ending is unknown, the depth does not fit
            the format (16 bits go into PNG, TIFF and PGM/PPM only), or the folder cannot be written.
    """
    path = Path(path)
    check_target(path, overwrite)
    data = _encode(path, np.asarray(array))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data, overwrite)
    except OSError as error:
        why = error.strerror or error
        raise ImageError(f"{path}: cannot be written ({why}); choose another folder") from error
    return path


def check_target(path: Path, overwrite: bool) -> None:
    """Raise ImageError where ``write_image`` would refuse the name; cheap enough to ask before the work."""
    if path.suffix.lower() not in _FORMAT_OF:
        raise ImageError(f"{path}: unknown ending {path.suffix!r}; use one of {' '.join(_FORMAT_OF)}")
    if path.is_dir():
        raise ImageError(f"{path}: is a folder; give a file name")
    if not overwrite and os.path.lexists(path):
        raise ImageError(f"{path}: exists already; choose another name or allow overwriting (--overwrite)")


def write_whole(path: Path, data: bytes, overwrite: bool) -> None:
    """Write a file of any kind that appears whole or not at all; its folder must exist.

    Raises:
        ImageError: it exists and ``overwrite`` is false.
        OSError: it cannot be written.
    """
    temporary = path.parent / f".mgfusion-{uuid.uuid4().hex}.tmp"
    try:
        temporary.write_bytes(data)
        _put_in_place(temporary, path, overwrite)
    finally:
        temporary.unlink(missing_ok=True)


def _put_in_place(temporary: Path, path: Path, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(path)
        return
    try:
        path.hardlink_to(temporary)  # unlike a rename, fails where another process wrote the file meanwhile
    except FileExistsError as error:
        raise ImageError(
            f"{path}: exists already; choose another name or allow overwriting (--overwrite)"
        ) from error
    except OSError:  # a file system without hard links
        check_target(path, overwrite)
        temporary.replace(path)


def _encode(path: Path, array: Array) -> bytes:
    grey, colour = array.ndim == 2, array.ndim == 3 and array.shape[2] == 3
    if array.dtype not in (np.uint8, np.uint16) or not (grey or colour) or 0 in array.shape:
        got = f"{array.dtype} of shape {array.shape}"
        raise ImageError(f"{path}: cannot write {got}; give uint8 or uint16 of shape (H, W) or (H, W, 3)")
    suffix = path.suffix.lower()
    if array.dtype == np.uint16 and suffix not in _DEEP_SUFFIXES:
        raise ImageError(f"{path}: {suffix} cannot hold 16 bits; use one of {' '.join(_DEEP_SUFFIXES)}")
    if colour and suffix == ".pgm":
        raise ImageError(f"{path}: .pgm holds grey only; use .ppm or .png for colour")
    if array.dtype == np.uint16 and colour:
        import cv2

        done, encoded = cv2.imencode(suffix, np.ascontiguousarray(array[..., ::-1]))
        if not done:
            raise ImageError(f"{path}: the {suffix} encoder failed on shape {array.shape}; try .png")
        return bytes(encoded)
    from PIL import Image

    kind = _FORMAT_OF[suffix]
    buffer = io.BytesIO()
    try:
        Image.fromarray(np.ascontiguousarray(array)).save(buffer, format=kind, **_SAVE_OPTIONS.get(kind, {}))
    except (OSError, ValueError, KeyError) as error:
        raise ImageError(f"{path}: {kind} cannot hold shape {array.shape} ({error}); try .png") from error
    return buffer.getvalue()
