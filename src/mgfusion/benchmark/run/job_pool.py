"""Jobs over worker processes, one result at a time; a worker that dies costs its own job alone."""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from mgfusion.benchmark.run.jobs import Job, Outcome, run_job, start_worker
from mgfusion.benchmark.run.score_file import Key

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def run_jobs(jobs: Sequence[Job], workers: int) -> Iterator[Outcome]:
    """The outcome of each job, as it is done.

    Args:
        workers: processes; with 0 the jobs run in this process.
    """
    if workers == 0:
        yield from map(run_job, jobs)
        return
    pending = list(jobs)
    with _one_thread_each():
        while pending:
            done: set[Key] = set()
            try:
                for outcome in _pool(pending, min(workers, len(pending))):
                    done.add(outcome.job.key)
                    yield outcome
            except BrokenProcessPool:
                if workers == 1:  # the job that a lone worker died of is the first one left
                    lost = next(job for job in pending if job.key not in done)
                    done.add(lost.key)
                    where = f"{lost.method.name} on {lost.pair.set}/{lost.pair.name}"
                    yield Outcome(lost, error=f"{where}: its process died (out of memory?)")
                workers = 1
            pending = [job for job in pending if job.key not in done]


def _pool(jobs: Sequence[Job], workers: int) -> Iterator[Outcome]:
    # spawn: a fork of a process that has used PyTorch's threads can hang
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=start_worker) as pool:
        left = iter(jobs)
        running: set[Future[Outcome]] = set()
        try:
            while True:
                for job in left:
                    running.add(pool.submit(run_job, job))
                    if len(running) >= 2 * workers:
                        break
                if not running:
                    return
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Set before the workers start: libraries read these variables when they load."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
