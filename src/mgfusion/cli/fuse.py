"""``mgfusion fuse``, ``demo`` and ``models``."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mgfusion.cli.console import fail, one_line_messages, progress_bar
from mgfusion.cli.fuse_targets import file_target, folder_target

if TYPE_CHECKING:
    from mgfusion.inference.fuser import Fuser

_VIDEOS = (".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v")

Command = TypeVar("Command", bound=Callable[..., Any])


def _fuser_options(command: Command) -> Command:
    for option in (
        click.option(
            "--tile", type=int, help="Side of the tiles of large pictures, 0 for none.  [by memory]"
        ),
        click.option(
            "--grey", "--gray", "gray", is_flag=True, help="Write grey, even where the visible has colour."
        ),
        click.option(
            "--thermal",
            type=float,
            default=0.5,
            show_default=True,
            metavar="0..1",
            help="0: the visible picture and what it can't see; 1: every hot target lifted.",
        ),
        click.option(
            "--precision",
            default="float32",
            show_default=True,
            help="float32, bfloat16, or float16 on a GPU.",
        ),
        click.option(
            "--no-repair",
            "repair",
            flag_value=False,
            default=True,
            help="Leave black borders, dead pixels and stripes alone.",
        ),
        click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 ..."),
        click.option(
            "--model", default="mgfusion-base", show_default=True, help="A packaged one or a folder."
        ),
    ):
        command = option(command)
    return command


def _make_fuser(model: str, device: str, ir_range: str = "auto", **options: Any) -> "Fuser":
    from mgfusion.engines.tuning import tune_process
    from mgfusion.inference.fuser import Fuser
    from mgfusion.thermal import parse_ir_range

    try:
        tune_process()
        return Fuser(model, device=device, ir_range=parse_ir_range(ir_range), **options)
    except ValueError as error:  # of an option
        fail(error, 2)


@click.command()
@click.argument("ir", type=click.Path(path_type=Path))
@click.argument("vis", type=click.Path(path_type=Path))
@click.option("-o", "--output", metavar="PATH", help="File or folder/ to write.")
@_fuser_options
@click.option("--ir-range", default="auto", show_default=True, help="auto, full or LO,HI; see above.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@click.option("--skip-existing", is_flag=True, help="Leave out pairs whose output exists.")
def fuse(
    ir: Path, vis: Path, output: str | None, overwrite: bool, skip_existing: bool, **options: Any
) -> None:
    """Fuse two pictures, or two folders paired by stem.

    IR is the infrared picture or folder, VIS the visible one. Two files go to the file --output, or into it
    as <stem of VIS>_fused.png if it is a folder or ends in a slash; by default into the current folder. Two
    folders go to the folder --output, by default fused/, as <stem>.png. The result has the size, depth and
    colour of VIS. The paths written are printed. Exit code 1 if any input failed, 2 for wrong usage.

    Infrared of 16 bits is scaled by --ir-range: auto stretches a picture that does not fill its range, full
    divides by the largest value of its type, LO,HI (7000,9000, say) maps its own counts to black and white.
    """
    if overwrite and skip_existing:
        fail("--overwrite and --skip-existing exclude each other; give one", 2)
    for path in (ir, vis):
        if path.suffix.lower() in _VIDEOS:
            fail(
                f"{path}: video is not supported by this version; extract frames and fuse the two folders", 2
            )
        if not path.exists():
            fail(f"{path}: no such file or folder; check the name", 1)
    if ir.is_dir() != vis.is_dir():
        folder, file = (ir, vis) if ir.is_dir() else (vis, ir)
        fail(f"{folder} is a folder and {file} is a file; give two files or two folders", 2)
    with one_line_messages():
        if ir.is_dir():
            _fuse_folders(ir, vis, folder_target(output, ir, vis), overwrite, skip_existing, options)
        else:
            _fuse_files(ir, vis, file_target(output, vis), overwrite, skip_existing, options)


def _fuse_files(
    ir: Path, vis: Path, out: Path, overwrite: bool, skip_existing: bool, options: dict[str, Any]
) -> None:
    from mgfusion.images import check_target

    if skip_existing and out.is_file():
        click.echo(f"skipped, exists already: {out}", err=True)
        return
    check_target(out, overwrite)
    click.echo(_make_fuser(**options).file(ir, vis, out, overwrite=overwrite))


def _fuse_folders(
    ir: Path, vis: Path, out: Path, overwrite: bool, skip_existing: bool, options: dict[str, Any]
) -> None:
    from mgfusion.engines.job_outcomes import Failed
    from mgfusion.images import pair_folders
    from mgfusion.inference.file_batches import fuse_files

    found = pair_folders(ir, vis)
    for folder, alone in ((ir, found.ir_only), (vis, found.vis_only)):
        if not (alone or found.pairs or found.ambiguous):
            fail(f"{folder}: holds no picture; subfolders are not entered", 1)
    for folder, alone in ((ir, found.ir_only), (vis, found.vis_only)):
        if alone:
            click.echo(f"without a partner in {folder}: {' '.join(p.name for p in alone)}", err=True)
    for same in found.ambiguous:
        click.echo(f"error: one stem for several files, skipped: {' '.join(map(str, same))}", err=True)
    if not found.pairs:
        fail(f"{ir} and {vis}: no picture shares its stem with just one other (ir/a.png, vis/a.jpg)", 1)
    failed = len(found.ambiguous)
    jobs = [(one, other, out / f"{other.stem}.png") for one, other in found.pairs]
    if skip_existing:
        there = len(jobs)
        jobs = [job for job in jobs if not job[2].is_file()]
        if there > len(jobs):
            click.echo(f"skipped, exist already: {there - len(jobs)} of {there} in {out}", err=True)
    outcomes = fuse_files(_make_fuser(**options), jobs, overwrite=overwrite)
    with progress_bar() as progress:
        for outcome in progress.track(outcomes, total=len(jobs), description="fusing"):
            if isinstance(outcome, Failed):
                failed += 1
                click.echo(f"error: {outcome.line(*outcome.job)}", err=True)
            else:
                click.echo(outcome.result)
    if failed:
        raise click.exceptions.Exit(1)


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("mgfusion_demo"),
    show_default=True,
    help="Folder to write into.",
)
@_fuser_options
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
def demo(output: Path, overwrite: bool, **options: Any) -> None:
    """Fuse a synthetic night street.

    Writes ir.png, vis.png, fused.png and sheet.png (the three side by side) into the folder OUTPUT and prints
    the paths of the last two.
    """
    from mgfusion.inference.demo import write_demo

    with one_line_messages():
        for path in write_demo(_make_fuser(**options), output, overwrite)[2:]:
            click.echo(path)


@click.command()
def models() -> None:
    """List the packaged models."""
    from rich.table import Table

    from mgfusion.cli.terminal_table import table_console
    from mgfusion.models import available_models
    from mgfusion.models.model_summary import summarise_model

    names = available_models()
    if not names:
        fail("no packaged models here; give --model a folder with model.safetensors and config.json", 1)
    table = Table("name", "encoder", "parameters", "licence", box=None, pad_edge=False)
    for model in map(summarise_model, names):
        table.add_row(model.name, model.encoder, f"{model.parameters:,}", model.licence)
    table_console().print(table)
