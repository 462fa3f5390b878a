"""Score the variants of an ablation over several seeds, and their table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mgfusion.benchmark.analysis.score_arrays import Array, collect, weighted_mean
from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.benchmark.methods.test_sets import find_sets
from mgfusion.benchmark.run.planning import Plan, Progress, chosen_metrics
from mgfusion.benchmark.run.runner import run
from mgfusion.data.layouts import Layout
from mgfusion.errors import BenchmarkError
from mgfusion.evaluation.metric_columns import metric_columns
from mgfusion.evaluation.table_formats import Cell, Column, Table, to_csv, to_markdown
from mgfusion.files import write_whole

ALL = "all sets"


@dataclass(frozen=True)
class Result:
    """What the variants scored.

    Attributes:
        values: set, or ``all sets`` for the mean of the sets' means -> (variants, seeds, metrics).
        failures: one line for each picture that failed.
    """

    convention: str
    variants: tuple[str, ...]
    metrics: tuple[str, ...]
    values: dict[str, Array]
    pictures: dict[str, int]
    failures: tuple[str, ...]


def tested_sets(
    data: Sequence[Path], test: Sequence[Path], trained_on: Iterable[Path], layout: Layout | None = None
) -> list[Path]:
    """The folders to take test pairs from: ``test``, or where that is empty those of ``data`` with a test/.

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
    for pairs in find_sets(roots, layout).values():
        both = next((pair.ir for pair in pairs if pair.ir.resolve() in seen), None)
        if both:
            raise BenchmarkError(
                f"{both} would be trained on and tested on; split its data set into train/ and test/, or "
                "name other test pairs with --test"
            )
    return roots


def score_variants(
    models: Mapping[tuple[str, int], Path],
    data: Sequence[Path],
    out: Path,
    *,
    convention: str = "paper",
    workers: int = 1,
    layout: Layout | None = None,
    progress: Progress | None = None,
) -> Result:
    """Fuse and score the test pairs with each model; what is there is kept.

    Args:
        models: (variant, seed) -> folder.
        data: see :func:`mgfusion.benchmark.methods.test_sets.find_sets`.
        out: gets the fused pictures and scores in ``.test``, which is no variant.
        layout: how data sets of your own lie there, see :class:`mgfusion.data.layouts.Layout`.

    Raises:
        BenchmarkError: data or earlier scores that cannot be used.
        ValueError: an unknown convention.
    """
    variants = tuple(dict.fromkeys(variant for variant, _ in models))
    seeds = tuple(dict.fromkeys(seed for _, seed in models))
    methods = {
        key: Method(f"{key[0]} seed {key[1]}", "model", str(path.resolve())) for key, path in models.items()
    }
    plan = Plan(
        find_sets(data, layout),
        tuple(methods.values()),
        out / ".test",
        chosen_metrics([convention], None),
        workers,
    )
    finished = run(plan, progress)
    scores = collect(finished, convention, tuple(method.name for method in plan.methods))
    order = [[scores.methods.index(methods[v, s].name) for s in seeds] for v in variants]
    values = {name: scores.means(name)[np.array(order)] for name in scores.pictures}
    if len(values) > 1:
        every = np.stack(list(values.values()))
        values[ALL] = weighted_mean(every, np.ones_like(every))
    pictures = {name: len(pairs) for name, pairs in plan.sets.items()}
    return Result(convention, variants, scores.metrics, values, pictures, tuple(finished.failures))


def write_ablation(result: Result, out: Path, note: str = "") -> Path:
    """Write ``ablation.md`` and ``ablation.csv``; gives the path of the page."""
    page = [f"# Ablation\n\n{note}".rstrip() + "\n"]
    for name in sorted(result.values, key=lambda name: name != ALL):
        page.append(to_markdown(_table(result, name)))
    write_whole(out / "ablation.csv", to_csv(_long_table(result)).encode(), overwrite=True)
    write_whole(out / "ablation.md", "\n".join(page).encode(), overwrite=True)
    return out / "ablation.md"


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
    count = f"{result.pictures[name]} pairs" if name in result.pictures else "mean of the sets' means"
    title = f"{name}: {count}, {seeds} seed{'s' * (seeds > 1)}{over}; {result.convention} convention"
    return Table(f"ablation-{name}", title, columns, tuple(rows))


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
