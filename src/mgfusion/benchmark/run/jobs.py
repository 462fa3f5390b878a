"""One unit of work: fuse one pair by one method, save the picture, score it. Runs in a worker process."""

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.benchmark.methods.test_sets import Pair, read_grey
from mgfusion.benchmark.run.score_file import Key
from mgfusion.errors import BenchmarkError

T = TypeVar("T")


@dataclass(frozen=True)
class Job:
    """What to do: ``scores`` is convention -> missing metrics; an existing ``out`` is scored as it is."""

    method: Method
    pair: Pair
    out: Path
    scores: dict[str, tuple[str, ...]]

    @property
    def key(self) -> Key:
        """(set, method, name of the pair), as the score files have it."""
        return self.pair.set, self.method.name, self.pair.name


@dataclass
class Outcome:
    """What came of it: numbers by convention, the cost of the fusion if one took place, or an error."""

    job: Job
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    cost: dict[str, float] = field(default_factory=dict)
    error: str = ""


def start_worker() -> None:
    """One thread a process: the pictures are what runs in parallel, and times stay comparable."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    import cv2

    cv2.setNumThreads(1)


def run_job(job: Job) -> Outcome:
    """Do a job; what is wrong with its input comes back as ``error``."""
    outcome = Outcome(job)
    try:
        if not job.out.is_file():
            outcome.cost = _fuse(job)
        _score(job, outcome)
    except MemoryError:
        outcome.error = f"{_named(job)}: not enough memory; give fewer --workers"
    except Exception as error:  # other people's networks raise anything; one picture must not end the run
        outcome.error = f"{_named(job)}: {' '.join(str(error).split()) or type(error).__name__}"
    return outcome


def _named(job: Job) -> str:
    return f"{job.method.name} on {job.pair.set}/{job.pair.name}"


def _fuse(job: Job) -> dict[str, float]:
    from mgfusion.benchmark.methods.openers import open_method
    from mgfusion.images import write_image

    fuse = open_method(job.method)
    fused, cost = timed(lambda: fuse(job.pair))
    height, width = read_grey(job.pair.vis).shape
    if fused.shape != (height, width):
        got = f"{fused.shape[1]}x{fused.shape[0]}"
        raise BenchmarkError(f"the fused picture has {got} pixels, the pair {width}x{height}")
    write_image(job.out, fused, overwrite=True)
    if job.method.kind == "folder":
        return {"height": height, "width": width}
    return {"height": height, "width": width, **cost}


def timed(work: Callable[[], T]) -> tuple[T, dict[str, float]]:
    """What ``work`` gives, and its wall and CPU seconds (of this process and the commands it waited for)."""
    wall, cpu = time.perf_counter(), cpu_seconds() + cpu_seconds(children=True)
    done = work()
    used = cpu_seconds() + cpu_seconds(children=True) - cpu
    return done, {"seconds": time.perf_counter() - wall, "cpu_seconds": used}


def cpu_seconds(children: bool = False) -> float:
    """CPU time so far, user and system, of this process or of the commands that it waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _score(job: Job, outcome: Outcome) -> None:
    if not any(job.scores.values()):
        return
    from mgfusion.metrics import Triple, evaluate_triple

    triple = Triple(read_grey(job.out), read_grey(job.pair.ir), read_grey(job.pair.vis))
    for convention, metrics in job.scores.items():
        if metrics:
            outcome.scores[convention] = evaluate_triple(triple, metrics, convention)
