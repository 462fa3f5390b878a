"""One unit of work: fuse one pair by one method, save the picture, score it. Runs in a worker process."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.benchmark.run.score_file import Key
from mgfusion.data.opened_pair import OpenedPair, open_pair, read_luminance
from mgfusion.data.pairs import Pair
from mgfusion.errors import BenchmarkError
from mgfusion.images import Array

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
        return self.pair.source, self.method.name, self.pair.name

    def __str__(self) -> str:
        return f"{self.method.name} on {self.pair.source}/{self.pair.name}"


@dataclass
class Numbers:
    """What came of it: scores by convention, and the cost of the fusion if one took place."""

    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    cost: dict[str, float] = field(default_factory=dict)


def run_job(job: Job) -> Numbers:
    """Do a job; each file is decoded once, and none while the fusion is timed."""
    from mgfusion.metrics import Triple, evaluate_triple

    opened = open_pair(job.pair.ir, job.pair.vis)
    numbers = Numbers()
    if job.out.is_file():
        fused: Array = read_luminance(job.out)
    else:
        fused, numbers.cost = _fuse(job, opened)
    triple = Triple(fused, opened.ir, opened.vis)
    for convention, metrics in job.scores.items():
        if metrics:
            numbers.scores[convention] = evaluate_triple(triple, metrics, convention)
    return numbers


def _fuse(job: Job, opened: OpenedPair) -> tuple[Array, dict[str, float]]:
    from mgfusion.benchmark.methods.openers import open_method
    from mgfusion.images import write_image

    fuse = open_method(job.method)
    fused, cost = timed(lambda: fuse(job.pair, opened))
    height, width = opened.vis.shape
    if fused.shape != (height, width):
        got = f"{fused.shape[1]}x{fused.shape[0]}"
        raise BenchmarkError(f"the fused picture has {got} pixels, the pair {width}x{height}")
    write_image(job.out, fused, overwrite=True)
    if job.method.kind == "folder":
        return fused, {"height": height, "width": width}
    return fused, {"height": height, "width": width, **cost}


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
