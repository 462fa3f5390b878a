"""Score the variants of an ablation over several seeds, and their table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mgfusion.benchmark.analysis.score_arrays import Array, Scores, collect, weighted_mean
from mgfusion.benchmark.analysis.seed_differences import difference_over_seeds
from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.benchmark.methods.test_sets import find_sets
from mgfusion.benchmark.run.planning import Plan, Progress, chosen_metrics
from mgfusion.benchmark.run.runner import run
from mgfusion.data.layouts import Layout
from mgfusion.data.pairs import Pair
from mgfusion.data.pairs import Pair as TrainingPair
from mgfusion.data.splits import split_pairs
from mgfusion.errors import BenchmarkError
from mgfusion.evaluation.metric_columns import metric_columns
from mgfusion.evaluation.table_formats import Cell, Column, Table, to_csv, to_markdown
from mgfusion.files import write_whole

ALL = "all sets"
UNGUIDED = ("none", "no-both")
"""Variants that the others are compared with, the first that is there."""


@dataclass(frozen=True)
class Result:
    """What the variants scored.

    Attributes:
        values: set, or ``all sets`` for the mean of the sets' means -> (variants, seeds, metrics).
        order: (variants, seeds), the position of each model in ``scores``.
        failures: one line for each picture that failed.
    """

    convention: str
    variants: tuple[str, ...]
    metrics: tuple[str, ...]
    values: dict[str, Array]
    scores: Scores
    order: NDArray[np.int_]
    failures: tuple[str, ...]


def tested_sets(
    data: Sequence[Path], test: Sequence[Path], trained_on: Iterable[Path], layout: Layout | None = None
) -> dict[str, tuple[Pair, ...]]:
    """The test pairs by set, of the folders ``test``, or where that is empty those of ``data`` with a test/.

    Args:
        data: data set folders as given for training.
        test: see :func:`mgfusion.benchmark.methods.test_sets.find_sets`.
        trained_on: files of the training pairs.

    Raises:
        BenchmarkError: no test pairs, or training pairs among them.
    """
    roots = list(test) or [
        root for root in data if any(p.is_dir() for p in (root / "test", *root.glob("*/test")))
    ]
    if not roots:
        raise BenchmarkError("no test pairs: no folder has test/ir and test/vi; name some with --test")
    seen = {path.resolve() for path in trained_on}
    sets = find_sets(roots, layout)
    for pairs in sets.values():
        both = next((pair.ir for pair in pairs if pair.ir.resolve() in seen), None)
        if both:
            raise BenchmarkError(
                f"{both} would be trained on and tested on; split its data set into train/ and test/, or "
                "name other test pairs with --test"
            )
    return sets


def held_out_set(pairs: Sequence[TrainingPair], share: float, seed: int) -> dict[str, tuple[Pair, ...]]:
    """The pairs that :func:`mgfusion.data.splits.split_pairs` holds out, as one set: each data set has few.

    Raises:
        BenchmarkError: there are none.
    """
    held_out = split_pairs(pairs, share, seed)[1]
    if not held_out:
        raise BenchmarkError(f"validation={share:g} holds no pair out of training; set a larger share")
    name = "held-out"
    return {name: tuple(Pair(name, f"{p.source}-{p.name}", p.ir, p.vis) for p in held_out)}


def score_variants(
    models: Mapping[tuple[str, int], Path],
    sets: Mapping[str, tuple[Pair, ...]],
    out: Path,
    *,
    convention: str = "paper",
    workers: int = 1,
    progress: Progress | None = None,
) -> Result:
    """Fuse and score pairs with each model; what is there is kept.

    Args:
        models: (variant, seed) -> folder.
        sets: the pairs by set.
        out: gets the fused pictures and scores.

    Raises:
        BenchmarkError: data or earlier scores that cannot be used.
        ValueError: an unknown convention.
    """
    variants = tuple(dict.fromkeys(variant for variant, _ in models))
    seeds = tuple(dict.fromkeys(seed for _, seed in models))
    methods = {
        key: Method(f"{key[0]} seed {key[1]}", "model", str(path.resolve())) for key, path in models.items()
    }
    plan = Plan(dict(sets), tuple(methods.values()), out, chosen_metrics([convention], None), workers)
    finished = run(plan, progress)
    scores = collect(finished, convention, tuple(method.name for method in plan.methods))
    order = np.array([[scores.methods.index(methods[v, s].name) for s in seeds] for v in variants])
    values = {name: scores.means(name)[order] for name in scores.pictures}
    if len(values) > 1:
        every = np.stack(list(values.values()))
        values[ALL] = weighted_mean(every, np.ones_like(every))
    return Result(convention, variants, scores.metrics, values, scores, order, tuple(finished.failures))


def write_ablation(result: Result, out: Path, note: str = "", name: str = "ablation") -> Path:
    """Write ``<name>.md`` and ``<name>.csv``; gives the path of the page."""
    page = [f"# Ablation\n\n{note}".rstrip() + "\n"]
    unguided = next((variant for variant in UNGUIDED if variant in result.variants), None)
    for part in sorted(result.values, key=lambda part: part != ALL):
        page.append(to_markdown(_table(result, part)))
        if unguided and len(result.variants) > 1:
            page.append(to_markdown(_differences(result, part, unguided)))
    write_whole(out / f"{name}.csv", to_csv(_long_table(result)).encode(), overwrite=True)
    return write_whole(out / f"{name}.md", "\n".join(page).encode(), overwrite=True)


def _table(result: Result, name: str) -> Table:
    columns = (Column("Variant"), *metric_columns(result.metrics))
    values = result.values[name]
    seeds = values.shape[1]
    means = values.mean(axis=1)
    rows = []
    for i, variant in enumerate(result.variants):
        cells = [Cell(variant)]
        for k, column in enumerate(columns[1:]):
            spread = f" ± {values[i, :, k].std(ddof=1):.{column.decimals}f}" if seeds > 1 else ""
            sign = 1 if column.better == "higher" else -1
            defined = np.where(np.isnan(means[:, k]), -np.inf, sign * means[:, k])
            best = not np.isnan(means[i, k]) and np.argmax(defined) == i
            cells.append(Cell(f"{means[i, k]:.{column.decimals}f}{spread}", int(best)))
        rows.append(tuple(cells))
    over = ", ± the standard deviation over seeds" if seeds > 1 else ""
    pictures = result.scores.pictures
    count = f"{len(pictures[name])} pairs" if name in pictures else "mean of the sets' means"
    title = f"{name}: {count}, {seeds} seed{'s' * (seeds > 1)}{over}; {result.convention} convention"
    return Table(f"ablation-{name}", title, columns, tuple(rows))


def _differences(result: Result, name: str, unguided: str) -> Table:
    """Each variant less the unguided one, with intervals; what lies outside the noise is marked."""
    scores, columns = result.scores, (Column("Variant"), *metric_columns(result.metrics))
    sets = [name] if name in scores.pictures else list(scores.pictures)
    base = result.order[result.variants.index(unguided)]
    rows = []
    for variant, models in zip(result.variants, result.order, strict=True):
        if variant == unguided:
            continue
        cells = [Cell(variant)]
        for k, column in enumerate(columns[1:]):
            found = difference_over_seeds(
                [scores.values[s][:, models, k] for s in sets],
                [scores.values[s][:, base, k] for s in sets],
                [scores.weights_of(s)[:, base[0], k] for s in sets],
            )
            text = " ".join(f"{x:+.{column.decimals}f}" for x in (found.low, found.high))
            clear = found.low > 0 or found.high < 0
            cells.append(Cell(f"{found.mean:+.{column.decimals}f} ({text.replace(' ', ' to ')})", int(clear)))
        rows.append(tuple(cells))
    over = "seeds and pictures" if result.order.shape[1] > 1 else "pictures alone: one seed"
    title = f"{name}: less {unguided}, in brackets the 95 % interval over {over}; bold where it excludes 0"
    return Table(f"differences-{name}", title, columns, tuple(rows))


def _long_table(result: Result) -> Table:
    measures = [Column(f"{m}{end}") for m in result.metrics for end in (" mean", " spread")]
    rows = []
    for name, values in result.values.items():
        for i, variant in enumerate(result.variants):
            seeds = values.shape[1]
            spread = values[i].std(axis=0, ddof=1) if seeds > 1 else np.full(len(result.metrics), np.nan)
            numbers = np.stack([values[i].mean(axis=0), spread], axis=1).ravel()
            rows.append((Cell(name), Cell(variant), Cell(str(seeds)), *(Cell(float(x)) for x in numbers)))
    columns = (Column("Set"), Column("Variant"), Column("Seeds"), *measures)
    return Table("ablation", "Ablation", columns, tuple(rows))
