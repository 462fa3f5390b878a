"""Cameras, streams and files as sources that are always now: the newest frames, and no others."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from mgfusion.errors import MGFusionError, VideoError
from mgfusion.video.frame_planes import Frame, planes_of
from mgfusion.video.image_sequences import frame_of_array
from mgfusion.video.paired_streams import open_streams
from mgfusion.video.video_files import Report, open_to_read, require_av

_KEPT = 8  # frames that an infrared partner is chosen from
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0  # seconds between attempts to open a source again
_NETWORK = {
    "rtsp_transport": "tcp", "fflags": "nobuffer", "flags": "low_delay", "probesize": "500000",
    "analyzeduration": "500000",
}  # fmt: skip
_SILENCE = 5.0  # seconds without a packet after which a stream is lost


@dataclass(frozen=True)
class Arrival:
    """A frame and when it came, on the clock of :func:`time.monotonic`."""

    at: float
    frame: Frame
    number: int


Opened = Iterator[tuple[float, Frame]]
"""(when a frame's data came, the frame), as they come."""


class LiveSource:
    """A thread that reads a source and keeps its newest frames; what nobody took in time is gone.

    A camera or stream that goes away is opened again, after half a second to five seconds; a file ends.

    Args:
        name: what messages call it.
        open_source: opens it; its iterator blocks until a frame comes, and raises where the source is lost.
        again: whether to open it again at its end.
        report: takes a line when it is lost and when it is back.
        arrived: notified of each frame, for whoever waits for one.
    """

    def __init__(
        self,
        name: str,
        open_source: Callable[[], Opened],
        *,
        again: bool,
        report: Report,
        arrived: threading.Condition,
    ) -> None:
        self.name, self._open, self._again, self._report = name, open_source, again, report
        self._arrived = arrived
        self._newest: deque[Arrival] = deque(maxlen=_KEPT)
        self._stop = threading.Event()
        self.count = 0
        """Frames that came so far."""
        self.ended = False
        self.error: Exception | None = None
        """Why a source that is not opened again ended; None at the end of a file."""
        self._thread = threading.Thread(target=self._work, name=f"mgfusion-{name}", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more; a thread that waits for a silent stream is left to its time limit."""
        self._stop.set()
        self._thread.join(timeout=2.0)

    def newest(self) -> Arrival | None:
        """The last frame that came."""
        with self._arrived:
            return self._newest[-1] if self._newest else None

    def nearest(self, at: float) -> Arrival | None:
        """Of the last frames the one that came nearest to a time."""
        with self._arrived:
            return min(self._newest, key=lambda arrival: abs(arrival.at - at), default=None)

    def _work(self) -> None:
        pause, lost = _FIRST_PAUSE, False
        while not self._stop.is_set():
            try:
                for at, frame in self._open():
                    if lost:
                        self._report(f"{self.name}: is back")
                        lost = False
                    pause = _FIRST_PAUSE
                    with self._arrived:
                        self._newest.append(Arrival(at, frame, self.count))
                        self.count += 1
                        self._arrived.notify_all()
                    if self._stop.is_set():
                        return
                why: Exception = VideoError(f"{self.name}: ended")
                clean = True
            except Exception as error:  # drivers and decoders raise anything at all
                why, clean = error, False
            if not self._again:
                self.error = None if clean else why
                break
            if not lost:
                text = str(why) if isinstance(why, MGFusionError) else f"{self.name}: {why}"
                self._report(f"{text}; trying again")
                lost = True
            self._stop.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        with self._arrived:
            self.ended = True
            self._arrived.notify_all()


def is_device(name: str) -> bool:
    """Whether a name is a camera of this machine: a number, or /dev/video0."""
    return name.isdigit() or name.startswith("/dev/")


def live_source(name: str, *, report: Report, arrived: threading.Condition) -> LiveSource:
    """A device (``0``, ``/dev/video0``), an address (``rtsp://``, ``udp://``), a file or numbered pictures.

    A file plays at its own pace, as a camera would.

    Raises:
        VideoError: a file that can't be opened.
        MissingExtraError: PyAV isn't installed.
    """
    if is_device(name):
        return LiveSource(name, lambda: _camera(name), again=True, report=report, arrived=arrived)
    if "://" in name:
        require_av()
        return LiveSource(name, lambda: _network(name), again=True, report=report, arrived=arrived)
    opened = open_streams(name, name).vis
    return LiveSource(
        name,
        lambda: at_its_own_pace(opened.frames(report=report)),
        again=False,
        report=report,
        arrived=arrived,
    )


def at_its_own_pace(frames: Iterator[Frame]) -> Opened:
    """Frames of a file at the times of their own; what decoding one takes counts as if it had just come."""
    begun: float | None = None
    first = Fraction(0)
    while True:
        before = time.monotonic()
        frame = next(frames, None)
        now = time.monotonic()
        if frame is None:
            return
        if begun is None:
            begun, first = now, frame.time
        wait = begun + float(frame.time - first) - now
        if wait > 0:
            time.sleep(wait)
        yield time.monotonic() - (now - before), frame


def _network(name: str) -> Opened:
    av = require_av()
    kind = "mpegts" if name.startswith("udp://") else None
    options = _NETWORK if name.startswith(("rtsp://", "rtsps://")) else {
        key: value for key, value in _NETWORK.items() if key != "rtsp_transport"
    }  # fmt: skip
    try:
        container = open_to_read(name, format=kind, options=options, timeout=_SILENCE)
    except (av.error.FFmpegError, OSError) as error:
        why = getattr(error, "strerror", None) or error
        raise VideoError(f"{name}: can't be opened ({why})") from error
    with closing(container):
        if not container.streams.video:
            raise VideoError(f"{name}: has no video stream")
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"  # threads that each take a frame would hold several back
        count = 0
        for packet in container.demux(stream):
            came = time.monotonic()
            try:
                frames = packet.decode()
            except av.error.FFmpegError:  # lost on the way: the next ones count
                continue
            for frame in frames:
                if not frame.is_corrupt:
                    y, chroma, levels, tags = planes_of(frame, name)
                    yield came, Frame(Fraction(0), y, chroma, levels, tags, count)
                    count += 1


def _camera(name: str) -> Opened:
    import cv2

    index: Any = int(name) if name.isdigit() else name
    camera = cv2.VideoCapture(index)
    try:
        if not camera.isOpened():
            raise VideoError(f"{name}: no such camera, or another program has it")
        camera.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        code = int(camera.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little", signed=True)
        if code == b"Y16 ":  # counts of a thermal camera, which a conversion would cut to 8 bits
            camera.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        yield from camera_frames(camera, name)
    finally:
        camera.release()


def camera_frames(camera: Any, name: str) -> Opened:
    """What OpenCV's camera gives: BGR, grey, or counts of 16 bits.

    Raises:
        VideoError: it gives no more.
    """
    count = 0
    while True:
        there = camera.grab()
        came = time.monotonic()
        picture = camera.retrieve()[1] if there else None
        if picture is None:
            raise VideoError(f"{name}: gives no more frames")
        if picture.ndim == 3 and picture.shape[2] == 3:
            picture = np.ascontiguousarray(picture[..., ::-1])
        yield came, replace(frame_of_array(picture, Fraction(0), name), index=count)
        count += 1
