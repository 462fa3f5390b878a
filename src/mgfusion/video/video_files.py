"""Video files frame by frame, each at its own time, with what can't be decoded named and stood in for."""

import heapq
import os
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mgfusion.errors import VideoError
from mgfusion.extras import needs_extra
from mgfusion.video.frame_planes import Frame, planes_of

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".wmv",
            ".flv", ".ogv", ".nut", ".mxf", ".3gp", ".mjpeg", ".h264", ".hevc")  # fmt: skip
"""File endings, in lower case, that count as videos."""

Report = Callable[[str], None]
_HIDDEN_FRAMES = ("vp8",)  # codecs with packets that show nothing: a frame that is missing can't be told


def require_av() -> Any:
    """PyAV, silent on stderr: what it finds wrong is told by this package.

    Raises:
        MissingExtraError: it isn't installed.
    """
    with needs_extra("video", "video"):
        import av
    return av


def open_to_read(name: str | os.PathLike[str], **options: Any) -> "InputContainer":
    """``av.open`` of a file or stream, whatever bytes its titles are: a camera's are in a code of its own.

    Raises:
        MissingExtraError: PyAV isn't installed.
        av.error.FFmpegError: it can't be opened.
    """
    av = require_av()
    if int(av.__version__.partition(".")[0]) < 19:  # which does so by itself
        options["metadata_errors"] = "replace"
    opened: InputContainer = av.open(os.fspath(name), **options)
    return opened


class VideoFile:
    """One video stream of a file.

    Time counts from the beginning of the file, so that streams that begin later do so here too.

    Args:
        path: of a file.
        track: which of its video streams, from 0.

    Raises:
        VideoError: it can't be opened, or has no such stream.
    """

    def __init__(self, path: str | os.PathLike[str], track: int = 0) -> None:
        self.name, self.track = os.fspath(path), track
        with closing(self._open()) as container:
            stream = self._stream(container)
            self.time_base = Fraction(stream.time_base or Fraction(1, 1000))
            self.size = stream.codec_context.width, stream.codec_context.height
            rate = stream.average_rate or stream.guessed_rate or stream.base_rate
            self.rate = Fraction(rate) if rate else Fraction(25)
            self.least_step = Fraction(stream.base_rate or self.rate)
            self.start = Fraction(container.start_time or 0, 1_000_000)
            self.duration = _duration(stream, container)
            self.aspect = stream.sample_aspect_ratio or Fraction(1)
            self.has_audio = bool(container.streams.audio)
            self.bits = max((c.bits for c in stream.format.components), default=8) if stream.format else 8

    def frames(self, since: Fraction = Fraction(0), report: Report = lambda line: None) -> Iterator[Frame]:
        """Decode, in order of time, the frames at ``since`` seconds or later.

        The place of a frame that can't be decoded is known by its packet; the last good frame stands in, or
        nothing before the first good one. A file that ends early or can't be read on ends the frames.

        Args:
            since: seconds from the beginning of the file.
            report: takes one line for each frame that can't be decoded, and one for a file that ends early.
        """
        with closing(self._open()) as container:
            stream = self._stream(container)
            stream.thread_type = "AUTO"
            if since > 0:
                with suppress(OSError, ValueError):  # no index: decode from the start
                    container.seek(int((since + self.start) / self.time_base), stream=stream)
            yield from self._decoded(container, stream, since, report)

    def _decoded(
        self, container: "InputContainer", stream: "av.VideoStream", since: Fraction, report: Report
    ) -> Iterator[Frame]:
        expected: list[int] = []  # times of packets whose frames have not come yet
        last: Frame | None = None
        count = 0

        def at(pts: int) -> Fraction:
            return pts * self.time_base - self.start

        def missing(before: int | None) -> Iterator[Frame]:
            nonlocal count
            while expected and (before is None or expected[0] < before):
                time = at(heapq.heappop(expected))
                if last is None or time < since:
                    continue
                report(self._stands_in(time, "can't be decoded"))
                yield replace(last, time=time, stands_in=True)

        first_lost: str | None = None
        for frame, pts, problem in _frames_of(container, stream, expected, self.name):
            if problem:
                first_lost = problem if last is None else first_lost
                continue
            if frame is None or pts is None:
                continue
            yield from missing(pts)
            if expected and expected[0] == pts:
                heapq.heappop(expected)
            time = at(pts)
            if frame.is_corrupt:
                if last is not None and time >= since:
                    report(self._stands_in(time, "is damaged"))
                    yield replace(last, time=time, stands_in=True)
                continue
            y, chroma, levels, tags = planes_of(frame, self.name)
            last = Frame(time, y, chroma, levels, tags)
            count += 1
            if time >= since:
                yield last
        yield from missing(None)
        self._check_end(last, first_lost, report)

    def _stands_in(self, time: Fraction, why: str) -> str:
        return f"{self.name}: the frame at {float(time):.3f} s {why}; the last good one stands in"

    def _check_end(self, last: Frame | None, first_lost: str | None, report: Report) -> None:
        if last is None:
            raise VideoError(
                f"{self.name}: no frame can be decoded ({first_lost or 'it holds none'}); export it again"
            )
        end = last.time + 1 / self.rate
        if self.duration is not None and end < self.duration - max(Fraction(1, 2), self.duration / 50):
            report(
                f"{self.name}: ends at {float(end):.2f} s of {float(self.duration):.2f} s; it was cut off, "
                "or can't be read further"
            )

    def _open(self) -> "InputContainer":
        av = require_av()
        if not self.name or not Path(self.name).exists():
            raise VideoError(f"{self.name}: no such file; check the name")
        if Path(self.name).is_dir():
            raise VideoError(f"{self.name}: is a folder; give a video file")
        try:
            return open_to_read(self.name)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise VideoError(
                f"{self.name}: can't be opened as a video ({_why(error)}); it may be cut off: export it again"
            ) from error

    def _stream(self, container: "InputContainer") -> "av.VideoStream":
        streams = [
            s for s in container.streams.video if "ATTACHED_PIC" not in str(getattr(s, "disposition", ""))
        ]
        if not 0 <= self.track < len(streams):
            raise VideoError(
                f"{self.name}: has {len(streams)} video stream{'s' * (len(streams) != 1)}, and none numbered "
                f"{self.track + 1}"
            )
        return streams[self.track]


def _frames_of(
    container: "InputContainer", stream: "av.VideoStream", expected: list[int], name: str
) -> Iterator[tuple["av.VideoFrame | None", int | None, str]]:
    """(frame, its time in the stream's units, "") as they come; (None, None, why) for each error."""
    av = require_av()
    counts = stream.codec_context.name not in _HIDDEN_FRAMES
    packets = container.demux(stream)
    before: int | None = None
    while True:
        try:
            packet = next(packets, None)
        except (av.error.FFmpegError, OSError) as error:
            yield None, None, _why(error)
            packet = None
        if packet is not None and packet.size and packet.pts is not None and counts and not packet.is_discard:
            heapq.heappush(expected, packet.pts)
        try:
            frames = stream.codec_context.decode(packet if packet is not None and packet.size else None)
        except (av.error.FFmpegError, ValueError) as error:
            yield None, None, _why(error)
            frames = []
        for frame in frames:
            pts = frame.pts if frame.pts is not None else frame.dts
            if pts is None:  # raw streams have no times: a frame follows at the stream's rate
                step = 1 / ((stream.average_rate or stream.guessed_rate or 25) * (stream.time_base or 1))
                pts = 0 if before is None else before + round(step)
            before = pts
            yield frame, pts, ""
        if packet is None or not packet.size:
            return


def _why(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _duration(stream: "av.VideoStream", container: "InputContainer") -> Fraction | None:
    """Seconds from the file's beginning to the stream's end, as its head says; None where it does not."""
    if stream.duration and stream.time_base:
        begun = (stream.start_time or 0) * stream.time_base - Fraction(container.start_time or 0, 1_000_000)
        return Fraction(stream.duration * stream.time_base + begun)
    tag = stream.metadata.get("DURATION", "")
    parts = tag.split(":")
    if len(parts) == 3:
        with suppress(ValueError):
            return int(parts[0]) * 3600 + int(parts[1]) * 60 + Fraction(parts[2].strip())
    only = len(container.streams) == 1 and container.duration
    return Fraction(container.duration or 0, 1_000_000) if only else None
