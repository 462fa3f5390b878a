"""Where to look: the pictures, and the regions in them, on which methods disagree most."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgfusion.benchmark.methods.test_sets import Grey
from mgfusion.errors import BenchmarkError

_SHARE = 0.2  # of the picture's width and height


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels: left, top, width, height."""

    x: int
    y: int
    w: int
    h: int

    def overlaps(self, other: "Box") -> bool:
        """Whether two boxes share a pixel."""
        return (
            self.x < other.x + other.w
            and other.x < self.x + self.w
            and self.y < other.y + other.h
            and other.y < self.y + self.h
        )

    def cut(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The part of a picture (H, W) or (H, W, 3) inside the box."""
        return picture[self.y : self.y + self.h, self.x : self.x + self.w]


@dataclass(frozen=True)
class View:
    """A picture to show, and the boxes to enlarge; none means: where the methods disagree most."""

    set: str
    name: str
    boxes: tuple[Box, ...] = ()


def parse_view(text: str) -> View:
    """``SET/NAME`` or ``SET/NAME:x,y,w,h[;x,y,w,h]``.

    Raises:
        BenchmarkError: anything else.
    """
    where, colon, regions = text.partition(":")
    set_name, slash, name = where.partition("/")
    try:
        boxes = tuple(Box(*(int(n) for n in part.split(","))) for part in regions.split(";")) if colon else ()
    except (ValueError, TypeError):
        boxes = (Box(0, 0, 0, 0),)
    if not (slash and name) or any(min(box.w, box.h) < 1 or min(box.x, box.y) < 0 for box in boxes):
        raise BenchmarkError(f"{text!r}: give SET/NAME or SET/NAME:x,y,w,h;x,y,w,h in pixels")
    return View(set_name, name, boxes)


def disagreement(fused: list[Grey]) -> NDArray[np.float32]:
    """(H, W): how much pictures of one scene differ in each pixel in detail, their slow shading apart."""
    import cv2

    sigma = 0.03 * max(fused[0].shape)
    planes = [f.astype(np.float32) for f in fused]
    spread: NDArray[np.float32] = np.std([f - cv2.GaussianBlur(f, (0, 0), sigma) for f in planes], axis=0)
    edge = max(1, round(0.02 * min(spread.shape)))  # borders of a sensor are no scene
    spread[:edge] = spread[-edge:] = spread[:, :edge] = spread[:, -edge:] = 0
    return spread


def pick_boxes(fused: list[Grey], count: int = 2) -> tuple[Box, ...]:
    """The ``count`` windows, apart from each other, in which the methods disagree most."""
    import cv2

    spread = disagreement(fused)
    height, width = spread.shape
    h, w = max(1, round(height * _SHARE)), max(1, round(width * _SHARE))
    total = cv2.boxFilter(spread, -1, (w, h), anchor=(0, 0), normalize=True)[
        : height - h + 1, : width - w + 1
    ]
    total = np.ascontiguousarray(total)
    boxes: list[Box] = []
    while len(boxes) < count:
        y, x = np.unravel_index(int(total.argmax()), total.shape)
        if total[y, x] < 0:
            break
        boxes.append(Box(int(x), int(y), w, h))
        total[max(0, y - 5 * h // 4) : y + 5 * h // 4, max(0, x - 5 * w // 4) : x + 5 * w // 4] = -1
    return tuple(boxes)
