"""Many jobs in this thread, in several, in several processes or on a cluster: one rule for all of them."""

from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from typing import Any, Literal, TypeVar

from mgfusion.engines.job_outcomes import Attempt, Done, Failed, attempt, warn_again
from mgfusion.engines.ray_workers import Cluster, RayWorkers
from mgfusion.engines.worker_processes import WorkerProcesses
from mgfusion.engines.worker_threads import WorkerThreads

J = TypeVar("J")
R = TypeVar("R")
Engine = Literal["serial", "threads", "processes", "ray"]
Pool = WorkerThreads[J, R] | WorkerProcesses[J, R] | RayWorkers[J, R]
Outcome = Done[J, R] | Failed[J]


def run_jobs(
    function: Callable[[J], R],
    jobs: Iterable[J],
    *,
    engine: Engine = "serial",
    workers: int = 1,
    initializer: Callable[[], object] | None = None,
    ordered: bool = False,
    cluster: Cluster | None = None,
) -> Generator[Outcome[J, R], None, None]:
    """What comes of each job; one that fails, or whose process dies, ends no other's work.

    A job that raises fails. One that finds no memory, or whose process dies (a system ends what takes too
    much), is tried once more with nothing beside it; where that helps, fewer run at once from then on.
    Left early, by an interrupt too, it leaves no process behind; threads end with the job that they are at.

    Args:
        function: from a job to its result; for processes a module's own function, of what can be pickled.
        jobs: taken as workers become free, never all at once.
        engine: ``serial``: in this thread, one after another. ``threads``. ``processes``: fresh ones (spawn),
            whose libraries have one thread each; what is warned of there is warned of here. ``ray``: those
            of a cluster, where a job whose process dies is tried again beside the others, see
            :class:`mgfusion.engines.ray_workers.RayWorkers`; its machines have this package installed.
        workers: how many run at once; 1 at least, or for ``ray`` 0: as many as the cluster has room for.
        initializer: called first in each thread or process.
        ordered: in the order of ``jobs``, instead of as they are done.
        cluster: for ``ray``; this machine where None.

    Raises:
        WorkerError: processes can't be started.
        MissingExtraError: ``ray`` without Ray.
    """
    if engine == "serial":
        if initializer is not None:
            initializer()
        for job in jobs:
            yield _outcome(job, attempt(function, job))
        return
    pool: Pool[J, R]
    if engine == "threads":
        pool = WorkerThreads(function, workers, initializer)
    elif engine == "processes":
        pool = WorkerProcesses(function, initializer)
    else:
        pool = RayWorkers(function, workers, initializer, cluster or Cluster())
        workers = pool.workers
    whole = False
    try:
        found = _at_once(pool, jobs, workers)
        yield from _in_order(found) if ordered else (outcome for _, outcome in found)
        whole = True
    finally:
        pool.close(now=not whole)


def _at_once(pool: Pool[J, R], jobs: Iterable[J], workers: int) -> Iterator[tuple[int, Outcome[J, R]]]:
    waiting = enumerate(jobs)
    running: dict[int, J] = {}
    had_company: set[int] = set()
    again: list[tuple[int, J]] = []  # to be tried once more, alone
    ready: list[tuple[int, Outcome[J, R]]] = []
    while True:
        if not again:
            for number, job in islice(waiting, max(0, workers - len(running))):
                running[number] = job
                if len(running) > 1:
                    had_company.update(running)
                pool.start(number, job)
        yield from ready  # only now: no worker waits for what the caller does with it
        ready = []
        if again and not running:
            number, job = again.pop(0)
            pool.start(number, job)
            ((_, attempted),) = pool.finished()
            if attempted.error is None:  # it was the company
                workers = max(1, workers - 1)
            ready.append((number, _outcome(job, attempted)))
            continue
        if not running:
            return
        for number, attempted in pool.finished():
            job = running.pop(number)
            if attempted.crowded and number in had_company:
                again.append((number, job))
            else:
                ready.append((number, _outcome(job, attempted)))
            had_company.discard(number)


def _in_order(found: Iterator[tuple[int, Outcome[J, R]]]) -> Iterator[Outcome[J, R]]:
    early: dict[int, Outcome[J, R]] = {}
    due = 0
    for number, outcome in found:
        early[number] = outcome
        while due in early:
            yield early.pop(due)
            due += 1


def _outcome(job: J, attempted: Attempt[R]) -> Outcome[J, R]:
    warn_again(attempted)
    if attempted.error is not None:
        return Failed(job, attempted.error)
    result: Any = attempted.result
    return Done(job, result)
