"""Many pairs of files, several at once."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from mgfusion.engines.job_outcomes import Done, Failed
from mgfusion.engines.run_jobs import run_jobs
from mgfusion.errors import EncoderError
from mgfusion.images import count_pixels
from mgfusion.inference.fuser import Fuser

FileJob = tuple[Path, Path | None, Path]
"""(ir, vis, out); no ``vis`` where ``ir`` is a radiometric file that holds both."""
FileOutcome = Done[FileJob, Path] | Failed[FileJob]


def fuse_files(fuser: Fuser, jobs: Sequence[FileJob], *, overwrite: bool = False) -> Iterator[FileOutcome]:
    """:meth:`Fuser.file` for many pairs, as many at once as there are threads and memory for.

    A pair on a thread of its own keeps a core busy while others read or compress their pictures, which a
    network spread over all threads does not. The number of threads is PyTorch's, ``OMP_NUM_THREADS``.

    Args:
        fuser: the pictures of all pairs that are fused at once share its memory bound.
        jobs: (ir, vis, out) of each pair.
        overwrite: replace files that exist.

    Yields:
        What came of each job, in order: the path written, or any error. The other jobs are done all the same;
        one that found no memory is tried once more, alone.

    Raises:
        EncoderError: the encoder can't be had, for any pair.
    """
    if not jobs:
        return

    def run(job: FileJob) -> Path:
        return fuser.file(*job, overwrite=overwrite)

    yield from _unless_fatal(run_jobs(run, jobs[:1]))  # alone: it loads the encoder, once
    rest = jobs[1:]
    import torch

    threads = torch.get_num_threads()
    workers = min(threads, len(rest))
    if workers > 1:
        workers = min(workers, fuser.at_once(max(count_pixels(vis or ir) for ir, vis, _ in rest)))
    if workers <= 1:
        yield from _unless_fatal(run_jobs(run, rest))
        return
    start = partial(_start, threads // workers)
    try:
        yield from _unless_fatal(
            run_jobs(run, rest, engine="threads", workers=workers, initializer=start, ordered=True)
        )
    finally:
        torch.set_num_threads(threads)  # what was set last in any thread is what new ones begin with


def _unless_fatal(outcomes: Generator[FileOutcome, None, None]) -> Iterator[FileOutcome]:
    with closing(outcomes):
        for outcome in outcomes:
            if isinstance(outcome, Failed) and isinstance(outcome.error, EncoderError):
                raise outcome.error
            yield outcome


def _start(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # holds for one thread alone
