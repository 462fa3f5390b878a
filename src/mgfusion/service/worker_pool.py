"""Worker processes behind an event loop: each request has one to itself, for so long and no longer."""

import asyncio
import dataclasses
import os
import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from mgfusion.engines.job_outcomes import Attempt
from mgfusion.engines.tuning import usable_cores
from mgfusion.engines.worker_processes import WorkerProcesses
from mgfusion.errors import WorkerError
from mgfusion.service.doing_jobs import job_function, start_worker
from mgfusion.service.limits import Limits
from mgfusion.service.refusals import Refusal, ending, refusal_of, too_slow
from mgfusion.service.worker_jobs import Done, Job, WarmJob

Processes = WorkerProcesses[Job, Done]
_PAUSE = 30.0  # seconds at most between tries to start a process that ends as it starts
_FIRST_GUESS = 1.0  # seconds that a request takes, before one has been seen


@dataclass(frozen=True)
class _Waiting:
    job: Job
    answer: "Future[Done]"
    since: float
    until: float


class WorkerPool:
    """As many processes as are allowed, each with a thread here that hands it one job after another.

    A job that takes too long ends with its process, a process that dies fails its job alone, and in both
    cases a new process takes the place before the next job.

    Attributes:
        deaths: processes that died on a job, or were ended for taking too long, so far.
    """

    def __init__(self, limits: Limits, warm: WarmJob) -> None:
        self.limits, self.warm = limits, warm
        self.deaths = 0
        self._jobs: queue.Queue[_Waiting | None] = queue.Queue()
        self._lock = threading.Lock()
        self._within = 0  # requests that wait or are computed
        self._busy = 0
        self._warm_workers = 0
        self._mean = _FIRST_GUESS
        self._ending = threading.Event()
        self._broken = ""
        self._threads = [
            threading.Thread(target=self._serve_jobs, name=f"worker-{n}", daemon=True)
            for n in range(limits.workers)
        ]

    def start(self) -> None:
        """Start the processes; :attr:`ready` says when the first can work."""
        for thread in self._threads:
            thread.start()

    def drain(self) -> None:
        """Take no more jobs; what was taken is finished."""
        self._ending.set()

    def close(self) -> None:
        """End the processes, each after the job that it is at."""
        self.drain()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    @property
    def draining(self) -> bool:
        """Whether no more jobs are taken."""
        return self._ending.is_set()

    @property
    def ready(self) -> bool:
        """Whether a process can take a job now or in its turn."""
        return self._warm_workers > 0 and not self.draining

    @property
    def waiting(self) -> int:
        """Requests that wait for a worker."""
        return max(0, self._within - self._busy)

    @property
    def busy(self) -> int:
        """Workers that are at a request."""
        return self._busy

    def check_room(self) -> None:
        """Refuse early what :meth:`place` would refuse.

        Raises:
            Refusal: the queue is full (429), no worker can be started or the service is ending (503).
        """
        if self.draining:
            raise ending()
        if self._broken and not self._warm_workers:
            raise Refusal(503, "no_worker", self._broken, retry_after=5)
        if self._within >= self.limits.workers + self.limits.queue:
            raise Refusal(
                429,
                "busy",
                f"{self.waiting} requests wait already; try again later",
                retry_after=self._wait(),
            )

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place in the queue, for as long as the request has it.

        Raises:
            Refusal: as :meth:`check_room`.
        """
        with self._lock:
            self.check_room()
            self._within += 1
        try:
            yield
        finally:
            with self._lock:
                self._within -= 1

    async def run(self, job: Job) -> Done:
        """Have a job done; given up (cancelled) while it waits, it is never begun.

        Raises:
            Refusal: no place (429, 503), too slow (504), a process that died (503), or what is wrong with
                the request itself.
        """
        with self.place():
            return await asyncio.wrap_future(self._submit(job))

    def run_here(self, job: Job) -> Done:
        """:meth:`run` for a thread that may wait.

        Raises:
            Refusal: as :meth:`run`.
        """
        with self.place():
            return self._submit(job).result()

    def _submit(self, job: Job) -> "Future[Done]":
        now = time.monotonic()
        waiting = _Waiting(job, Future(), now, now + self.limits.seconds)
        self._jobs.put(waiting)
        return waiting.answer

    def _wait(self) -> int:
        """Whole seconds after which a place is likely to be free."""
        return max(1, round(self._mean * (self.waiting + 1) / self.limits.workers))

    def _serve_jobs(self) -> None:
        """The life of one thread."""
        processes = self._started()
        while processes is not None:
            waiting = self._jobs.get()
            if waiting is None:
                break
            if not waiting.answer.set_running_or_notify_cancel():
                continue  # its client is gone
            self._count(busy=1)
            begun = time.monotonic()
            attempt = self._attempt(processes, waiting)
            self._count(busy=-1)
            lost = attempt is None or isinstance(attempt.error, WorkerError)
            if attempt is None:
                waiting.answer.set_exception(too_slow(self.limits.seconds))
            elif attempt.error is not None:
                told = refusal_of(attempt.error, attempt.crowded)
                told.__cause__ = attempt.error
                waiting.answer.set_exception(told)
            elif attempt.result is not None:
                self._mean += 0.2 * (time.monotonic() - begun - self._mean)
                warnings = tuple(dict.fromkeys(text for text, _ in attempt.warned))
                queued = {"queue": begun - waiting.since, **attempt.result.seconds}
                done = dataclasses.replace(attempt.result, warnings=warnings, seconds=queued)
                waiting.answer.set_result(done)
            if lost:
                self.deaths += 1
                self._count(warm=-1)
                processes.close(now=True)
                processes = self._started()
        if processes is not None:
            processes.close(now=False)

    def _attempt(self, processes: Processes, waiting: _Waiting) -> Attempt[Done] | None:
        """One try at a job; None where time ran out."""
        left = waiting.until - time.monotonic()
        if left <= 0:
            return Attempt(error=Refusal(504, "too_slow", "waited too long for a worker; try again later"))
        try:
            processes.start(0, waiting.job)
            finished = processes.finished(left)
        except WorkerError as error:
            return Attempt(error=error)
        return finished[0][1] if finished else None

    def _started(self) -> Processes | None:
        """A process that is ready for jobs; None where the service ends and none can be had."""
        pause = 0.5
        pixels, threads = self.limits.pixels, threads_each(self.limits.workers)
        while True:
            processes = Processes(job_function(pixels), partial(start_worker, pixels, threads))
            try:
                processes.start(0, self.warm)
                ((_, attempt),) = processes.finished()
                error = attempt.error
            except WorkerError as died:
                error = died
            if error is None:
                self._broken = ""
                self._count(warm=1)
                return processes
            processes.close(now=True)
            self._broken = f"no worker can be started ({error})"
            if not self._warm_workers:
                self._refuse_waiting()
            if self._ending.wait(pause):
                return None
            pause = min(2 * pause, _PAUSE)

    def _refuse_waiting(self) -> None:
        """With no worker at all, nobody waits for one in vain."""
        kept: list[None] = []
        while True:
            try:
                waiting = self._jobs.get_nowait()
            except queue.Empty:
                break
            if waiting is None:
                kept.append(waiting)
            elif waiting.answer.set_running_or_notify_cancel():
                waiting.answer.set_exception(Refusal(503, "no_worker", self._broken, retry_after=5))
        for end in kept:
            self._jobs.put(end)

    def _count(self, busy: int = 0, warm: int = 0) -> None:
        with self._lock:
            self._busy += busy
            self._warm_workers += warm


def threads_each(workers: int) -> int:
    """Threads of each process's network: ``OMP_NUM_THREADS``, as for a command, or its share of the cores."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdecimal() and int(asked) else max(1, usable_cores() // workers)
