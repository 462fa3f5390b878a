"""How the infrared of a pair lies upon the visible picture: found, or by hand, and what a person is shown."""

import dataclasses
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mgfusion.images import Array, FloatArray, to_tensor
from mgfusion.images.writing import encode_image
from mgfusion.inference.infrared_overlay import find_alignment
from mgfusion.registration import Alignment
from mgfusion.registration.alignment import resized
from mgfusion.registration.control_points import parse_points, points_of
from mgfusion.service.picture_views import eight_bits, shrunk
from mgfusion.service.source_colours import INFRARED

if TYPE_CHECKING:
    from torch import Tensor

POINTS_FILE = "points.csv"
_CLEAREST = 0.06  # of the pixels are surely an edge
_FINE = 640  # pixels of the longer side at least: lines of a small sensor's picture are drawn finer than it


@dataclass(frozen=True)
class ByHand:
    """What a person did: nothing yet, or a matrix (3x3, row by row) to lay the infrared by."""

    matrix: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Placement:
    """How the infrared lies.

    Attributes:
        alignment: the matrix, and how sure it is.
        by_hand: a person says so.
        points: the table that makes the same of a command (``--points``); empty where none is needed.
    """

    alignment: Alignment
    by_hand: bool = False
    points: str = ""

    @property
    def usable(self) -> bool:
        """Whether pictures may be fused like that."""
        return bool(self.points) if self.by_hand else self.alignment.trusted


def find_placement(
    ir: "Tensor", vis: Array, align: str | None, by_hand: ByHand | None, known: Alignment | None
) -> Placement | None:
    """How the infrared lies, or None where both are taken to be pixel on pixel.

    Args:
        ir: (1, 1, h, w), in [0, 1].
        vis: (H, W) or (H, W, 3).
        align: a word of :class:`mgfusion.Fuser`.
        by_hand: what a person did, which counts before all else.
        known: what was found of the same files before; the search takes seconds.

    Raises:
        ImageError: too small to align, or laid beside the visible picture.
    """
    sizes = (ir.shape[3], ir.shape[2]), (vis.shape[1], vis.shape[0])
    if by_hand is not None:
        if by_hand.matrix is None:
            return Placement(resized(*sizes), by_hand=True)
        table = points_of(np.array(by_hand.matrix).reshape(3, 3), *sizes).csv()
        return Placement(parse_points(table, POINTS_FILE).alignment(*sizes), True, table)
    if known is not None and (known.ir_size, known.vis_size) == sizes:
        return Placement(known)
    found = find_alignment(align, ir, to_tensor(vis), "ir", "vis")
    return None if found is None else Placement(dataclasses.replace(found, match=None))


def placement_views(ir: FloatArray, vis: Array) -> dict[str, bytes]:
    """Files of pictures to lay over each other by eye: vis; ir, as its own camera saw it; edges of it.

    Args:
        ir: (h, w), float in [0, 1].
        vis: (H, W) or (H, W, 3).
    """
    return {
        "vis": encode_image(shrunk(eight_bits(vis)), ".jpg"),
        "ir": encode_image(shrunk(eight_bits(ir)), ".jpg"),
        "edges": _edges(shrunk(eight_bits(ir))),
    }


def _edges(levels: Array) -> bytes:
    """A PNG of the edges alone, the rest of it transparent."""
    import cv2
    from PIL import Image

    times = max(1, -(-_FINE // max(levels.shape)))
    size = levels.shape[1] * times, levels.shape[0] * times
    smooth = cv2.GaussianBlur(cv2.resize(levels, size, interpolation=cv2.INTER_CUBIC), (0, 0), 1 + times / 2)
    slopes: list[Any] = [cv2.Sobel(smooth, cv2.CV_16S, *axis) for axis in ((1, 0), (0, 1))]
    strength = np.abs(slopes[0].astype(np.int32)) + np.abs(slopes[1].astype(np.int32))
    high = max(8.0, float(np.quantile(strength, 1 - _CLEAREST)))
    lines = cv2.dilate(cv2.Canny(slopes[0], slopes[1], high / 2, high), np.ones((2, 2), np.uint8))
    drawn = np.dstack([np.full((*lines.shape, 3), INFRARED, np.uint8), lines])
    buffer = io.BytesIO()
    Image.fromarray(drawn, "RGBA").quantize(2).save(buffer, "PNG")
    return buffer.getvalue()
