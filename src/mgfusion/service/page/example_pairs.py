"""Three synthetic pairs to try the page with: drawn when they are asked for, files nowhere."""

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mgfusion.images import Array
from mgfusion.images.writing import encode_image
from mgfusion.synthetic.night_street import night_street


@dataclass(frozen=True)
class ExamplePair:
    """Two files by name, and what is to be seen in them."""

    title: str
    files: dict[str, bytes]


TITLES = ("Night street, 8 bits", "Street of a 14-bit camera", "Street with temperatures")
_SEEDS = (0, 3, 5)


@lru_cache(maxsize=3)
def example_pair(number: int) -> ExamplePair:
    """One of TITLES, 640x480: an 8-bit infrared picture, one of 14-bit counts, and one of degrees."""
    scene = night_street(_SEEDS[number])
    vis = {"vis.png": encode_image(scene.vis, ".png")}
    heat = scene.ir.astype(np.float32) / 255
    if number == 0:
        ir = {"ir.png": encode_image(scene.ir, ".png")}
    elif number == 1:
        ir = {"counts.png": encode_image(np.rint(7000 + 1800 * heat).astype(np.uint16), ".png")}
    else:
        ir = {"degrees.tif": _degrees_file(-2 + 38 * heat)}
    return ExamplePair(TITLES[number], {**ir, **vis})


def _degrees_file(celsius: Array) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(celsius.astype(np.float32)).save(buffer, "TIFF", compression="tiff_deflate")
    return buffer.getvalue()
