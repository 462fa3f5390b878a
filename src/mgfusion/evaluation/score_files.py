"""Score files and folders: the work behind ``mgfusion evaluate``."""

import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mgfusion.addresses import is_address, local_copies
from mgfusion.data.opened_pair import OpenedPair, open_pair, read_luminance
from mgfusion.engines.job_outcomes import Failed
from mgfusion.engines.ray_workers import Cluster
from mgfusion.engines.run_jobs import Outcome, run_jobs
from mgfusion.engines.tuning import usable_cores
from mgfusion.errors import ImageError, OptionError
from mgfusion.evaluation.kept_scores import KeptScores
from mgfusion.evaluation.matched_files import Files, match_files
from mgfusion.evaluation.score_report import Report
from mgfusion.evaluation.score_rows import ScoreRows
from mgfusion.images import FloatArray
from mgfusion.inference.cluster_batches import check_versions, versions
from mgfusion.metrics import Triple, evaluate_triple, select, with_weights
from mgfusion.thermal import IrRange

PathLike = str | os.PathLike[str]
Progress = Callable[[int, int], None]
WORTH_A_WORKER = 8  # pictures: a worker takes seconds to start


@dataclass(frozen=True)
class Job:
    """One fused picture to score, (fused, ir, vis) in ``files``; ``number`` is its place among all."""

    number: int
    files: Files
    metrics: list[str]
    convention: str
    ir_range: IrRange


@dataclass(frozen=True)
class Scored:
    """What a worker tells of a picture: its scores, seconds with reading, and the machine's name."""

    scores: dict[str, float]
    seconds: float
    machine: str


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
    manifest: PathLike | None = None,
    overwrite: bool = False,
    skip_existing: bool = False,
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
        manifest: a folder, or an address, that gets a line for each picture as soon as it is scored or has
            failed; None for none.
        overwrite: do a run anew that the manifest has.
        skip_existing: go on with it: what it has scores of is not measured again.

    Returns:
        The scores. A picture that cannot be read or whose sizes differ is in ``failures``, and the others are
        scored. What was odd about one (infrared in colour, say) is warned of.

    Raises:
        OptionError: unknown metric or convention; files mixed with folders; no stem in all three folders; a
            manifest that has another run, or this one without ``overwrite`` or ``skip_existing``.
        ImageError: a folder that can't be read.
        OutputError: the manifest can't be written.
        WorkerError: no such cluster.
    """
    names = with_weights(select(metrics, convention))
    if workers is not None and workers < 1:
        raise OptionError(f"workers: {workers}; give 1 or more")
    places = [_place(path, cluster) for path in (fused, ir, vis)]
    found = match_files(*places)
    kept = None
    if manifest is not None:
        settings = _settings(places, names, convention, ir_range)
        kept = KeptScores(
            os.fspath(manifest), settings, names, overwrite=overwrite, skip_existing=skip_existing
        )
    values = np.full((len(found.triples), len(names)), np.nan)
    scored = np.zeros(len(found.triples), bool)
    for number, (picture, *_) in enumerate(found.triples):
        if kept and (before := kept.take(picture)) is not None:
            values[number], scored[number] = before, True
    there, total = int(scored.sum()), len(found.triples)
    if progress and there:
        progress(there, total)
    jobs = (
        Job(number, found.files(number), names, convention, ir_range)
        for number in np.flatnonzero(~scored).tolist()
    )
    outcomes = _outcomes(jobs, total - there, workers, cluster)
    try:
        for done, outcome in enumerate(outcomes, there + 1):
            job = outcome.job
            picture = found.triples[job.number][0]
            if isinstance(outcome, Failed):
                why = outcome.line(*job.files)
                found.failures.append((found.name(job.number), why))
                if kept:
                    kept.failed(picture, why)
            else:
                told = outcome.result
                values[job.number] = [told.scores[name] for name in names]
                scored[job.number] = True
                if kept:
                    kept.scored(picture, told.scores, told.seconds, told.machine)
            if progress:
                progress(done, total)
    finally:
        outcomes.close()
        if kept:
            kept.close()
    named = [found.name(number) for number in np.flatnonzero(scored).tolist()]
    rows = ScoreRows(named, names, values if scored.all() else values[scored])
    return Report(convention, tuple(names), rows, tuple(sorted(found.failures)), tuple(found.unmatched))


def _outcomes(
    jobs: Iterator[Job], most: int, workers: int | None, cluster: Cluster | None
) -> Generator[Outcome[Job, Scored], None, None]:
    """What comes of each, by the engine that suits."""
    if cluster:
        check = partial(check_versions, versions())
        return run_jobs(_score, jobs, engine="ray", workers=workers or 0, initializer=check, cluster=cluster)
    count = min(workers or usable_cores(), most if workers else most // WORTH_A_WORKER)
    return run_jobs(_score, jobs, engine="processes" if count > 1 else "serial", workers=count)


def _settings(
    places: Sequence[str], metrics: list[str], convention: str, ir_range: IrRange
) -> dict[str, Any]:
    """What decides which numbers come out."""
    from mgfusion import __version__

    return {
        **dict(zip(("fused", "ir", "vis"), places, strict=True)),
        "metrics": metrics, "convention": convention, "ir_range": ir_range, "mgfusion": __version__,
    }  # fmt: skip


def _place(path: PathLike, cluster: Cluster | None) -> str:
    """A path as it was given; for a cluster, whose processes are elsewhere, a full one."""
    text = os.fspath(path)
    return text if is_address(text) or cluster is None else str(Path(text).absolute())


def _score(job: Job) -> Scored:
    start = time.perf_counter()
    with local_copies(*job.files) as (fused, ir, vis):
        scores = evaluate_triple(_opened(fused, ir, vis, job.ir_range), job.metrics, job.convention)
    return Scored(scores, time.perf_counter() - start, os.uname().nodename)


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
