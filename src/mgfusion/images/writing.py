"""Picture files out, whole or not at all."""

import io
import os
from pathlib import Path

import numpy as np

from mgfusion.errors import ImageError, OutputError
from mgfusion.files import exists_already, write_whole
from mgfusion.images.file_formats import DEEP_SUFFIXES, FORMAT_OF, SAVE_OPTIONS, Array, PathLike
from mgfusion.images.unit_range import native


def write_image(path: PathLike, array: Array, overwrite: bool = False) -> Path:
    """Write a uint8 or uint16 array, (H, W) or (H, W, 3) RGB; the file's ending chooses the format.

    The file appears whole or not at all, see :func:`mgfusion.files.write_whole`; missing folders are made.

    Raises:
        ImageError: the file exists and ``overwrite`` is false, the ending is unknown, the depth does not fit
            the format (16 bits go into PNG, TIFF and PGM/PPM only), or the folder cannot be written.
    """
    path = Path(path)
    check_target(path, overwrite)
    data = _encode(path, native(array))
    try:
        return write_whole(path, data, overwrite)
    except OutputError as error:
        raise ImageError(error) from error


def check_target(path: Path, overwrite: bool) -> None:
    """Raise ImageError where ``write_image`` would refuse the name; cheap enough to ask before the work."""
    if path.suffix.lower() not in FORMAT_OF:
        raise ImageError(f"{path}: unknown ending {path.suffix!r}; use one of {' '.join(FORMAT_OF)}")
    if path.is_dir():
        raise ImageError(f"{path}: is a folder; give a file name")
    if not overwrite and os.path.lexists(path):
        raise ImageError(exists_already(path))


def encode_image(array: Array, suffix: str) -> bytes:
    """A picture file's bytes, as :func:`write_image` writes them.

    Args:
        array: uint8 or uint16, (H, W) or (H, W, 3) RGB.
        suffix: a file's ending, such as ``.png``.

    Raises:
        ImageError: the ending is unknown, or can't hold this array.
    """
    if suffix.lower() not in FORMAT_OF:
        raise ImageError(f"unknown ending {suffix!r}; use one of {' '.join(FORMAT_OF)}")
    return _encode(Path(f"picture{suffix}"), native(array))


def _encode(path: Path, array: Array) -> bytes:
    grey, colour = array.ndim == 2, array.ndim == 3 and array.shape[2] == 3
    if array.dtype not in (np.uint8, np.uint16) or not (grey or colour) or 0 in array.shape:
        got = f"{array.dtype} of shape {array.shape}"
        raise ImageError(f"{path}: cannot write {got}; give uint8 or uint16 of shape (H, W) or (H, W, 3)")
    suffix = path.suffix.lower()
    if array.dtype == np.uint16 and suffix not in DEEP_SUFFIXES:
        raise ImageError(f"{path}: {suffix} cannot hold 16 bits; use one of {' '.join(DEEP_SUFFIXES)}")
    if colour and suffix == ".pgm":
        raise ImageError(f"{path}: .pgm holds grey only; use .ppm or .png for colour")
    if array.dtype == np.uint16 and colour:
        import cv2

        done, encoded = cv2.imencode(suffix, np.ascontiguousarray(array[..., ::-1]))
        if not done:
            raise ImageError(f"{path}: the {suffix} encoder failed on shape {array.shape}; try .png")
        return bytes(encoded)
    from PIL import Image

    kind = FORMAT_OF[suffix]
    buffer = io.BytesIO()
    try:
        Image.fromarray(np.ascontiguousarray(array)).save(buffer, format=kind, **SAVE_OPTIONS.get(kind, {}))
    except (OSError, ValueError, KeyError) as error:
        raise ImageError(f"{path}: {kind} cannot hold shape {array.shape} ({error}); try .png") from error
    return buffer.getvalue()
