"""Score files and folders: the work behind `mgfusion evaluate`."""

import multiprocessing
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from mgfusion.evaluation.score_report import Report, Row
from mgfusion.images import list_images, read_image, to_grey
from mgfusion.metrics import Triple, evaluate_triple, select
from mgfusion.thermal import IrRange, infrared_to_unit

PathLike = str | os.PathLike[str]
Files = tuple[Path, Path, Path]
Progress = Callable[[int, int], None]
WORTH_A_WORKER = 8  # pictures: a worker takes seconds to start


def evaluate(
    fused: PathLike,
    ir: PathLike,
    vis: PathLike,
    metrics: Iterable[str] | None = None,
    convention: str = "standard",
    *,
    workers: int | None = None,
    ir_range: IrRange = "auto",
    progress: Progress | None = None,
) -> Report:
    """Score fused pictures against their sources.

    Args:
        fused, ir, vis: three files, or three folders whose pictures belong together by stem.
        metrics: names from `mgfusion.metrics.METRICS`; all of the convention where None.
        convention: a name from `mgfusion.metrics.CONVENTIONS`.
        workers: processes; as many as processors (at most one a picture) where None, none besides this one
            where 1.
        ir_range: how infrared deeper than 8 bits becomes grey, see `mgfusion.thermal.infrared_to_unit`: as
            for fusing.
        progress: called with (done, total) after each picture.

    Returns:
        The scores. A picture that cannot be read or whose sizes differ is in `failures`, and the others are
        scored.

    Raises:
        ValueError: unknown metric or convention; files mixed with folders; a folder without a complete
            triple.
        ImageError: a path that does not exist (a ValueError).
    """
    names = select(metrics, convention)
    triples, failures, unmatched = _pair(Path(fused), Path(ir), Path(vis))
    if workers is not None and workers < 1:
        raise ValueError(f"workers: {workers}; give 1 or more")
    count = min(workers or os.cpu_count() or 1, len(triples) if workers else len(triples) // WORTH_A_WORKER)
    scores: dict[str, dict[str, float]] = {}
    for done, (stem, result) in enumerate(_run(triples, names, convention, ir_range, count), 1):
        if isinstance(result, str):
            failures.append((stem, result))
        else:
            scores[stem] = result
        if progress:
            progress(done, len(triples))
    rows = tuple(Row(stem, scores[stem]) for stem in triples if stem in scores)
    return Report(convention, tuple(names), rows, tuple(sorted(failures)), tuple(unmatched))


def _pair(fused: Path, ir: Path, vis: Path) -> tuple[dict[str, Files], list[tuple[str, str]], list[Path]]:
    """(stem -> files, failures, files without partners)."""
    paths = (fused, ir, vis)
    if not any(p.is_dir() for p in paths):
        return {fused.stem: paths}, [], []
    if not all(p.is_dir() for p in paths):
        files = ", ".join(str(p) for p in paths if not p.is_dir())
        raise ValueError(f"{files}: no folder; give three files or three folders")
    found: dict[str, list[list[Path]]] = defaultdict(lambda: [[], [], []])
    for i, folder in enumerate(paths):
        for file in list_images(folder):
            found[file.stem][i].append(file)
    triples: dict[str, Files] = {}
    failures: list[tuple[str, str]] = []
    unmatched: list[Path] = []
    for stem, (fs, irs, viss) in sorted(found.items()):
        if not (fs and irs and viss):
            unmatched += fs + irs + viss
        elif len(fs) + len(irs) + len(viss) > 3:
            files = ", ".join(str(p) for group in (fs, irs, viss) if len(group) > 1 for p in group)
            failures.append((stem, f"{files}: share a stem; keep one of them"))
        else:
            triples[stem] = fs[0], irs[0], viss[0]
    if not triples and not failures:
        raise ValueError(
            f"{fused}, {ir}, {vis}: no stem is in all three; name files that belong together alike"
        )
    return triples, failures, unmatched


def _run(
    triples: dict[str, Files], names: list[str], convention: str, ir_range: IrRange, workers: int
) -> Iterator[tuple[str, dict[str, float] | str]]:
    if workers <= 1:
        for stem, files in triples.items():
            yield stem, _score(files, names, convention, ir_range)
        return
    # a forked child would inherit the locks of OpenCV's and torch's threads
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_one_thread) as pool:
        futures = {pool.submit(_score, f, names, convention, ir_range): stem for stem, f in triples.items()}
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except BrokenProcessPool:
                yield futures[future], "a worker process died (out of memory?); try fewer workers"


def _one_thread() -> None:
    import cv2

    cv2.setNumThreads(1)


def _score(files: Files, names: list[str], convention: str, ir_range: IrRange) -> dict[str, float] | str:
    """The scores of one triple of files, or why there are none."""
    try:
        fused, ir, vis = (read_image(path) for path in files)
        if ir.dtype != "uint8":
            ir = infrared_to_unit(to_grey(ir), ir_range, str(files[1]))
        return evaluate_triple(Triple(fused, ir, vis), names, convention)
    except MemoryError:
        return f"{files[0]}: not enough memory for pictures of this size"
    except (ValueError, TypeError) as error:
        message = str(error)
        return message if any(str(p) in message for p in files) else f"{files[0]}: {message}"
