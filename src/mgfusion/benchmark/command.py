"""What ``mgfusion benchmark`` does with its options."""

import os
import shlex
import sys
import warnings
from pathlib import Path
from typing import Any

import click

from mgfusion.benchmark.errors import BenchmarkError
from mgfusion.benchmark.render import Table

_SHOWN = 5  # columns that fit a terminal


def run_command(
    data: tuple[Path, ...],
    methods: tuple[str, ...],
    peer_folders: tuple[Path, ...],
    ablation: tuple[Path, ...],
    conventions: tuple[str, ...],
    metrics: str | None,
    out: Path,
    workers: int | None,
    limit: int | None,
    views: tuple[str, ...],
    means: Path | None,
    **options: Any,
) -> list[str]:
    """Run the benchmark with a progress bar on stderr; gives a line for each failure.

    Raises:
        click.UsageError: for what cannot be run.
    """
    from mgfusion.benchmark.figures.regions import parse_view
    from mgfusion.benchmark.pipeline import Options, Summary, benchmark
    from mgfusion.benchmark.setup import make_plan

    if workers is None:
        workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    names = [name.strip() for name in metrics.split(",") if name.strip()] if metrics else None
    if means is None:
        means = next((f / "peers.csv" for f in peer_folders if (f / "peers.csv").is_file()), None)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            plan = make_plan(data, out, methods, peer_folders, ablation, conventions, names, workers, limit)
        for warning in caught:
            click.echo(f"warning: {warning.message}", err=True)
        chosen = Options(means=means, views=tuple(map(parse_view, views)), command=_typed(), **options)
        summary: Summary = _with_progress(lambda progress, say: benchmark(plan, chosen, progress, say))
    except (BenchmarkError, ValueError) as error:
        raise click.UsageError(" ".join(str(error).split())) from error
    if summary.table is not None:
        _show(summary.table)
    for path in summary.written[:1]:
        click.echo(path)
    return summary.failures


def _typed() -> str:
    return shlex.join(["mgfusion", *sys.argv[1:]])


def _with_progress(work: Any) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("pictures", total=None)

        def progress(done: int, total: int, error: str) -> None:
            bar.update(task, completed=done, total=total)

        def say(step: str) -> None:
            bar.update(task, description=step)

        return work(progress, say)


def _show(table: Table) -> None:
    from rich.console import Console
    from rich.table import Table as Printed

    shown = Printed(*(c.heading for c in table.columns[:_SHOWN]), box=None, pad_edge=False)
    for row in table.rows:
        shown.add_row(*(cell.text(c) for cell, c in zip(row[:_SHOWN], table.columns[:_SHOWN], strict=True)))
    console = Console(stderr=True)
    console.print(table.title, highlight=False)
    console.print(shown)
