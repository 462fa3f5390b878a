"""Processes that do one job at a time, each at its own pipe: of one that dies it is known what it was at."""

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, NoReturn, TypeVar

from mgfusion.engines.job_outcomes import Attempt, attempt, attempt_pickled, portable
from mgfusion.engines.tuning import ONE_THREAD
from mgfusion.errors import WorkerError

J = TypeVar("J")
R = TypeVar("R")

_READY = b""
_MAIN = ("__file__", "__spec__")  # by which spawn finds a script to run again
_PATIENCE = 3.0  # seconds that a process gets to end by itself
_HIRING = threading.Lock()  # what a new process finds in os.environ and __main__ is all threads' alike
_BROKEN = (EOFError, BrokenPipeError, ConnectionResetError)


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: "Connection[Any, Any]"
    number: int = -1  # of its job
    ready: bool = False


class WorkerProcesses(Generic[J, R]):
    """A pool of :func:`mgfusion.engines.run_jobs.run_jobs`; processes start as they are needed."""

    def __init__(self, function: Callable[[J], R], initializer: Callable[[], object] | None) -> None:
        self.function, self.initializer = function, initializer
        self.busy: list[_Worker] = []
        self.idle: list[_Worker] = []
        self.unsent: list[tuple[int, Attempt[R]]] = []

    def start(self, number: int, job: J) -> None:
        """Begin a job; one that can't be pickled is finished at once, with that error."""
        try:
            data = pickle.dumps(job)
        except Exception as error:
            self.unsent.append((number, Attempt(error=error)))
            return
        while True:
            worker = self.idle.pop() if self.idle else self._hire()
            worker.number = number
            try:
                worker.pipe.send_bytes(data)
            except _BROKEN:  # it died with nothing to do
                self._bury(worker)
                continue
            self.busy.append(worker)
            return

    def finished(self, seconds: float | None = None) -> list[tuple[int, Attempt[R]]]:
        """Wait for one job at least, and give (number, attempt) of all that are done.

        Args:
            seconds: how long to wait at most; nothing is given where no job is done by then.
        """
        done, self.unsent = self.unsent, []
        until = None if seconds is None else time.monotonic() + seconds
        while not done:
            left = None if until is None else max(0.0, until - time.monotonic())
            heard = wait([part for w in self.busy for part in (w.pipe, w.process.sentinel)], left)
            if not heard:
                break
            for worker in [w for w in self.busy if w.pipe in heard or w.process.sentinel in heard]:
                data = _heard(worker.pipe)
                if data is None:
                    self.busy.remove(worker)
                    done.append((worker.number, self._bury(worker)))
                    continue
                if data == _READY:
                    worker.ready = True
                    continue
                self.busy.remove(worker)
                self.idle.append(worker)
                done.append((worker.number, _read(data)))
        return done

    def close(self, now: bool) -> None:
        """End all processes; ``now``: also those that are at a job."""
        workers = self.busy + self.idle
        self.busy, self.idle = [], []
        for worker in workers:
            if now:  # before its pipe ends: one that is ending by itself would tell of the interrupt
                worker.process.terminate()
            worker.pipe.close()  # one that waits for a job ends at that
        for worker in workers:
            worker.process.join(_PATIENCE)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()

    def _hire(self) -> _Worker:
        # spawn: a fork of a process that has used PyTorch's threads can hang
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self.function, self.initializer), daemon=True)
        with _HIRING, _one_thread_each(), _main_left_alone(self.function, self.initializer):
            process.start()
        theirs.close()  # so that ours ends with the process
        return _Worker(process, ours)

    def _bury(self, worker: _Worker) -> Attempt[R]:
        worker.pipe.close()
        worker.process.join(_PATIENCE)
        if not worker.ready:
            raise WorkerError(
                f"worker processes end as they start (exit code {worker.process.exitcode}); "
                "run without them (--workers 1, or 0 for the benchmark)"
            )
        return Attempt(error=WorkerError("its process died (out of memory?)"), crowded=True)


def _heard(pipe: "Connection[Any, Any]") -> bytes | None:
    """What a worker said; None of one that has died, also where a process of its own holds the pipe open."""
    try:
        return pipe.recv_bytes() if pipe.poll() else None
    except (*_BROKEN, OSError):
        return None


def _read(data: bytes) -> Attempt[Any]:
    try:
        found: Attempt[Any] = pickle.loads(data)
    except Exception as error:  # a class that this process can't find
        return Attempt(error=error)
    return found


def _serve(
    pipe: "Connection[Any, Any]", function: Callable[[J], R], initializer: Callable[[], object] | None
) -> None:
    """The life of a worker; it ends with its pipe, so with the process that started it."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        begun: Attempt[Any] = attempt(lambda _: initializer and initializer(), None)
        pipe.send_bytes(_READY)
        while True:
            data = pipe.recv_bytes()
            pipe.send_bytes(portable(begun if begun.error else attempt_pickled(function, data)))
    except (*_BROKEN, KeyboardInterrupt):
        return


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt  # which ends commands that the job waits for, too


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """For processes that are started: libraries read these variables when they load."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _main_left_alone(*functions: object) -> Iterator[None]:
    """Start processes that don't run the caller's script again, as spawn would.

    A script without ``if __name__ == "__main__":`` would start its work anew in each of them.
    """
    main = sys.modules["__main__"]
    if any(getattr(function, "__module__", None) == "__main__" for function in functions):
        yield
        return
    kept: dict[str, Any] = {name: value for name, value in vars(main).items() if name in _MAIN}
    main.__spec__ = None
    vars(main).pop("__file__", None)
    try:
        yield
    finally:
        vars(main).update(kept)
