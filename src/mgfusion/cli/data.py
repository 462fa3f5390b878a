"""``mgfusion data``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mgfusion.cli.console import fail, layout_option, progress_bar

if TYPE_CHECKING:
    from mgfusion.data.layouts import Layout


@click.group()
def data() -> None:
    """Look after data sets of infrared and visible pictures."""


@data.command()
@click.argument("folders", nargs=-1, required=True, metavar="DIR...", type=click.Path(path_type=Path))
@click.option("--split", help="Look at this split alone: train, test, val ...  [all]")
@click.option("--workers", type=click.IntRange(min=1), help="Threads.  [one a processor]")
@layout_option
def check(folders: tuple[Path, ...], split: str | None, workers: int | None, layout: "Layout | None") -> None:
    """Find what is wrong with data sets.

    DIR: RoadScene, MSRS, LLVIP, M3FD or TNO as downloaded, any folder with ir/ and vi/ in it, or a folder of
    such data sets. Every picture is decoded. Prints one line for each file that is unpaired, unreadable, of
    another size than its partner, or there twice (in train and in test, above all), then one line a data set.
    Exit code 0 if all is fine, 1 if something is wrong, 2 for wrong usage.
    """
    from mgfusion.data.data_check import check_data
    from mgfusion.errors import DataError

    try:
        with progress_bar() as progress:
            task = progress.add_task("reading", total=None)
            summaries, problems = check_data(
                folders,
                split,
                layout=layout,
                workers=workers,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
    except DataError as error:
        fail(error, 2)
    for line in (*problems, *summaries):
        click.echo(line)
    if problems:
        raise click.exceptions.Exit(1)
