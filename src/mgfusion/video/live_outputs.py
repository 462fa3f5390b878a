"""Where live pictures go: a file, a network address, a loopback device. The newest one, never a queue."""

import os
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from mgfusion.errors import OptionError
from mgfusion.files import exists_already, place_whole
from mgfusion.video.encoding import CONTAINERS, FrameEncoder, choose_encoding, said_in_one_line
from mgfusion.video.frame_planes import Frame
from mgfusion.video.v4l2_loopback import LoopbackDevice
from mgfusion.video.video_files import Report, require_av

_NETWORK = {"rtsp": "rtsp", "rtsps": "rtsp", "udp": "mpegts", "srt": "mpegts", "tcp": "mpegts", "rtmp": "flv"}
_TIME_BASE = Fraction(1, 90_000)
_KEYFRAMES = 50  # frames, so that who joins a stream soon sees it
_PAUSE = 2.0  # seconds after which an address is tried again


class LiveOutput(Protocol):
    """Takes frames of one size; called by one thread."""

    def write(self, frame: Frame, at: float) -> None:
        """One frame and its time, seconds on a steady clock."""
        ...

    def close(self) -> Path | None:
        """No more will come; the file that is whole now, if it was one."""
        ...


class NewestFirst:
    """A thread in front of an output that hands it the newest frame when it is ready for one.

    Args:
        output: what takes frames.
        done: told after each frame, with its time and number.
    """

    def __init__(self, output: LiveOutput, done: Callable[[float], None] = lambda at: None) -> None:
        self._output, self._done = output, done
        self._changed = threading.Condition()
        self._next: tuple[Frame, float] | None = None
        self._closing = False
        self.dropped = 0
        """Frames that a newer one took the place of."""
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="mgfusion-output", daemon=True)
        self._thread.start()

    def put(self, frame: Frame, at: float) -> None:
        """Offer a frame; never waits."""
        with self._changed:
            self.dropped += self._next is not None
            self._next = frame, at
            self._changed.notify()

    def close(self) -> Path | None:
        """Write what is there, and finish.

        Raises:
            OutputError: it could not be written.
        """
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        written = self._output.close()
        if self.error is not None:
            raise self.error
        return written

    def _work(self) -> None:
        while True:
            with self._changed:
                while self._next is None and not self._closing:
                    self._changed.wait()
                item, self._next = self._next, None
            if item is None:
                return
            try:
                self._output.write(*item)
            except Exception as error:  # told by who closes it
                self.error = error
                return
            self._done(item[1])


def open_output(
    target: str, *, overwrite: bool, codec: str | None, quality: int | None, report: Report
) -> LiveOutput:
    """A file by its ending, an address (``rtsp://`` is pushed to), or ``/dev/video9``.

    Raises:
        OutputError: a file that is there already.
        OptionError: an ending or address that is none.
    """
    scheme, separator, _ = target.partition("://")
    if separator:
        if scheme not in _NETWORK:
            raise OptionError(f"{target}: unknown kind of address; use one of {' '.join(_NETWORK)}")
        return NetworkOutput(target, _NETWORK[scheme], codec, quality, report)
    if target.startswith("/dev/"):
        return LoopbackDevice(target)
    path = Path(target)
    if path.suffix.lower() not in CONTAINERS:
        raise OptionError(f"{path}: unknown ending {path.suffix!r}; use one of {' '.join(CONTAINERS)}")
    if path.is_dir():
        raise OptionError(f"{path}: is a folder; give a file name")
    if os.path.lexists(path) and not overwrite:
        raise exists_already(path)
    return FileOutput(path, overwrite, codec, quality)


class FileOutput:
    """A recording, kept under another name until it is closed; a killed one still plays up to there."""

    def __init__(self, path: Path, overwrite: bool, codec: str | None, quality: int | None) -> None:
        self._path, self._overwrite, self._asked = path, overwrite, (codec, quality)
        self._part = path.with_name(f".{path.stem}.mgfusion-live-{os.getpid()}{path.suffix}")
        self._stream: _Stream | None = None

    def write(self, frame: Frame, at: float) -> None:
        with said_in_one_line(self._path):
            if self._stream is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                kind = CONTAINERS[self._path.suffix.lower()]
                options = {"flush_packets": "1"}  # what a killed run has written is on the disk
                if kind in ("mp4", "mov"):
                    options["movflags"] = "frag_keyframe+empty_moov+default_base_moof"
                self._stream = _Stream(str(self._part), kind, options, frame, at, *self._asked)
            self._stream.write(frame, at)

    def close(self) -> Path | None:
        if self._stream is None:
            return None
        with said_in_one_line(self._path):
            self._stream.close()
        self._stream = None
        return place_whole(self._part, self._path, self._overwrite)


class NetworkOutput:
    """Pushed to an address, which is tried again every two seconds while it can't be reached."""

    def __init__(
        self, address: str, kind: str, codec: str | None, quality: int | None, report: Report
    ) -> None:
        self._address, self._kind, self._asked, self._report = address, kind, (codec, quality), report
        self._stream: _Stream | None = None
        self._not_before = 0.0
        self._lost = False

    def write(self, frame: Frame, at: float) -> None:
        av = require_av()
        if self._stream is None and time.monotonic() < self._not_before:
            return
        try:
            if self._stream is None:
                options = {"rtsp_transport": "tcp"} if self._kind == "rtsp" else {}
                self._stream = _Stream(self._address, self._kind, options, frame, at, *self._asked)
            self._stream.write(frame, at)  # the first one connects
            if self._lost:
                self._report(f"{self._address}: is reached again")
            self._lost = False
        except (av.error.FFmpegError, OSError) as error:
            why = getattr(error, "strerror", None) or error
            if not self._lost:
                self._report(f"{self._address}: can't be reached ({why}); trying again")
            self._lost, self._not_before = True, time.monotonic() + _PAUSE
            self._abandon()

    def close(self) -> None:
        self._abandon()

    def _abandon(self) -> None:
        from contextlib import suppress

        if self._stream is not None:
            with suppress(Exception):  # of a connection that is lost
                self._stream.close()
            self._stream = None


class _Stream:
    """An open container with one encoder, for frames at the times that they came."""

    def __init__(
        self,
        target: str,
        kind: str,
        options: dict[str, str],
        frame: Frame,
        at: float,
        codec: str | None,
        quality: int | None,
    ) -> None:
        encoding = choose_encoding(
            Path(f"live{next((end for end, name in CONTAINERS.items() if name == kind), '.mkv')}"), frame,
            time_base=_TIME_BASE, rate=Fraction(25), codec=codec, quality=quality, live=True,
        )  # fmt: skip
        self._container: Any = require_av().open(target, "w", format=kind, options=options)
        self._encoder = FrameEncoder(self._container, encoding, _KEYFRAMES)
        self._begun, self._last = at, Fraction(-1)

    def write(self, frame: Frame, at: float) -> None:
        time_ = round((at - self._begun) / float(_TIME_BASE)) * _TIME_BASE
        if time_ <= self._last:  # two frames never share a time
            time_ = self._last + _TIME_BASE
        self._last = time_
        self._encoder.add(frame, time_)

    def close(self) -> None:
        try:
            self._encoder.finish()
        finally:
            self._container.close()
