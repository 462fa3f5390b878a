"""The command line: thin doors to the modules that do the work."""

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from mgfusion import __version__

if TYPE_CHECKING:
    from rich.progress import Progress

    from mgfusion.fusion import Fuser

_VIDEOS = (".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v")

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="mgfusion")
def main() -> None:
    """Fuse infrared and visible pictures; train, measure and compare fusion methods."""


def fail(message: object, code: int) -> NoReturn:
    """One line on stderr, then out: 1 for input that failed, 2 for wrong usage."""
    click.echo(f"error: {' '.join(str(message).split())}", err=True)
    raise click.exceptions.Exit(code)


@contextmanager
def _one_line_messages() -> Iterator[None]:
    """Errors and warnings of fusing as one line each on stderr."""
    from mgfusion.images import ImageError
    from mgfusion.models import EncoderError

    def show(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: object) -> None:
        click.echo(f"warning: {message}", err=True)

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        try:
            yield
        except ImageError as error:
            fail(error, 1)
        except EncoderError as error:
            fail(error, 2)


def _fuser_options(command: Command) -> Command:
    for option in (
        click.option(
            "--tile", type=int, help="Side of the tiles of large pictures, 0 for none.  [by memory]"
        ),
        click.option("--gray", is_flag=True, help="Write grey, even where the visible picture has colour."),
        click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 ..."),
        click.option(
            "--model", default="mgfusion-base", show_default=True, help="A packaged one or a folder."
        ),
    ):
        command = option(command)
    return command


def _make_fuser(model: str, device: str, ir_range: str = "auto", **options: Any) -> "Fuser":
    from mgfusion.fusion import Fuser
    from mgfusion.images import parse_ir_range

    try:
        return Fuser(model, device=device, ir_range=parse_ir_range(ir_range), **options)
    except ValueError as error:  # of an option
        fail(error, 2)


@main.command()
@click.argument("ir", type=click.Path(path_type=Path))
@click.argument("vis", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File or folder to write.")
@_fuser_options
@click.option("--ir-range", default="auto", show_default=True, help="auto, full or LO,HI; see above.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
def fuse(ir: Path, vis: Path, output: Path | None, overwrite: bool, **options: Any) -> None:
    """Fuse the infrared picture IR with the visible picture VIS, or two folders of pictures paired by stem.

    Two files go to OUTPUT, by default <stem of VIS>_fused.png in the current folder. Two folders go to the
    folder OUTPUT, by default fused/, as <stem>.png. The result has the size, depth and colour of VIS. The
    paths of the written files are printed. Exit code 1 if any input failed, 2 for wrong usage.

    Infrared of 16 bits is scaled by --ir-range: auto stretches a picture that does not fill its range, full
    divides by the largest value of its type, LO,HI (7000,9000, say) maps its own counts to black and white.
    """
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
    with _one_line_messages():
        if ir.is_dir():
            _fuse_folders(ir, vis, output or Path("fused"), overwrite, options)
        else:
            _fuse_files(ir, vis, output or Path(), overwrite, options)


def _fuse_files(ir: Path, vis: Path, out: Path, overwrite: bool, options: dict[str, Any]) -> None:
    from mgfusion.images import check_target

    if out.is_dir():
        out = out / f"{vis.stem}_fused.png"
    check_target(out, overwrite)
    click.echo(_make_fuser(**options).file(ir, vis, out, overwrite=overwrite))


def _fuse_folders(ir: Path, vis: Path, out: Path, overwrite: bool, options: dict[str, Any]) -> None:
    from mgfusion.images import ImageError, pair_folders

    if out.exists() and not out.is_dir():
        fail(f"{out}: is a file; give a folder to write into", 2)
    if out.exists() and (out.samefile(ir) or out.samefile(vis)):
        fail(f"{out}: is one of the input folders; give another one with -o", 2)
    found = pair_folders(ir, vis)
    for folder, alone in ((ir, found.ir_only), (vis, found.vis_only)):
        if alone:
            click.echo(f"without a partner in {folder}: {' '.join(p.name for p in alone)}", err=True)
    for same in found.ambiguous:
        click.echo(f"error: one stem for several files, skipped: {' '.join(map(str, same))}", err=True)
    if not found.pairs:
        fail(f"{ir} and {vis}: no picture shares its stem with just one other (ir/a.png, vis/a.jpg)", 1)
    fuser, failed = _make_fuser(**options), len(found.ambiguous)
    with _progress() as progress:
        for one, other in progress.track(found.pairs, description="fusing"):
            try:
                click.echo(fuser.file(one, other, out / f"{other.stem}.png", overwrite=overwrite))
            except ImageError as error:
                failed += 1
                click.echo(f"error: {error}", err=True)
    if failed:
        raise click.exceptions.Exit(1)


def _progress() -> "Progress":
    """A bar on stderr where that is a terminal; a piped stdout holds paths alone."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    shown = console.is_terminal
    return Progress(console=console, disable=not shown, redirect_stdout=shown and sys.stdout.isatty())


@main.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("mgfusion_demo"), show_default=True
)
@_fuser_options
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
def demo(output: Path, overwrite: bool, **options: Any) -> None:
    """Fuse the packaged synthetic night street.

    Writes ir.png, vis.png, fused.png and sheet.png (the three side by side) into the folder OUTPUT and prints
    the paths of the last two.
    """
    from mgfusion.demo import write_demo

    with _one_line_messages():
        for path in write_demo(_make_fuser(**options), output, overwrite)[2:]:
            click.echo(path)


@main.command()
def models() -> None:
    """List the packaged models."""
    from rich.console import Console
    from rich.table import Table

    from mgfusion.models import available_models
    from mgfusion.models.about import summarise_model

    names = available_models()
    if not names:
        fail("no packaged models here; give --model a folder with model.safetensors and config.json", 1)
    table = Table("name", "encoder", "parameters", "licence", box=None, pad_edge=False)
    for model in map(summarise_model, names):
        table.add_row(model.name, model.encoder, f"{model.parameters:,}", model.licence)
    Console().print(table)


@main.command()
@click.option(
    "--data", type=click.Path(path_type=Path), multiple=True, required=True, help="Pairs; repeat it."
)
@click.option("--method", "methods", multiple=True, metavar="SPEC", help="See above; repeat it.")
@click.option("--peers", "peer_folders", type=click.Path(path_type=Path), multiple=True,
              help="A folder of <method>/<set>/<stem>.png.")  # fmt: skip
@click.option(
    "--means", type=click.Path(path_type=Path), help="A CSV of means that others measured.  [peers.csv]"
)
@click.option("--ablation", type=click.Path(path_type=Path), multiple=True,
              help="A folder of ablated models or of their results, for table 4.")  # fmt: skip
@click.option("--convention", "conventions", multiple=True, default=("standard", "paper"), show_default=True)
@click.option("--metrics", help="Comma-separated.  [the paper's six]")
@click.option("--out", type=click.Path(path_type=Path), default=Path("out/benchmark"), show_default=True)
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
    """Compare fusion methods: scores, tables, figures and one HTML report.

    \b
    --data: a folder with ir/ and vi/ in it, one with test/ir and test/vi, or a folder of such data sets.
    --method, as [NAME=]SPEC:
      average, maximum, laplacian, rolp, wavelet, gff, tif, adf, gtf   built in
      mgfusion-base, model:FOLDER                                      our models
      folder:PATH                              results, PATH/<set>/<stem>.png or PATH/<stem>.png
      command:'fuse {ir} {vis} {out}'          another program
      onnx:FILE, torchscript:FILE              two (1, 1, H, W) pictures in [0, 1] to one; load trusted files
    Without any, all built-in methods and packaged models.

    Pictures, scores, tables, figures and report.html go to --out. What is there already is not done again;
    what was made from files that have changed since is. Exit code 1 if any picture failed, 2 for wrong usage.
    """
    from mgfusion.benchmark.command import run_command

    failures = run_command(**options)
    for failure in failures:
        click.echo(f"error: {failure}", err=True)
    if failures:
        raise click.exceptions.Exit(1)
