"""Planes back to frames that encoders take, and to RGB arrays where somebody asks for them."""

from typing import TYPE_CHECKING

import numpy as np

from mgfusion.images import Array, from_unit
from mgfusion.video.frame_planes import FULL, Frame

if TYPE_CHECKING:
    import av


def pixel_format(frame: Frame, bits: int, coarse: bool = False) -> str:
    """The planar format that holds a frame's chroma; grey gets chroma of 4:2:0, which every player knows.

    Args:
        bits: 8 or 10.
        coarse: 4:2:0 whatever the frame has, where its sides are even.
    """
    height, width = frame.y.shape
    even = height % 2 == 0 and width % 2 == 0
    if frame.chroma is None or coarse:
        kind = "420"
    else:
        rows, columns = frame.chroma[0].shape
        kind = {(True, True): "444", (True, False): "422"}.get((rows == height, columns == width), "420")
    if not even and kind != "444":  # H.264 holds no odd sides at 4:2:0
        kind = "444"
    return f"yuv{kind}p" + ("" if bits == 8 else f"{bits}le")


def video_frame(frame: Frame, kind: str | None = None) -> "av.VideoFrame":
    """A frame as PyAV holds it, in ``kind`` or the planar format nearest to it."""
    import av

    levels = frame.levels
    kind = kind or pixel_format(frame, 8 if levels.bits == 8 else min(levels.bits, 10))
    made = av.VideoFrame(frame.y.shape[1], frame.y.shape[0], kind)
    bits = made.format.components[0].bits
    planes: list[Array] = [frame.y]
    if len(made.planes) >= 3:
        grey = np.full((1, 1), levels.grey, frame.y.dtype)
        planes += frame.chroma or (grey, grey)
    for target, plane in zip(made.planes, planes, strict=True):
        _fill(target, _at_depth(plane, levels.bits, bits))
    if kind.startswith("yuv"):
        made.color_range = FULL if levels.full else 1
        made.colorspace = frame.tags.space
    return made


def rgb_of(frame: Frame) -> Array:
    """RGB, (H, W, 3), or (H, W) of a grey frame; uint8, or uint16 above 8 bits and for floats."""
    if frame.y.dtype.kind == "f":
        return from_unit(frame.y, np.uint16)
    deep = frame.levels.bits > 8
    if frame.chroma is None:
        return from_unit(frame.levels.to_unit(frame.y), np.uint16 if deep else np.uint8)
    made = video_frame(frame, pixel_format(frame, frame.levels.bits))
    colours = {1: "ITU709", 9: "BT2020"}.get(frame.tags.space, "ITU601")
    made = made.reformat(
        format="rgb48le" if deep else "rgb24", src_colorspace=colours, dst_color_range="JPEG"
    )
    array: Array = np.asarray(made.to_ndarray())
    return array


def _at_depth(plane: Array, bits: int, wanted: int) -> Array:
    if bits == wanted:
        return plane
    if bits > wanted:
        lower = (plane.astype(np.uint32) + (1 << (bits - wanted - 1))) >> (bits - wanted)
        highest = np.uint32((1 << wanted) - 1)
        shifted: Array = np.minimum(lower, highest).astype(np.uint8 if wanted == 8 else np.uint16)
        return shifted
    return plane.astype(np.uint16) << (wanted - bits)


def _fill(target: "av.video.plane.VideoPlane", plane: Array) -> None:
    dtype = plane.dtype
    rows = np.frombuffer(memoryview(target), np.uint8).reshape(-1, target.line_size)[: target.height]
    pixels = rows[:, : target.width * dtype.itemsize].view(dtype)
    if plane.shape not in (pixels.shape, (1, 1)):
        import cv2

        plane = cv2.resize(plane, (target.width, target.height), interpolation=cv2.INTER_LINEAR)
    pixels[:] = plane
