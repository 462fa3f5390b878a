"""What the process of one video does; all that it writes lies in the folder that it is given."""

import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mgfusion.service.refusals import check_pixels

FUSED = "fused.mp4"
_PROGRESS = "progress"
_TOLD_EVERY = 0.25  # seconds


@dataclass(frozen=True)
class VideoJob:
    """A video to fuse.

    Attributes:
        folder: the job's own, where ``ir`` and ``vis`` are and the result comes.
        ir: a file's name in it.
        vis: likewise; None where ``ir`` holds both.
        layout: of :func:`mgfusion.video.paired_streams.open_streams`.
        offset: seconds added to infrared times.
        alignment: a rig's or a table of control points' name in it; None where frames are registered.
        options: of :class:`mgfusion.VideoFuser`; ``ir_range`` as text.
    """

    folder: str
    ir: str
    vis: str | None
    layout: str
    offset: float
    alignment: str | None
    options: dict[str, Any]


@dataclass(frozen=True)
class Progress:
    """How far it is: seconds of video, in all or None where that isn't known, and frames."""

    done: float = 0.0
    total: float | None = None
    frames: int = 0


@dataclass(frozen=True)
class VideoDone:
    """What became of it; see :class:`mgfusion.video.file_fusion.FusedVideo`."""

    path: str
    frames: int
    problems: tuple[str, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())


def run_video(job: VideoJob, pixels: int) -> VideoDone:
    """Fuse the video in a process of its own.

    Args:
        job: what to do.
        pixels: the most that a frame may have.

    Raises:
        MGFusionError: it can't be fused as it is.
    """
    from mgfusion.thermal import parse_ir_range
    from mgfusion.video.file_fusion import fuse_video_files
    from mgfusion.video.paired_streams import open_streams
    from mgfusion.video.video_files import VideoFile
    from mgfusion.video.video_fuser import VideoFuser

    folder = Path(job.folder)
    streams = open_streams(
        folder / job.ir, None if job.vis is None else folder / job.vis, offset=job.offset,
        layout=job.layout,  # type: ignore[arg-type]
    )  # fmt: skip
    for stream in (streams.ir, streams.vis):
        if isinstance(stream, VideoFile):
            check_pixels(stream.name, stream.size, pixels)
    ir_range = parse_ir_range(job.options.get("ir_range", "auto"))
    align = None if job.alignment is None else folder / job.alignment
    fuser = VideoFuser(**{**job.options, "ir_range": ir_range, "align": align})
    told = 0.0

    def tell(done: float, total: float | None, frames: int) -> None:
        nonlocal told
        if time.monotonic() - told >= _TOLD_EVERY:
            told = time.monotonic()
            (folder / f".{_PROGRESS}").write_text(f"{done} {total or -1} {frames}")
            (folder / f".{_PROGRESS}").replace(folder / _PROGRESS)

    made = fuse_video_files(streams, folder / FUSED, fuser, progress=tell)
    return VideoDone(str(made.path), made.frames, tuple(made.problems), tuple(made.notes))


def video_function(pixels: int) -> "partial[VideoDone]":
    """:func:`run_video` with its bound, for a process."""
    return partial(run_video, pixels=pixels)


def read_progress(folder: Path) -> Progress:
    """What the process last said."""
    try:
        done, total, frames = (folder / _PROGRESS).read_text().split()
    except (OSError, ValueError):  # nothing yet
        return Progress()
    return Progress(float(done), float(total) if float(total) >= 0 else None, int(frames))
