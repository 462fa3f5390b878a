"""Two live sources into one picture: decode, fuse and encode side by side; frames dropped, never queued."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from mgfusion.errors import VideoError
from mgfusion.images import FloatArray
from mgfusion.video.frame_planes import Frame
from mgfusion.video.fused_stream import finish_frame, prepare_pair
from mgfusion.video.live_sources import LiveSource
from mgfusion.video.running_ahead import Behind
from mgfusion.video.video_files import Report
from mgfusion.video.video_fuser import Prepared, VideoFuser

_WINDOW = 2.0  # seconds that speed and latency are told of
STALE = 1.0
"""Seconds after which an infrared frame is too old for a visible one; rather than that, nothing is shown."""


@dataclass(frozen=True)
class LiveNumbers:
    """How a live run goes, over the last two seconds; counts are of all of it."""

    frames_a_second: float
    latency: float
    """Seconds from a visible frame's data to its fused picture written or shown, in the middle."""
    worst: float
    fused: int
    dropped: int
    """Visible frames that came and were not fused, because the one before took too long."""
    waiting_for: str = ""
    """The source without a new frame, if one is missing."""

    def __str__(self) -> str:
        text = (
            f"{self.frames_a_second:.1f} frames/s, latency {1000 * self.latency:.0f} ms "
            f"(most {1000 * self.worst:.0f}), {self.fused} fused, {self.dropped} dropped"
        )
        return f"{text}; waiting for {self.waiting_for}" if self.waiting_for else text


class LiveFusion:
    """A thread that fuses the newest visible frame with the infrared frame that came nearest to it.

    Args:
        ir, vis: not started yet; both tell ``arrived`` of their frames.
        fuser: used by this alone.
        arrived: of both sources.
        show: called with each fused frame and when its visible one came; must not wait.
        offset: seconds added to the times at which infrared frames came.
        report: takes a line when a source is lost or back, or sizes change.
    """

    def __init__(
        self,
        ir: LiveSource,
        vis: LiveSource,
        fuser: VideoFuser,
        arrived: threading.Condition,
        show: Callable[[Frame, float], None],
        *,
        offset: float = 0.0,
        report: Report = lambda line: None,
    ) -> None:
        self._ir, self._vis, self._fuser, self._arrived = ir, vis, fuser, arrived
        self._show, self._offset, self._report = show, offset, report
        self._stop = threading.Event()
        self._done: deque[tuple[float, float]] = deque()  # (when, latency) of what was shown lately
        self._fused, self._dropped, self._last = 0, 0, -1
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="mgfusion-live", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._ir.start()
        self._vis.start()
        self._thread.start()

    def stop(self) -> None:
        """End, after the frame that is being fused.

        Raises:
            MGFusionError: why it ended by itself, if something went wrong.
        """
        self._stop.set()
        with self._arrived:
            self._arrived.notify_all()
        self._thread.join()
        self._ir.stop()
        self._vis.stop()
        if self.error is not None:
            raise self.error

    @property
    def running(self) -> bool:
        """Until a file ends, something goes wrong, or :meth:`stop`."""
        return self._thread.is_alive()

    def shown(self, at: float) -> None:
        """Whoever writes or shows pictures tells that the one of a visible frame is out."""
        now = time.monotonic()
        with self._arrived:
            self._done.append((now, now - at))
            while self._done and now - self._done[0][0] > _WINDOW:
                self._done.popleft()

    def numbers(self) -> LiveNumbers:
        """How it goes."""
        now = time.monotonic()
        with self._arrived:
            lately = [item for item in self._done if now - item[0] <= _WINDOW]
        delays = sorted(delay for _, delay in lately)
        span = max(1e-3, now - lately[0][0]) if len(lately) > 1 else _WINDOW
        missing = [
            s.name for s in (self._ir, self._vis) if (new := s.newest()) is None or now - new.at > STALE
        ]
        return LiveNumbers(
            (len(lately) - 1) / span if len(lately) > 1 else 0.0,
            delays[len(delays) // 2] if delays else 0.0,
            delays[-1] if delays else 0.0,
            self._fused,
            self._dropped,
            ", ".join(missing),
        )

    def _work(self) -> None:
        # While one frame is drawn the next is in the network: two cores have something to do.
        drawing = Behind(self._draw, size=1)
        try:
            while not self._stop.is_set() and self._step(drawing):
                pass
            drawing.finish()
        except Exception as error:  # raised again by who stops it
            drawing.abandon()
            self.error = error

    def _draw(self, item: tuple[Frame, Prepared, FloatArray, float]) -> None:
        vis, prepared, fused, at = item
        self._show(finish_frame(self._fuser, vis, prepared, fused), at)

    def _step(self, drawing: "Behind[tuple[Frame, Prepared, FloatArray, float]]") -> bool:
        """Wait for a new visible frame and fuse it; False at the end."""
        with self._arrived:
            while True:
                vis = self._vis.newest()
                if vis is not None and vis.number != self._last:
                    break
                if self._stop.is_set() or self._vis.ended:
                    self._refuse_broken(self._vis)
                    return False
                if self._ir.ended and self._stale(time.monotonic()):
                    self._refuse_broken(self._ir)
                    return False
                self._arrived.wait(timeout=0.2)
        ir = self._ir.nearest(vis.at - self._offset)
        if ir is None or abs(ir.at + self._offset - vis.at) > STALE:
            if self._ir.ended:
                self._refuse_broken(self._ir)
                return False
            self._last = vis.number  # nothing is shown rather than an old infrared picture
            return True
        self._dropped += vis.number - self._last - 1 if self._fused else 0
        self._last = vis.number
        frame = replace(vis.frame, time=Fraction(vis.at).limit_denominator(1_000_000))
        prepared = prepare_pair(self._fuser, ir.frame, frame)
        fused = self._fuser.fuse_prepared(prepared)
        self._fused += 1
        drawing.put((frame, prepared, fused, vis.at))
        return True

    def _stale(self, now: float) -> bool:
        newest = self._ir.newest()
        return newest is None or now - newest.at > STALE

    @staticmethod
    def _refuse_broken(source: LiveSource) -> None:
        if source.error is not None:
            raise source.error
        if source.ended and not source.count:
            raise VideoError(f"{source.name}: gave no frame")
