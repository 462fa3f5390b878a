"""Picture formats: which are read, which written, and how."""

import os
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]
PathLike = str | os.PathLike[str]
Source = PathLike | bytes | BinaryIO
"""A file by its name, its content, or opened for reading."""

# A literal list, so that no plug-in that runs an outside program (EPS, say) ever sees a file.
FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "PPM", "JPEG2000", "GIF")
FORMAT_OF = {
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
DEEP_SUFFIXES = (".png", ".tif", ".tiff", ".pgm", ".ppm")
SAVE_OPTIONS: dict[str, dict[str, object]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {"compress_level": 4},  # half of the time of zlib's own 6, files larger by 2 to 6 %
    "WEBP": {"lossless": True},
    "TIFF": {"compression": "tiff_deflate"},
}
SUFFIXES = (*FORMAT_OF, ".gif")
"""File endings, in lower case, that count as pictures when a folder is listed."""
