"""``mgfusion fuse``, ``demo`` and ``models``."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mgfusion.cli.cluster_options import PathOrAddress, cluster_options, refuse_cluster_options
from mgfusion.cli.console import fail, one_line_messages, progress_bar, told_alignments
from mgfusion.cli.fuse_cluster import fuse_on_cluster_command
from mgfusion.cli.fuse_plan import Plan, plan_folders, plan_table
from mgfusion.cli.fuse_streams import STANDARD, fuse_streams
from mgfusion.cli.fuse_targets import chosen_suffix, file_target, folder_target
from mgfusion.cli.fuse_video import (
    ONLY_PICTURES,
    ONLY_VIDEO,
    fuse_video_command,
    is_for_video,
    refuse_picture_options,
    refuse_video_options,
    video_options,
)

if TYPE_CHECKING:
    from mgfusion.inference.fuser import Fuser

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
            "--colour",
            "--color",
            "colour",
            default="visible",
            show_default=True,
            metavar="NAME",
            help="visible, grey, or a palette that draws temperatures; see `mgfusion fuse -h`.",
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


def _make_fuser(
    model: str, device: str, ir_range: str = "auto", series: Sequence[Path] = (), **options: Any
) -> "Fuser":
    from mgfusion.engines.tuning import tune_process
    from mgfusion.inference.fuser import Fuser
    from mgfusion.thermal import parse_ir_range, series_range

    try:
        tune_process()
        found = series_range(series) if ir_range == "series" else parse_ir_range(ir_range)
        return Fuser(model, device=device, ir_range=found, **options)
    except ValueError as error:  # of an option
        fail(error, 2)


@click.command()
@click.argument("ir", required=False, type=PathOrAddress())
@click.argument("vis", required=False, type=PathOrAddress())
@click.option("-o", "--output", metavar="PATH", help="File or folder/ to write; - for standard output.")
@click.option("--pairs", type=click.Path(path_type=Path), metavar="CSV", help="A table of pairs; see above.")
@click.option("--recursive", is_flag=True, help="Enter subfolders.")
@click.option("--dry-run", is_flag=True, help="Print what pairs with what, and do nothing.")
@click.option("--format", "ending", metavar="ENDING", help="Of new names: png, jpg, tif ...  [png]")
@_fuser_options
@click.option("--ir-range", default="auto", show_default=True, help="auto, full, plateau, series or LO,HI.")
@click.option("--align", metavar="WAY", help="auto, none, resize, or a rig.json; see above.  [by size]")
@click.option("--points", type=click.Path(path_type=Path), metavar="CSV", help="Control points; see above.")
@click.option("--crop", is_flag=True, help="Keep only what both cameras see.")
@click.option(
    "--no-parallax",
    "parallax",
    flag_value=False,
    default=True,
    help="Align by one transform alone, and move nothing in places besides.",
)
@click.option("--invert", is_flag=True, help="The infrared is black-hot: turn it over.")
@click.option("--isotherm", metavar="SPAN", help="Mark temperatures: 30C..40C, 86F.., ..310K")
@click.option(
    "--ir-unit", metavar="UNIT", help="Of a TIFF's numbers: celsius, kelvin, centikelvin, decikelvin."
)
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@click.option("--skip-existing", is_flag=True, help="Leave out pairs whose output exists.")
@cluster_options
@click.option(
    "--workers", type=click.IntRange(min=1), help="With --engine ray: processes.  [all there is room for]"
)
@click.option("--cpus", type=click.IntRange(min=1), help="With --engine ray: processors of each.  [1]")
@video_options
def fuse(
    ir: Path | None,
    vis: Path | None,
    output: str | None,
    pairs: Path | None,
    recursive: bool,
    dry_run: bool,
    ending: str | None,
    overwrite: bool,
    skip_existing: bool,
    align: str | None,
    points: Path | None,
    engine: str,
    address: str | None,
    workers: int | None,
    cpus: int | None,
    **options: Any,
) -> None:
    """Fuse two pictures, folders or videos, or what holds both.

    IR is the infrared picture or folder, VIS the visible one. Two files go to the file --output, or into it
    as <stem of VIS>_fused.png if it is a folder or ends in a slash; by default into the current folder. Two
    folders go to the folder --output, by default fused/, as <stem>.png. The result has the size, depth and
    colour of VIS. The paths written are printed. Exit code 1 if any input failed, 2 for wrong usage.

    IR alone is a radiometric JPEG of a camera with two lenses, or a folder with both kinds of files. Files of
    folders belong together by stem, or by name but for the words that say which camera it is (0001_ir.png,
    0001_rgb.jpg; DJI_0007_T.JPG, DJI_0007_W.JPG; FLIR0002.jpg, DC_0003.jpg). --pairs takes a CSV file with
    the columns ir, vis and out in their place. A file may be - for standard input.

    Pictures of one size are taken to be registered. Others are aligned, which is told on stderr, and refused
    where that is not sure. --align auto aligns those of one size as well, none nothing; resize takes both to
    show the same view; rig.json is what `mgfusion calibrate` wrote. --points is a CSV file with the columns
    ir_x, ir_y, vis_x, vis_y. Outside the infrared's view the result is the visible picture.

    Infrared of 16 bits is scaled by --ir-range: auto stretches a picture that does not fill its range, series
    all of them alike, plateau equalises it, full divides by the largest value of its type, LO,HI (7000,9000,
    say) maps its own counts to black and white.

    Videos, or numbered pictures (ir_%04d.tif), are paired by time into the video --output, or into pictures
    (-o fused_%04d.png); see docs/video.md. One video that holds both is given alone, with --layout. The model
    is mgfusion-fast there unless --model names one, the precision bfloat16 where the processor computes in
    it; all frames are aligned alike, by rig.json, --points or resize. What is done is kept beside the file
    until it is whole.

    With --engine ray two folders, which may be addresses (s3://bucket/ir), are fused by the workers of a Ray
    cluster, and a manifest in --output has a line for each pair; see docs/scale.md.

    --colour draws temperatures in the colours of a palette, with the fused picture's detail (thermographers
    know the like as MSX), for iron, ironbow, iron-blue, lava, arctic, rainbow, rainbow-high-contrast (as
    cameras draw them), inferno, magma, plasma, viridis, cividis, turbo, jet, hot, afmhot, gist_heat,
    gnuplot2, CMRmap, bone, pink, cool, ocean, parula, deepgreen, spring, summer, autumn, winter, opencv-hot,
    opencv-rainbow.
    """
    if overwrite and skip_existing:
        fail("--overwrite and --skip-existing exclude each other; give one", 2)
    if align and points:
        fail("--align and --points exclude each other; give one", 2)
    if engine == "local":
        refuse_cluster_options(ir, vis, output)
    if ir is not None and engine == "local" and is_for_video(ir, vis, options["layout"]):
        refuse_picture_options()
        options = {name: value for name, value in options.items() if name not in ONLY_PICTURES}
        options["align"] = points or align
        fuse_video_command(ir, vis, output, overwrite=overwrite, skip_existing=skip_existing, **options)
        return
    refuse_video_options()
    options = {name: value for name, value in options.items() if name not in ONLY_VIDEO}
    options["align"] = points or align
    suffix = chosen_suffix(ending)
    if engine == "ray":
        with one_line_messages():
            fuse_on_cluster_command(
                ir, vis, output, pairs=pairs, suffix=suffix or ".png", recursive=recursive, dry_run=dry_run,
                overwrite=overwrite, skip_existing=skip_existing, address=address, workers=workers or 0,
                cpus=cpus or 1, options=options,
            )  # fmt: skip
        return
    with one_line_messages(), told_alignments():
        if pairs is not None:
            if ir is not None:
                fail(f"{ir}: --pairs names the files; leave IR and VIS out", 2)
            out = folder_target(output)
            _fuse_many(
                plan_table(pairs, out, suffix or ".png"), out, overwrite, skip_existing, dry_run, options
            )
            return
        if ir is None:
            fail("nothing to fuse; give IR and VIS, a file that holds both, a folder, or --pairs", 2)
        _check_inputs(ir, vis)
        if ir.is_dir():
            out = folder_target(output, *filter(None, (ir, vis)))
            plan = plan_folders(ir, vis, out, suffix or ".png", recursive)
            _fuse_many(plan, out, overwrite, skip_existing, dry_run, options)
        elif STANDARD in (str(ir), str(vis), output):
            fuse_streams(ir, vis, output, suffix, overwrite, lambda: _make_fuser(**_of_one(options, ir)))
        else:
            out = file_target(output, vis or ir, suffix)
            _fuse_many(Plan([(ir, vis, out)]), out, overwrite, skip_existing, dry_run, options)


def _check_inputs(ir: Path, vis: Path | None) -> None:
    given = [path for path in (ir, vis) if path is not None]
    for path in given:
        if str(path) != STANDARD and not path.exists():
            fail(f"{path}: no such file or folder; check the name", 1)
    if len({path.is_dir() for path in given}) > 1:
        folder, file = sorted(given, key=lambda path: not path.is_dir())
        fail(f"{folder} is a folder and {file} is a file; give two files or two folders", 2)


def _of_one(options: dict[str, Any], ir: Path) -> dict[str, Any]:
    """Options for one file, whose series is itself."""
    return options if options["ir_range"] != "series" else {**options, "ir_range": "auto"}


def _fuse_many(
    plan: Plan, out: Path, overwrite: bool, skip_existing: bool, dry_run: bool, options: dict[str, Any]
) -> None:
    from mgfusion.engines.job_outcomes import Failed
    from mgfusion.inference.file_batches import fuse_files

    every = [ir for ir, _, _ in plan.jobs]
    if skip_existing:
        plan = plan.without_existing(out)
    plan.say()
    if dry_run:
        plan.show()
    elif plan.jobs:
        fuser = _make_fuser(**options, series=every)
        outcomes = fuse_files(fuser, plan.jobs, overwrite=overwrite)
        with progress_bar() as progress:
            for outcome in progress.track(outcomes, total=len(plan.jobs), description="fusing"):
                if isinstance(outcome, Failed):
                    plan.problems.append(outcome.line(*filter(None, outcome.job)))
                    click.echo(f"error: {plan.problems[-1]}", err=True)
                else:
                    click.echo(outcome.result)
    if plan.problems:
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
