"""Many pairs of files, several at once."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mgfusion.errors import ImageError
from mgfusion.images import count_pixels
from mgfusion.inference.fuser import Fuser

Job = tuple[Path, Path, Path]
"""(ir, vis, out)."""


def fuse_files(fuser: Fuser, jobs: Sequence[Job], *, overwrite: bool = False) -> Iterator[Path | ImageError]:
    """:meth:`Fuser.file` for many pairs, as many at once as there are threads and memory for.

    A pair on a thread of its own keeps a core busy while others read or compress their pictures, which a
    network spread over all threads does not. The number of threads is PyTorch's, ``OMP_NUM_THREADS``.

    Args:
        fuser: the pictures of all pairs that are fused at once share its memory bound.
        jobs: (ir, vis, out) of each pair.
        overwrite: replace files that exist.

    Yields:
        For each job, in order, the path written, or why there is none; the other jobs are done all the same.

    Raises:
        EncoderError: the encoder can't be had, for any pair.
    """

    def run(job: Job) -> Path | ImageError:
        try:
            return fuser.file(*job, overwrite=overwrite)
        except ImageError as error:
            return error

    if not jobs:
        return
    yield run(jobs[0])  # alone: it loads the encoder, once
    rest = jobs[1:]
    import torch

    threads = torch.get_num_threads()
    workers = min(threads, len(rest))
    if workers > 1:
        workers = min(workers, fuser.at_once(max(count_pixels(vis) for _, vis, _ in rest)))
    if workers <= 1:
        yield from map(run, rest)
        return
    try:
        with ThreadPoolExecutor(workers, initializer=_start, initargs=(threads // workers,)) as pool:
            yield from pool.map(run, rest)
    finally:
        torch.set_num_threads(threads)  # what was set last in any thread is what new ones begin with


def _start(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # holds for one thread alone
