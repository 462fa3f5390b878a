"""Many pairs of files fused on a cluster: each worker reads, fuses and writes a pair by itself."""

import logging
import os
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from mgfusion.addresses import local_copies, write_address
from mgfusion.engines.ray_workers import Cluster
from mgfusion.engines.run_jobs import Outcome, run_jobs
from mgfusion.errors import ImageError, OutputError, WorkerError
from mgfusion.images.writing import encode_image

if TYPE_CHECKING:
    from mgfusion.inference.fuser import Fuser

_ALIKE = ("mgfusion", "torch")
_fuser: "list[Fuser]" = []
"""That of this process, where it is a worker."""


@dataclass(frozen=True)
class FuseTask:
    """A pair to fuse: paths that all workers see, or addresses; ``vis`` is None where ``ir`` holds both."""

    ir: str
    vis: str | None
    out: str


@dataclass(frozen=True)
class Fused:
    """What a worker tells of a pair that it wrote.

    Attributes:
        seconds: from reading to having written.
        machine: its name.
        notes: how the pictures were aligned, where they were.
    """

    seconds: float
    machine: str
    notes: tuple[str, ...]


def fuse_on_cluster(
    tasks: Iterable[FuseTask],
    options: Mapping[str, Any],
    cluster: Cluster,
    *,
    workers: int = 0,
    overwrite: bool = False,
) -> Generator[Outcome[FuseTask, Fused], None, None]:
    """:meth:`mgfusion.Fuser.file` for many pairs on a Ray cluster, the same pictures bit for bit.

    Args:
        tasks: taken as workers become free, never all at once.
        options: of :class:`mgfusion.Fuser`; files named in them must be seen by all workers.
        cluster: where.
        workers: processes; 0 for as many as the cluster has room for.
        overwrite: replace files that exist; else only one with the very same bytes is no failure.

    Yields:
        What came of each, as they are done.

    Raises:
        MissingExtraError: Ray is not installed.
        WorkerError: no such cluster, or its workers can't work: another version of this package, no model.
    """
    yield from run_jobs(
        partial(_fuse, overwrite=overwrite),
        tasks,
        engine="ray",
        workers=workers,
        initializer=partial(_start, dict(options), versions(), cluster.cpus),
        cluster=cluster,
    )


def versions() -> dict[str, str]:
    """Of the packages on which pictures and scores depend, in this process."""
    return {name: str(import_module(name).__version__) for name in _ALIKE}


def check_versions(wanted: Mapping[str, str]) -> None:
    """WorkerError where this process, a worker, has others than the one that began the run."""
    for name, ours in versions().items():
        if ours != wanted[name]:
            raise WorkerError(
                f"it has {name} {ours}, and {wanted[name]} began the run, so that results could differ; "
                "install the same"
            )


def _start(options: dict[str, Any], wanted: Mapping[str, str], cpus: int) -> None:
    from mgfusion.engines.tuning import tune_process

    check_versions(wanted)
    import torch

    from mgfusion.inference.fuser import Fuser

    tune_process()
    torch.set_num_threads(cpus)
    _fuser[:] = [Fuser(**options)]


def _fuse(task: FuseTask, overwrite: bool) -> Fused:
    start = time.perf_counter()
    sources = [address for address in (task.ir, task.vis) if address is not None]
    if task.out in sources:
        raise ImageError(f"{task.out}: is one of the inputs; choose another name for the fused picture")
    with _alignments() as notes, local_copies(*sources) as paths:
        data = encode_image(_fuser[0](*paths), PurePosixPath(task.out).suffix)
    try:
        write_address(task.out, data, overwrite)
    except OutputError as error:
        raise ImageError(error) from error
    return Fused(time.perf_counter() - start, os.uname().nodename, tuple(notes))


@contextmanager
def _alignments() -> Generator[list[str], None, None]:
    """What the fuser tells of pictures that it aligned."""
    log, told = logging.getLogger("mgfusion.align"), []

    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(record.getMessage())

    handler = Heard()
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield told
    finally:
        log.removeHandler(handler)
