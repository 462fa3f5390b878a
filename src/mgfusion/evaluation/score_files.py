"""Score files and folders: the work behind ``mgfusion evaluate``."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mgfusion.addresses import is_address, joined, list_names, local_copies
from mgfusion.data.opened_pair import OpenedPair, open_pair, read_luminance
from mgfusion.engines.job_outcomes import Failed
from mgfusion.engines.ray_workers import Cluster
from mgfusion.engines.run_jobs import Engine, run_jobs
from mgfusion.engines.tuning import usable_cores
from mgfusion.errors import ImageError, OptionError
from mgfusion.evaluation.score_report import Report, Row
from mgfusion.images import FloatArray, by_stem
from mgfusion.images.file_formats import SUFFIXES
from mgfusion.inference.cluster_batches import check_versions, versions
from mgfusion.metrics import Triple, evaluate_triple, select, with_weights
from mgfusion.thermal import IrRange

PathLike = str | os.PathLike[str]
Files = tuple[str, str, str]
Progress = Callable[[int, int], None]
WORTH_A_WORKER = 8  # pictures: a worker takes seconds to start


@dataclass(frozen=True)
class Job:
    """One fused picture to score, (fused, ir, vis) in ``files``."""

    name: str
    files: Files
    metrics: list[str]
    convention: str
    ir_range: IrRange


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
    cluster: Cluster | None = None,
) -> Report:
    """Score fused pictures against their sources.

    Args:
        fused, ir, vis: three files, or three folders whose pictures belong together by stem, see
            :func:`mgfusion.images.by_stem`; with ``cluster`` folders may be addresses (``s3://bucket/ir``).
        metrics: names from ``mgfusion.metrics.METRICS``; all of the convention where None. What weighs one of
            them in a mean is scored besides: ``HTC_spots`` with ``HTC``.
        convention: a name from ``mgfusion.metrics.CONVENTIONS``.
        workers: processes; as many as processors (at most one a picture) where None, none besides this one
            where 1.
        ir_range: how infrared deeper than 8 bits becomes grey, see ``mgfusion.thermal.infrared_to_unit``: as
            for fusing.
        progress: called with (done, total) after each picture.
        cluster: score there, with as many processes as it has room for where ``workers`` is None; all of its
            machines see the files.

    Returns:
        The scores. A picture that cannot be read or whose sizes differ is in ``failures``, and the others are
        scored. What was odd about one (infrared in colour, say) is warned of.

    Raises:
        OptionError: unknown metric or convention; files mixed with folders; no stem in all three folders.
        ImageError: a folder that can't be read.
        WorkerError: no such cluster.
    """
    names = with_weights(select(metrics, convention))
    triples, failures, unmatched = _pair(*(_place(path, cluster) for path in (fused, ir, vis)))
    if workers is not None and workers < 1:
        raise OptionError(f"workers: {workers}; give 1 or more")
    count = min(workers or usable_cores(), len(triples) if workers else len(triples) // WORTH_A_WORKER)
    jobs = [Job(name, files, names, convention, ir_range) for name, files in triples.items()]
    scores: dict[str, dict[str, float]] = {}
    engine: Engine = "ray" if cluster else "processes" if count > 1 else "serial"
    if cluster:
        count = workers or 0
    check = partial(check_versions, versions()) if cluster else None
    outcomes = run_jobs(_score, jobs, engine=engine, workers=count, initializer=check, cluster=cluster)
    for done, outcome in enumerate(outcomes, 1):
        if isinstance(outcome, Failed):
            failures.append((outcome.job.name, outcome.line(*outcome.job.files)))
        else:
            scores[outcome.job.name] = outcome.result
        if progress:
            progress(done, len(triples))
    rows = tuple(Row(name, scores[name]) for name in triples if name in scores)
    return Report(convention, tuple(names), rows, tuple(sorted(failures)), tuple(unmatched))


def _place(path: PathLike, cluster: Cluster | None) -> str:
    """A path as it was given; for a cluster, whose processes are elsewhere, a full one."""
    text = os.fspath(path)
    return text if is_address(text) or cluster is None else str(Path(text).absolute())


def _pair(fused: str, ir: str, vis: str) -> tuple[dict[str, Files], list[tuple[str, str]], list[Path]]:
    """(name -> files, failures, files without partners)."""
    places = (fused, ir, vis)
    folders = [is_address(place) or Path(place).is_dir() for place in places]
    if not any(folders):
        return {Path(fused).stem: places}, [], []
    if not all(folders):
        files = ", ".join(place for place, folder in zip(places, folders, strict=True) if not folder)
        raise OptionError(f"{files}: no folder; give three files or three folders")
    triples: dict[str, Files] = {}
    failures: list[tuple[str, str]] = []
    unmatched: list[Path] = []
    for groups in _by_stem(*places):
        every = [file for group in groups for file in group]
        if not all(groups):
            unmatched += map(Path, every)
        elif len(every) > 3:
            files = ", ".join(file for group in groups if len(group) > 1 for file in group)
            failures.append((Path(every[0]).stem, f"{files}: share a stem; keep one of them"))
        else:
            triples[Path(every[0]).stem] = every[0], every[1], every[2]
    if not triples and not failures:
        raise OptionError(
            f"{fused}, {ir}, {vis}: no stem is in all three; name files that belong together alike"
        )
    return triples, failures, unmatched


def _by_stem(*folders: str) -> list[tuple[list[str], ...]]:
    """:func:`mgfusion.images.by_stem` of paths or addresses."""
    if not any(map(is_address, folders)):
        return [tuple([str(path) for path in group] for group in groups) for groups in by_stem(*folders)]
    found: dict[str, tuple[list[str], ...]] = defaultdict(lambda: tuple([] for _ in folders))
    for i, folder in enumerate(folders):
        for name in sorted(list_names(folder)):
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                found[Path(name).stem.casefold()][i].append(joined(folder, name))
    return [found[stem] for stem in sorted(found)]


def _score(job: Job) -> dict[str, float]:
    with local_copies(*job.files) as (fused, ir, vis):
        return evaluate_triple(_opened(fused, ir, vis, job.ir_range), job.metrics, job.convention)


def _opened(fused: Path, ir: Path, vis: Path, ir_range: IrRange) -> Triple:
    return checked_triple(
        read_luminance(fused), open_pair(ir, vis, ir_range), (str(fused), str(ir), str(vis))
    )


def checked_triple(
    fused: FloatArray, pair: OpenedPair, names: tuple[str, str, str] = ("fused", "ir", "vis")
) -> Triple:
    """A fused picture's luminance beside its sources, ready to be scored.

    Args:
        fused: (H, W), float32 in [0, 1].
        pair: what it was made from.
        names: what messages call the three.

    Raises:
        ImageError: the fused picture has another size.
    """
    if fused.shape != pair.vis.shape:
        (height, width), (theirs, across) = fused.shape, pair.vis.shape
        raise ImageError(
            f"{names[0]}: {width}x{height} pixels, where {names[1]} and {names[2]} have {across}x{theirs}; "
            "give the picture that was made from them"
        )
    return Triple(fused, pair.ir, pair.vis)
