"""What a decoded frame holds: luminance and colour planes as they are in the stream, with no RGB between."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from mgfusion.errors import VideoError
from mgfusion.images import Array, FloatArray

if TYPE_CHECKING:
    import av

FULL = 2
"""How FFmpeg numbers full-range levels, 0 to the largest; 1 is limited, 16 to 235 of 255."""

_PLANAR = re.compile(r"yuvj?4(?:20|22|44|40|10|11)p(?:9|10|12|14|16)?(?:le)?|gray(?:9|10|12|14|16)?(?:le)?")
_ALPHA = re.compile(r"yuva(4\d\dp\d*(?:le)?)")


@dataclass(frozen=True)
class Levels:
    """How whole numbers in a plane stand for [0, 1]."""

    bits: int = 8
    full: bool = True

    @property
    def black(self) -> int:
        return 0 if self.full else 16 << (self.bits - 8)

    @property
    def white(self) -> int:
        return (1 << self.bits) - 1 if self.full else 235 << (self.bits - 8)

    @property
    def grey(self) -> int:
        """The chroma of a pixel without colour."""
        return 1 << (self.bits - 1)

    @property
    def reach(self) -> int:
        """From the least Cb or Cr to the largest."""
        return (1 << self.bits) - 1 if self.full else 224 << (self.bits - 8)

    def to_unit(self, plane: Array) -> FloatArray:
        """Whole numbers to float32 in [0, 1], clipped."""
        unit: FloatArray = np.subtract(plane, np.float32(self.black), dtype=np.float32)
        unit *= np.float32(1 / (self.white - self.black))
        return np.clip(unit, 0, 1, out=unit)

    def from_unit(self, unit: FloatArray) -> Array:
        """[0, 1] to whole numbers of uint8, or uint16 above 8 bits."""
        scaled = unit * np.float32(self.white - self.black)
        scaled += np.float32(self.black + 0.5)
        return scaled.astype(np.uint8 if self.bits == 8 else np.uint16)


@dataclass(frozen=True)
class Tags:
    """What a stream says of its colours, by FFmpeg's numbers (2 is unsaid)."""

    space: int = 2
    primaries: int = 2
    transfer: int = 2


@dataclass(frozen=True)
class Frame:
    """One frame of a stream, upright.

    Attributes:
        time: seconds from the beginning of its file.
        y: luminance, (H, W), uint8 or uint16.
        chroma: Cb and Cr, each (h, w) of the same type; None for grey.
        levels: what the numbers of the planes mean.
        tags: of the stream's colours.
        index: of the frame in its stream, from 0.
        stands_in: the frame could not be decoded; this is the last good one in its place.
    """

    time: Fraction
    y: Array
    chroma: tuple[Array, Array] | None = None
    levels: Levels = Levels()
    tags: Tags = Tags()
    index: int = 0
    stands_in: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.y.shape[1], self.y.shape[0]

    def cropped(self, top: int, left: int, height: int, width: int) -> "Frame":
        """A part; where chroma is coarser it starts at the pixel that holds the first one's colour."""

        def part(plane: Array) -> Array:
            down, across = -(-self.y.shape[0] // plane.shape[0]), -(-self.y.shape[1] // plane.shape[1])
            rows, columns = -(-height // down), -(-width // across)
            return plane[top // down : top // down + rows, left // across : left // across + columns]

        chroma = None if self.chroma is None else (part(self.chroma[0]), part(self.chroma[1]))
        return replace(self, y=part(self.y), chroma=chroma)


def planes_of(frame: "av.VideoFrame", name: str) -> tuple[Array, tuple[Array, Array] | None, Levels, Tags]:
    """The planes of a decoded frame, turned upright as its rotation says; views where nothing needs turning.

    Planar YUV and grey are taken as they are, at their own depth. What is stored otherwise (RGB, packed YUV,
    other byte orders) is first brought to the planar format that loses nothing.

    Raises:
        VideoError: a pixel format that can't be brought to planes.
    """
    frame = _planar(frame, name)
    kind = frame.format
    full = kind.name.startswith("yuvj") or frame.color_range == FULL
    if kind.name.startswith("gray") and frame.color_range == 0:
        full = True
    levels = Levels(kind.components[0].bits, full)
    turns = (frame.rotation // 90) % 4 if frame.rotation % 90 == 0 else 0

    def plane(index: int) -> Array:
        got = frame.planes[index]
        dtype = np.dtype(np.uint8 if levels.bits == 8 else "<u2")
        rows = np.frombuffer(memoryview(got), np.uint8).reshape(-1, got.line_size)[: got.height]
        pixels = rows[:, : got.width * dtype.itemsize].view(dtype)
        return np.rot90(pixels, turns) if turns else pixels

    chroma = (plane(1), plane(2)) if len(kind.components) >= 3 else None
    tags = Tags(int(frame.colorspace), int(frame.color_primaries), int(frame.color_trc))
    return plane(0), chroma, levels, tags


def _planar(frame: "av.VideoFrame", name: str) -> "av.VideoFrame":
    import av

    kind = frame.format.name
    if _PLANAR.fullmatch(kind):
        return frame
    bits = max(component.bits for component in frame.format.components)
    if match := _ALPHA.fullmatch(kind):
        target = f"yuv{match[1]}"
    elif kind in ("nv12", "nv21", "nv16", "nv24", "yuyv422", "uyvy422", "yvyu422", "p010le", "p016le"):
        target = {"nv16": "yuv422p", "nv24": "yuv444p", "p010le": "yuv420p10le", "p016le": "yuv420p16le"}.get(
            kind, "yuv420p" if kind.startswith("nv") else "yuv422p"
        )
    elif kind.startswith(("gray", "ya8", "ya16")):
        target = "gray" if bits == 8 else f"gray{bits if bits < 16 else 16}le"
    else:  # RGB of any kind, palettes: full-range BT.601
        target = "yuv444p" if bits <= 8 else "yuv444p16le"
    try:
        if target.startswith("yuv444p") and (frame.format.is_rgb or frame.format.has_palette):
            made = frame.reformat(format=target, dst_colorspace="ITU601", dst_color_range="JPEG")
            made.color_range, made.colorspace = FULL, 5
            return made
        return frame.reformat(format=target)
    except (ValueError, av.error.FFmpegError) as error:
        raise VideoError(
            f"{name}: frames of {kind} can't be used ({error}); convert it to yuv420p"
        ) from error
