"""Threads that do jobs: for work that frees Python's lock, as networks and decoders do."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

from mgfusion.engines.job_outcomes import Attempt, attempt

J = TypeVar("J")
R = TypeVar("R")


class WorkerThreads(Generic[J, R]):
    """A pool of :func:`mgfusion.engines.run_jobs.run_jobs`."""

    def __init__(
        self, function: Callable[[J], R], workers: int, initializer: Callable[[], object] | None
    ) -> None:
        self.function = function
        self.threads = ThreadPoolExecutor(workers, initializer=initializer)
        self.running: dict[Future[Attempt[R]], int] = {}

    def start(self, number: int, job: J) -> None:
        """Begin a job; called only while a thread is free."""
        self.running[self.threads.submit(attempt, self.function, job)] = number

    def finished(self) -> list[tuple[int, Attempt[R]]]:
        """Wait for one job at least, and give (number, attempt) of all that are done."""
        done, _ = wait(self.running, return_when=FIRST_COMPLETED)
        return [(self.running.pop(future), future.result()) for future in done]

    def close(self, now: bool) -> None:
        """Wait for the jobs at hand; no thread can be ended from outside, ``now`` or not."""
        self.threads.shutdown(cancel_futures=now)
