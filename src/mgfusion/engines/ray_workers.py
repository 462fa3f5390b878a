"""Processes on many machines, by Ray: one job at a time each, and none lost with its process or machine."""

import os
import pickle
import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from mgfusion.engines.job_outcomes import Attempt, attempt, attempt_pickled, portable
from mgfusion.engines.tuning import usable_cores
from mgfusion.errors import WorkerError
from mgfusion.extras import needs_extra

J = TypeVar("J")
R = TypeVar("R")

TRIES = 3
"""How often a job is begun whose process dies each time."""
_FAILED_STARTS = 5  # in a row, after which there is something wrong with all
_TELLING = "RAY_USAGE_STATS_ENABLED"
_PATIENCE = 120.0  # seconds without a process before it is said what is waited for


@dataclass(frozen=True)
class Cluster:
    """Where Ray's processes run, and what each of them takes.

    Attributes:
        address: of a cluster, ``host:6379`` or ``auto``; None: ``RAY_ADDRESS``, else this machine alone.
        cpus: processors of each process, which its libraries have as many threads for.
        gpus: GPUs of each; may be a part of one.
    """

    address: str | None = None
    cpus: int = 1
    gpus: float = 0.0

    def connect(self) -> Callable[[], None]:
        """Begin to use the cluster; what is given back ends that.

        Raises:
            MissingExtraError: Ray is not installed.
            WorkerError: there is no cluster at the address, or it has no room for one process.
        """
        with needs_extra("cluster", "--engine ray"):
            import ray
        if ray.is_initialized():  # by the caller, who ends it
            self._check_room(ray)
            return lambda: None
        address = self.address or os.environ.get("RAY_ADDRESS") or "local"
        here: dict[str, Any] = {}
        if address == "local":  # where nobody else can reach it
            here = {"num_cpus": usable_cores(), "_node_ip_address": "127.0.0.1"}
        told = os.environ.get(_TELLING)
        os.environ.setdefault(_TELLING, "0")  # else a Ray that starts here reports to its makers
        try:
            ray.init(address, include_dashboard=False, log_to_driver=False, logging_level="error", **here)
        except (OSError, RuntimeError, ValueError) as error:
            raise WorkerError(f"--address {address}: no Ray cluster answers there ({error})") from error
        finally:
            if told is None:
                del os.environ[_TELLING]
        try:
            self._check_room(ray)
        except WorkerError:
            ray.shutdown()
            raise
        return lambda: ray.shutdown()

    def room(self) -> int:
        """How many processes the cluster has room for, those of others left out of account."""
        import ray

        resources = ray.cluster_resources()
        fits = resources.get("CPU", 0) // self.cpus
        return int(min(fits, resources.get("GPU", 0) // self.gpus) if self.gpus else fits)

    def _check_room(self, ray: Any) -> None:
        if self.room() < 1:
            has = ", ".join(f"{int(ray.cluster_resources().get(kind, 0))} {kind}" for kind in ("CPU", "GPU"))
            raise WorkerError(
                f"the cluster has {has}; a worker takes {self.cpus} CPU and {self.gpus:g} GPU, so none fits"
            )


class _Actor:
    """What lives in a process of the cluster."""

    def __init__(self, function: Callable[[Any], Any], initializer: Callable[[], object] | None) -> None:
        self.function = function
        self.begun: Attempt[Any] = attempt(lambda _: initializer and initializer(), None)

    def ready(self) -> str | None:
        """Why it can't work; None where it can."""
        return None if self.begun.error is None else str(self.begun.error)

    def work(self, data: bytes) -> bytes:
        """One job, and what came of it, both pickled."""
        return portable(attempt_pickled(self.function, data))


@dataclass
class _Job:
    number: int
    data: bytes
    tries: int = 0


@dataclass
class RayWorkers(Generic[J, R]):
    """A pool of :func:`mgfusion.engines.run_jobs.run_jobs`.

    A job whose process or machine is lost is begun again by another, ``TRIES`` times in all, while the others
    go on; so is one that found no memory. Jobs go to processes that have said that they are ready: those that
    the cluster has no room for, after a machine is lost, hold up nothing.
    """

    function: Callable[[J], R]
    workers: int
    initializer: Callable[[], object] | None
    cluster: Cluster
    waiting: deque[_Job] = field(default_factory=deque)
    idle: list[Any] = field(default_factory=list)
    starting: dict[Any, Any] = field(default_factory=dict)
    busy: dict[Any, tuple[Any, _Job]] = field(default_factory=dict)
    done: list[tuple[int, Attempt[R]]] = field(default_factory=list)
    failed_starts: int = 0

    def __post_init__(self) -> None:
        self.disconnect = self.cluster.connect()
        import ray

        self.ray = ray
        self.workers = self.workers or self.cluster.room()
        options = {"num_cpus": self.cluster.cpus, "num_gpus": self.cluster.gpus, "max_restarts": 0}
        self.actor = ray.remote(**options)(_Actor)

    def start(self, number: int, job: J) -> None:
        """Begin a job, or let it wait for a process; one that can't be pickled is finished at once."""
        try:
            self.waiting.append(_Job(number, pickle.dumps(job)))
        except Exception as error:
            self.done.append((number, Attempt(error=error)))
            return
        self._hand_out()

    def finished(self) -> list[tuple[int, Attempt[R]]]:
        """Wait for one job at least, and give (number, attempt) of all that are done.

        Raises:
            WorkerError: processes can't start.
        """
        while not self.done:
            refs = [*self.busy, *self.starting]
            heard, _ = self.ray.wait(refs, timeout=None if self.busy else _PATIENCE)
            if not heard:
                warnings.warn("waiting for the cluster to have room for a worker", UserWarning, stacklevel=2)
                heard, _ = self.ray.wait(refs)
            for ref in heard:
                if ref in self.starting:
                    self._greet(self.starting.pop(ref), ref)
                else:
                    self._take(*self.busy.pop(ref), ref)
            self._hand_out()
        done, self.done = self.done, []
        return done

    def close(self, now: bool) -> None:
        """End all processes; a Ray that was started for them, too."""
        actors = [*self.idle, *self.starting.values(), *(actor for actor, _ in self.busy.values())]
        for actor in actors:
            self.ray.kill(actor)
        self.disconnect()

    def _hand_out(self) -> None:
        while self.waiting and self.idle:
            actor, job = self.idle.pop(), self.waiting.popleft()
            job.tries += 1
            self.busy[actor.work.remote(job.data)] = actor, job
        wanted = min(self.workers - len(self.busy), len(self.waiting))
        for _ in range(wanted - len(self.starting)):
            actor = self.actor.remote(self.function, self.initializer)
            self.starting[actor.ready.remote()] = actor

    def _greet(self, actor: Any, ref: Any) -> None:
        try:
            trouble = self.ray.get(ref)
        except self.ray.exceptions.RayError as error:
            self.failed_starts += 1
            if self.failed_starts >= _FAILED_STARTS:
                raise WorkerError(f"the cluster's workers end as they start: {error}") from error
            return
        if trouble:
            raise WorkerError(f"a worker of the cluster can't work: {trouble}")
        self.failed_starts = 0
        self.idle.append(actor)

    def _take(self, actor: Any, job: _Job, ref: Any) -> None:
        try:
            attempted: Attempt[R] = pickle.loads(self.ray.get(ref))
        except self.ray.exceptions.RayError:
            self.ray.kill(actor)  # where it was only out of reach
            attempted = Attempt(error=WorkerError(f"its process died {job.tries} times"), crowded=True)
        except Exception as error:  # a class that this process can't find
            self.idle.append(actor)
            attempted = Attempt(error=error)
        else:
            self.idle.append(actor)
        if attempted.crowded and job.tries < TRIES:
            self.waiting.appendleft(job)
        else:  # no more to be tried alone, as beside others on one machine
            self.done.append(
                (job.number, Attempt(attempted.result, attempted.error, False, attempted.warned))
            )
