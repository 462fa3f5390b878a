"""``mgfusion evaluate`` and ``metrics``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mgfusion.cli.cluster_options import PathOrAddress, cluster_options, refuse_cluster_options
from mgfusion.cli.console import fail, one_line_messages, progress_bar
from mgfusion.cli.terminal_table import table_console

if TYPE_CHECKING:
    from mgfusion.evaluation import Report

_MOST_LINES = 1000
"""Of more pictures the manifest has the scores, and the terminal what sums them up."""


@click.command()
@click.argument("fused", type=PathOrAddress())
@click.argument("ir", type=PathOrAddress())
@click.argument("vis", type=PathOrAddress())
@click.option("--metrics", "names", help="Comma-separated, see `mgfusion metrics`.  [all of the convention]")
@click.option("--convention", default="standard", show_default=True, help="Whose definitions.")
@click.option("-o", "--output", type=PathOrAddress(), help="File to write: .csv .json .md .tex")
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [one a processor]")
@cluster_options
@click.option("--ir-range", default="auto", show_default=True, help="As for `mgfusion fuse`.")
@click.option("--overwrite", is_flag=True, help="Replace a file that exists.")
@click.option("--skip-existing", is_flag=True, help="With --engine ray: go on with a run that was cut off.")
def evaluate(
    fused: Path | str,
    ir: Path | str,
    vis: Path | str,
    names: str | None,
    convention: str,
    output: Path | str | None,
    workers: int | None,
    engine: str,
    address: str | None,
    ir_range: str,
    overwrite: bool,
    skip_existing: bool,
) -> None:
    """Score fused pictures against their sources.

    FUSED is the fused picture, IR and VIS what it was made from; or three folders, paired by stem.

    Prints a table of the pictures with mean, median and the number of pictures that went into each; nan is a
    metric that is undefined for a picture (one smaller than the metric's window, say). Exit code 1 if any
    picture failed, 2 for wrong usage.

    With --engine ray pictures are scored by the workers of a Ray cluster, and with --output a manifest beside
    that file has a line for each, from which --skip-existing goes on; see docs/scale.md.
    """
    from mgfusion.addresses import exists, joined, list_names
    from mgfusion.engines.ray_workers import Cluster
    from mgfusion.evaluation.score_files import evaluate as run
    from mgfusion.evaluation.score_report import writer_for
    from mgfusion.thermal import parse_ir_range

    metrics = [name.strip() for name in names.split(",") if name.strip()] if names is not None else None
    if metrics == []:
        fail("--metrics names none; leave it out for all of the convention", 2)
    if overwrite and skip_existing:
        fail("--overwrite and --skip-existing exclude each other; give one", 2)
    if engine == "local":
        refuse_cluster_options(fused, ir, vis, output, names=("address", "skip_existing"))
    elif skip_existing and output is None:
        fail("--skip-existing goes on with what was written beside --output; give that, too", 2)
    manifest = f"{output}.manifest" if engine == "ray" and output is not None else None
    try:
        with one_line_messages(), progress_bar() as progress:
            if output is not None:
                writer_for(Path(output))
                begun = manifest is not None and list_names(manifest, missing=True)
                if exists(str(output)) and not overwrite and not begun:
                    fail(f"{output}: exists; give --overwrite or another name", 2)
            task = progress.add_task("scoring")
            report = run(
                *(fused, ir, vis, metrics, convention),
                workers=workers,
                cluster=Cluster(address) if engine == "ray" else None,
                ir_range=parse_ir_range(ir_range),
                progress=lambda done, total: progress.update(task, completed=done, total=total),
                manifest=manifest,
                overwrite=overwrite,
                skip_existing=skip_existing,
            )
    except ValueError as error:
        fail(error, 2)
    _print_report(report, _MOST_LINES if manifest else None)
    for path in report.unmatched:
        click.echo(f"not in all three folders, left out: {path}", err=True)
    for _, reason in report.failures:  # which names the file that is to blame
        click.echo(f"error: {reason}", err=True)
    if manifest:
        done, failed = len(report.rows), len(report.failures)
        listed = joined(manifest, "manifest-*.jsonl")
        click.echo(f"{done} scored, {failed} failed; a line for each in {listed}", err=True)
    if output is not None and report.rows:
        report.write(output, overwrite or skip_existing)  # last: the scores are told should this fail
    if report.failures:
        raise click.exceptions.Exit(1)


def _print_report(report: "Report", most: int | None) -> None:
    """As many metrics a table as fit the terminal; of more pictures than ``most`` what sums them up."""
    from rich.table import Table

    from mgfusion.evaluation.score_report import heads, lines

    console = table_console()
    per_table = max(1, (console.width - 24) // 14)
    titles, rows = heads(report), lines(report, most)
    for start in range(0, len(titles) if report.rows else 0, per_table):
        table = Table(box=None, pad_edge=False)
        table.add_column(report.convention, no_wrap=True, max_width=24 if sys.stdout.isatty() else None)
        for title in titles[start : start + per_table]:
            table.add_column(title, justify="right", no_wrap=True)
        for i, (name, cells) in enumerate(rows):
            if i == len(rows) - 3:  # mean, median, count
                table.add_section()
            table.add_row(name, *cells[start : start + per_table])
        console.print(table)


@click.command()
@click.option("--convention", help="Only the metrics that this convention defines.")
def metrics(convention: str | None) -> None:
    """List the metrics, and the conventions that define each."""
    from rich.table import Table

    from mgfusion.metrics import CONVENTIONS, METRICS, conventions_of, select

    try:
        names = list(METRICS) if convention is None else select(None, convention)
    except ValueError as error:
        fail(error, 2)
    table = Table(
        "name", "title", "better", "range", "min size", "source", "conventions", box=None, pad_edge=False
    )
    for name in names:
        m = METRICS[name]
        span = f"{m.low:g} .. {m.high:g}"
        table.add_row(
            name, m.title, m.better or "–", span, f"{m.min_size}", m.reference, " ".join(conventions_of(name))
        )
    console = table_console()
    console.print(table)
    console.print()
    for name, about in CONVENTIONS.items():
        console.print(f"{name}: {about.title}", soft_wrap=True)
