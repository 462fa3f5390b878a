"""A video fused beside all else: in a process and a folder of its own, both gone however it ends."""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mgfusion.engines.worker_processes import WorkerProcesses
from mgfusion.errors import MGFusionError
from mgfusion.service.doing_jobs import start_worker
from mgfusion.service.limits import Limits
from mgfusion.service.refusals import Refusal, ending, refusal_of, too_slow
from mgfusion.service.video_jobs import Progress, VideoDone, VideoJob, read_progress, video_function
from mgfusion.service.worker_pool import WorkerPool, threads_each

_LOOKED_EVERY = 0.5  # seconds from one look at a run to the next


@dataclass
class VideoRuns:
    """The videos that are being fused, by the page's session, which may cancel its own.

    Attributes:
        pool: whose end ends them.
        limits: of pixels, and of time.
    """

    pool: WorkerPool
    limits: Limits
    _running: dict[str, threading.Event] = field(default_factory=dict)

    def cancel(self, session: str) -> None:
        """End what a session has running; it says so itself."""
        cancelled = self._running.get(session)
        if cancelled is not None:
            cancelled.set()

    def run(
        self,
        session: str,
        ir: Path,
        vis: Path | None,
        layout: str,
        offset: float,
        options: dict[str, Any],
        alignment: Path | None = None,
    ) -> Iterator[Progress | VideoDone]:
        """Fuse a video, and tell of it every half a second; the file lies there until the iterator goes on.

        Args:
            session: who may cancel it; what it has running is cancelled.
            ir: an upload.
            vis: likewise; None where ``ir`` holds both.
            layout, offset: see :class:`VideoJob`.
            options: of :class:`mgfusion.VideoFuser`.
            alignment: an upload that says how the infrared lies: a rig's .json, or a .csv of control points.

        Raises:
            Refusal: cancelled (499), the service is ending, the process died (503), too slow (504), or what
                is wrong with the videos.
        """
        from mgfusion.video.video_files import SUFFIXES

        self.cancel(session)
        cancelled = self._running[session] = threading.Event()
        try:
            with tempfile.TemporaryDirectory(prefix="video-") as place:
                folder = Path(place)
                names = (
                    _linked(folder, "ir", ir, SUFFIXES),
                    None if vis is None else _linked(folder, "vis", vis, SUFFIXES),
                )
                lies = (
                    None if alignment is None else _linked(folder, "alignment", alignment, (".csv",), ".json")
                )
                job = VideoJob(place, *names, layout, offset, lies, options)
                try:
                    yield from self._watched(job, cancelled)
                except MGFusionError as error:
                    told = refusal_of(error)
                    raise Refusal(told.status, told.code, _short(told, folder)) from error
        finally:
            if self._running.get(session) is cancelled:
                del self._running[session]

    def _watched(self, job: VideoJob, cancelled: threading.Event) -> Iterator[Progress | VideoDone]:
        folder, until = Path(job.folder), time.monotonic() + self.limits.video_seconds
        pixels = self.limits.pixels
        processes: WorkerProcesses[VideoJob, VideoDone] = WorkerProcesses(
            video_function(pixels), partial(start_worker, pixels, threads_each(1))
        )
        try:
            processes.start(0, job)
            while not (finished := processes.finished(_LOOKED_EVERY)):
                if cancelled.is_set():
                    raise Refusal(499, "cancelled", "Cancelled.")
                if self.pool.draining:
                    raise ending()
                if time.monotonic() > until:
                    raise too_slow(self.limits.video_seconds)
                yield read_progress(folder)
            attempt = finished[0][1]
            if attempt.error is not None:
                raise refusal_of(attempt.error, attempt.crowded) from attempt.error
            assert attempt.result is not None
            done, short = attempt.result, partial(_short, folder=folder)
            problems, notes = tuple(map(short, done.problems)), tuple(map(short, done.notes))
            yield VideoDone(done.path, done.frames, problems, notes)
        finally:
            processes.close(now=True)


def _linked(folder: Path, name: str, upload: Path, endings: Container[str], otherwise: str = "") -> str:
    """An upload in the folder under a name of ours, with its own ending where that is one of these."""
    ending = upload.suffix.lower()
    name += ending if ending in endings else otherwise
    try:
        os.link(upload, folder / name)
    except OSError:  # another file system, or one without links
        shutil.copyfile(upload, folder / name)
    return name


def _short(text: object, folder: Path) -> str:
    """A message without the place of files that nobody knows."""
    return str(text).replace(f"{folder}{os.sep}", "")
