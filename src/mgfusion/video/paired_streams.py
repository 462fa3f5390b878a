"""What a user names as infrared and visible, opened as one stream of pairs."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from mgfusion.errors import OptionError, VideoError
from mgfusion.video.image_sequences import ImageSequence, is_pattern
from mgfusion.video.time_pairing import Pair, PairingNotes, pair_by_time
from mgfusion.video.video_files import Report, VideoFile

Layout = Literal["files", "side-by-side", "top-bottom", "dual-track"]
LAYOUTS = ("files", "side-by-side", "top-bottom", "dual-track")
Stream = VideoFile | ImageSequence
PathLike = str | os.PathLike[str]


@dataclass
class PairedStreams:
    """An infrared and a visible stream, of two files or of one.

    Attributes:
        ir, vis: the streams; the same one where pictures share their frames.
        layout: ``files`` is two; of one file ``side-by-side`` has infrared in the left half, ``top-bottom``
            in the upper one, ``dual-track`` in the first of two video tracks.
        offset: seconds added to the infrared stream's times.
        vis_first: visible comes first in the layout.
    """

    ir: Stream
    vis: Stream
    layout: Layout = "files"
    offset: Fraction = Fraction(0)
    vis_first: bool = False

    @property
    def shared(self) -> bool:
        """Whether both pictures are parts of one frame."""
        return self.layout in ("side-by-side", "top-bottom")

    @property
    def start(self) -> Fraction:
        """The least time of a pair, in seconds of the visible stream."""
        return max(Fraction(0), self.offset)

    @property
    def end(self) -> Fraction | None:
        """About the time after the last pair; None where a stream's length is not known."""
        if self.vis.duration is None or self.ir.duration is None:
            return None
        return min(self.vis.duration, self.ir.duration + self.offset)

    def pairs(
        self,
        since: Fraction = Fraction(0),
        report: Report = lambda line: None,
        notes: PairingNotes | None = None,
    ) -> Iterator[Pair]:
        """Pairs whose visible frame is at ``since`` seconds or later; a bad frame is told to ``report``."""
        if self.shared:
            yield from self._halves(since, report)
            return
        ir_step, vis_step = 1 / self.ir.rate, 1 / self.vis.rate
        reach = 2 * max(ir_step, vis_step)
        ir = self.ir.frames(max(Fraction(0), since - self.offset - reach), report)
        vis = self.vis.frames(since, report)
        yield from pair_by_time(ir, vis, offset=self.offset, ir_step=ir_step, vis_step=vis_step, notes=notes)

    def _halves(self, since: Fraction, report: Report) -> Iterator[Pair]:
        for frame in self.vis.frames(since, report):
            width, height = frame.size
            if (width if self.layout == "side-by-side" else height) % 2:
                raise VideoError(
                    f"{self.vis.name}: {width}x{height} pixels: no two pictures {self.layout}; cut it first"
                )
            if self.layout == "side-by-side":
                parts = [frame.cropped(0, left, height, width // 2) for left in (0, width // 2)]
            else:
                parts = [frame.cropped(top, 0, height // 2, width) for top in (0, height // 2)]
            yield (parts[1], parts[0]) if self.vis_first else (parts[0], parts[1])


def open_streams(
    ir: PathLike,
    vis: PathLike | None = None,
    *,
    layout: Layout = "files",
    vis_first: bool = False,
    offset: float | Fraction = 0,
    rate: float | Fraction = 25,
) -> PairedStreams:
    """Open two files, two numbered sequences, one of each, or one file that holds both.

    Args:
        ir: a video, a pattern such as ``ir_%04d.tif``, or the file that holds both.
        vis: likewise; left out where ``ir`` holds both.
        layout, vis_first: see :class:`PairedStreams`.
        offset: seconds added to the infrared stream's times; positive where its recording began later.
        rate: pictures a second of sequences.

    Raises:
        VideoError: one can't be opened or has no such stream.
        OptionError: a layout or number of files that doesn't fit.
    """
    if layout not in LAYOUTS:
        raise OptionError(f"layout {layout!r}: give one of {', '.join(LAYOUTS)}")
    if layout == "files" and vis is None:
        raise OptionError(
            f"{os.fspath(ir)}: is one video; give the visible one too, or say how it holds both: "
            f"layout {', '.join(LAYOUTS[1:])}"
        )
    if layout != "files" and vis is not None:
        raise OptionError(f"layout {layout}: takes one video that holds both pictures, not two")
    shift, pace = _fraction(offset, "offset"), _fraction(rate, "rate")
    if layout in ("side-by-side", "top-bottom"):
        both = _open(ir, pace)
        return PairedStreams(both, both, layout, Fraction(0), vis_first)
    if layout == "dual-track":
        tracks = VideoFile(ir, int(vis_first)), VideoFile(ir, int(not vis_first))
        return PairedStreams(*tracks, layout, shift, vis_first)
    assert vis is not None
    opened = _open(ir, pace), _open(vis, pace)
    if isinstance(opened[0], ImageSequence) and isinstance(opened[1], ImageSequence):  # by number
        shift += (opened[0].numbers[0] - opened[1].numbers[0]) / pace
    return PairedStreams(*opened, layout, shift)


def _open(name: PathLike, rate: Fraction) -> Stream:
    return ImageSequence(name, rate) if is_pattern(name) else VideoFile(name)


def _fraction(value: float | Fraction, name: str) -> Fraction:
    try:
        return Fraction(value).limit_denominator(1_000_000)
    except (ValueError, OverflowError, TypeError) as error:
        raise OptionError(f"{name} {value!r}: give a number of seconds") from error
