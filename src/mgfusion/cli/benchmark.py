"""``mgfusion benchmark``."""

import shlex
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mgfusion.cli.console import fail, layout_option, one_line_warnings
from mgfusion.cli.terminal_table import print_table, table_console

if TYPE_CHECKING:
    from mgfusion.benchmark.pipeline import Summary
    from mgfusion.data.layouts import Layout


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), multiple=True, required=True, help="Pairs; repeat it."
)
@layout_option
@click.option("--method", "methods", multiple=True, metavar="SPEC", help="See above; repeat it.")
@click.option("--peers", "peer_folders", type=click.Path(path_type=Path), multiple=True,
              help="A folder of <method>/<set>/<stem>.png.")  # fmt: skip
@click.option(
    "--means", type=click.Path(path_type=Path), help="A CSV of means that others measured.  [peers.csv]"
)
@click.option("--costs-of", "published_costs", type=click.Path(path_type=Path), metavar="CSV",
              help="What published networks cost, in the unit of this benchmark.  [cost.csv]")  # fmt: skip
@click.option("--ablation", type=click.Path(path_type=Path), multiple=True, metavar="[NAME=]FOLDER",
              help="Ablated models or their results, for table 4; see below.")  # fmt: skip
@click.option("--convention", "conventions", multiple=True, default=("standard", "paper"), show_default=True)
@click.option("--metrics", help="Comma-separated.  [the paper's six, hot targets]")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("out/benchmark"),
              show_default=True, help="Folder to write into.")  # fmt: skip
@click.option("--out", "output_by_its_old_name", type=click.Path(path_type=Path), hidden=True)
@click.option("--workers", type=click.IntRange(0), help="Processes.  [one a core]")
@click.option("--limit", type=click.IntRange(1), help="Only the first pairs of each set, for a quick look.")
@click.option("--show", "views", multiple=True, metavar="SET/NAME[:x,y,w,h;...]", help="A row of the grids.")
@click.option(
    "--scenes", type=click.IntRange(0), default=2, show_default=True, help="Per set, in the report."
)
@click.option("--figures/--no-figures", default=True, show_default=True, help="Figures and report.html.")
@click.option(
    "--costs/--no-costs", default=True, show_default=True, help="Time, memory, size of each method."
)
@click.option(
    "--reproduction", type=click.Path(path_type=Path), help="Write the reproduction page to this file."
)
def benchmark(**options: Any) -> None:
    """Compare fusion methods: tables, figures, an HTML report.

    \b
    --data: a folder with ir/ and vi/ in it, one with test/ir and test/vi, or a folder of such data sets.
    --method, as [NAME=]SPEC:
      average, maximum, laplacian, rolp, wavelet, gff, tif, adf, gtf   built in
      mgfusion-base, model:FOLDER                                      our models
      module:object                            a Python callable (ir, vis) -> fused, tensors in [0, 1]
      folder:PATH                              results, PATH/<set>/<stem>.png or PATH/<stem>.png
      command:'fuse {ir} {vis} {out}'          another program
      onnx:FILE, torchscript:FILE              two (1, 1, H, W) pictures in [0, 1] to one; load trusted files
    Without any, all built-in methods and packaged models.

    \b
    --ablation: a folder of them, such as `mgfusion ablation` writes, or NAME=FOLDER for one. The names
      full, no-cii, no-cff and no-both are the rows of the paper's table 4.
    --costs-of: columns method, units, what; a unit is the time of one 2048x2048 float32 matrix product on
      one thread of the same process.

    Pictures, scores, tables, figures and report.html go to --output. What is there already is not done again;
    what was made from files that have changed since is. Exit code 1 if any picture failed, 2 for wrong usage.
    """
    if _run(**options):
        raise click.exceptions.Exit(1)


def _run(
    data: tuple[Path, ...],
    methods: tuple[str, ...],
    peer_folders: tuple[Path, ...],
    ablation: tuple[Path, ...],
    conventions: tuple[str, ...],
    metrics: str | None,
    output: Path,
    output_by_its_old_name: Path | None,
    workers: int | None,
    limit: int | None,
    layout: "Layout | None",
    views: tuple[str, ...],
    means: Path | None,
    published_costs: Path | None,
    **options: Any,
) -> bool:
    """Run the benchmark with a progress bar on stderr; gives whether any picture failed."""
    from mgfusion.benchmark.output.figures.regions import parse_view
    from mgfusion.benchmark.pipeline import Options
    from mgfusion.benchmark.pipeline import benchmark as run_benchmark
    from mgfusion.benchmark.run.planning import make_plan
    from mgfusion.engines.tuning import usable_cores
    from mgfusion.errors import BenchmarkError, MissingExtraError

    out = output_by_its_old_name or output
    if workers is None:
        workers = usable_cores()
    names = [name.strip() for name in metrics.split(",") if name.strip()] if metrics else None
    means = means or _beside(peer_folders, "peers.csv")
    published_costs = published_costs or _beside(peer_folders, "cost.csv")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            plan = make_plan(
                data, out, methods, peer_folders, ablation, conventions, names, workers, limit, layout
            )
        shown = tuple(map(parse_view, views))
        chosen = Options(
            means=means, published_costs=published_costs, views=shown, command=_typed(), **options
        )
    except ValueError as error:
        fail(error, 2)
    for warning in caught:
        click.echo(f"warning: {warning.message}", err=True)
    try:
        with one_line_warnings():
            summary = _with_progress(lambda progress, say: run_benchmark(plan, chosen, progress, say))
    except (BenchmarkError, MissingExtraError) as error:
        fail(error, 2)
    if summary.table is not None:
        print_table(summary.table, table_console(stderr=True))
    for path in summary.written[:1]:
        click.echo(path)
    return bool(summary.failures)


def _beside(peer_folders: tuple[Path, ...], name: str) -> Path | None:
    return next((folder / name for folder in peer_folders if (folder / name).is_file()), None)


def _typed() -> str:
    return shlex.join(["mgfusion", *sys.argv[1:]])


def _with_progress(work: "Callable[[Any, Any], Summary]") -> "Summary":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("pictures", total=None)

        def progress(done: int, total: int, error: str) -> None:
            bar.update(task, completed=done, total=total)
            if error:
                bar.console.print(f"error: {error}", markup=False, highlight=False, soft_wrap=True)

        def say(step: str) -> None:
            bar.update(task, description=step)

        return work(progress, say)
