"""``mgfusion.fuse_video``: a fused video as an iterator of frames."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from mgfusion.images import Array, FloatArray
from mgfusion.video.frame_building import rgb_of
from mgfusion.video.frame_planes import Frame
from mgfusion.video.fused_stream import fused_stream
from mgfusion.video.paired_streams import Layout, PathLike, open_streams
from mgfusion.video.video_files import Report
from mgfusion.video.video_fuser import VideoFuser


@dataclass(frozen=True)
class FusedFrame:
    """One frame of a fused video."""

    frame: Frame
    """Its planes, as the visible stream has them."""

    @property
    def time(self) -> float:
        """Seconds from the beginning of the visible stream's file."""
        return float(self.frame.time)

    @cached_property
    def picture(self) -> Array:
        """(H, W, 3) RGB, or (H, W) of grey; uint8, or uint16 of a deeper stream; made when asked for."""
        return rgb_of(self.frame)

    @property
    def luminance(self) -> FloatArray:
        """(H, W), float32 in [0, 1]."""
        y = self.frame.y
        return y if y.dtype.kind == "f" else self.frame.levels.to_unit(y)


def fuse_video(
    ir: PathLike,
    vis: PathLike | None = None,
    *,
    fuser: VideoFuser | None = None,
    layout: Layout = "files",
    vis_first: bool = False,
    offset: float | Fraction = 0,
    rate: float | Fraction = 25,
    report: Report | None = None,
    **options: Any,
) -> Iterator[FusedFrame]:
    """Fuse two videos frame by frame, paired by time; memory is that of a few frames.

    A frame comes for each visible frame that the infrared stream covers, in order of time, with the visible
    frame's size, depth and colour. Decoding and fusing run beside whoever uses the frames.

    Args:
        ir: a video file, a pattern of numbered pictures such as ``ir_%04d.tif``, or one file with both.
        vis: likewise; left out where ``ir`` holds both.
        fuser: a :class:`VideoFuser`; by default one is made with ``options``.
        layout: ``files``, or for one file ``side-by-side``, ``top-bottom`` or ``dual-track``, infrared first.
        vis_first: in that one file visible comes first.
        offset: seconds added to the infrared stream's times;
            :func:`mgfusion.video.motion_sync.estimate_offset` finds it.
        rate: frames a second of numbered pictures.
        report: takes a line for each frame that can't be decoded, for which the last good one stands in; by
            default they are warnings.
        options: of :class:`VideoFuser`.

    Raises:
        VideoError: a stream can't be opened or decoded at all, or the two have no time in common.
        ImageError: sizes differ and there is no transform.
        OptionError: options that don't fit.
        MissingExtraError: PyAV isn't installed.
    """
    streams = open_streams(ir, vis, layout=layout, vis_first=vis_first, offset=offset, rate=rate)
    return _frames(streams.pairs(streams.start, report or _warn), fuser or VideoFuser(**options), streams)


def _frames(pairs: Any, fuser: VideoFuser, streams: Any) -> Iterator[FusedFrame]:
    from mgfusion.errors import VideoError

    some = False
    for frame in fused_stream(pairs, fuser):
        assert isinstance(frame, Frame)
        some = True
        yield FusedFrame(frame)
    if not some:
        raise VideoError(
            f"{streams.ir.name} and {streams.vis.name}: have no time in common; give their offset"
        )


def _warn(line: str) -> None:
    import warnings

    warnings.warn(line, stacklevel=2)
