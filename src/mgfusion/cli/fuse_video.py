"""``mgfusion fuse`` for videos, numbered pictures, and one file that holds both."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from mgfusion.cli.console import fail, one_line_messages

if TYPE_CHECKING:
    from mgfusion.video.file_fusion import FusedVideo, Progress
    from mgfusion.video.paired_streams import PairedStreams
    from mgfusion.video.video_fuser import VideoFuser

Command = TypeVar("Command", bound=Callable[..., Any])

ONLY_VIDEO = ("layout", "vis_first", "offset", "sync", "rate", "codec", "quality", "resume", "steady")
"""Names of options that mean something for videos alone."""
ONLY_PICTURES = ("pairs", "recursive", "dry_run", "ending", "isotherm", "ir_unit", "crop", "parallax")
"""Names of options that mean something for pictures alone."""


def video_options(command: Command) -> Command:
    """The options of ``mgfusion fuse`` that are for videos alone."""
    for option in (
        click.option("--resume", is_flag=True, help="Video: go on with an unfinished run."),
        click.option("--steady/--per-frame", default=True, show_default=True,
                     help="Video: steady over time, or each frame alone."),
        click.option("--quality", type=click.IntRange(0, 63),
                     help="Video: constant rate factor, lower is better.  [18; WebM 30]"),
        click.option("--codec", help="Video: h264, hevc, vp9, ffv1 or mpeg4.  [by the ending]"),
        click.option("--rate", type=float, default=25.0, show_default=True,
                     help="Numbered pictures a second."),
        click.option("--sync", is_flag=True, help="Video: find the offset by when things move."),
        click.option("--offset", type=float, default=0.0, show_default=True,
                     help="Video: seconds added to infrared times."),
        click.option("--vis-first", is_flag=True, help="Visible comes first in --layout."),
        click.option("--layout", type=click.Choice(("files", "side-by-side", "top-bottom", "dual-track")),
                     default="files", show_default=True, help="How one video holds both."),
    ):  # fmt: skip
        command = option(command)
    return command


def is_for_video(ir: Path, vis: Path | None, layout: str) -> bool:
    """Whether what was named is video: by its ending, a number pattern, or a layout."""
    from mgfusion.video.image_sequences import is_pattern
    from mgfusion.video.video_files import SUFFIXES

    named = [path for path in (ir, vis) if path is not None]
    return layout != "files" or any(
        path.suffix.lower() in SUFFIXES or (is_pattern(path) and not path.exists()) for path in named
    )


def refuse_picture_options() -> None:
    """Options for pictures beside a video would be ignored: better said than done."""
    context = click.get_current_context()
    for name in ONLY_PICTURES:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            option = {"ending": "format"}.get(name, name.replace("_", "-"))
            fail(f"--{option} is for pictures; leave it out for videos", 2)


def refuse_video_options() -> None:
    """Options for videos beside two pictures would be ignored: better said than done."""
    context = click.get_current_context()
    for name in ONLY_VIDEO:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            fail(f"--{name.replace('_', '-')} is for videos; leave it out for pictures", 2)


def fuse_video_command(
    ir: Path,
    vis: Path | None,
    output: str | None,
    *,
    overwrite: bool,
    skip_existing: bool,
    layout: str,
    vis_first: bool,
    offset: float,
    sync: bool,
    rate: float,
    codec: str | None,
    quality: int | None,
    resume: bool,
    steady: bool,
    **options: Any,
) -> None:
    """Fuse two videos, or one that holds both, into a file; prints its path."""
    from mgfusion.errors import VideoError
    from mgfusion.video.file_fusion import check_video_target, fuse_video_files
    from mgfusion.video.paired_streams import open_streams

    context = click.get_current_context()
    if sync and context.get_parameter_source("offset") is not ParameterSource.DEFAULT:
        fail("--sync finds the offset; leave --offset out", 2)
    if context.get_parameter_source("model") is ParameterSource.DEFAULT:
        options["model"] = "mgfusion-fast"
    if context.get_parameter_source("precision") is ParameterSource.DEFAULT:
        options["precision"] = "auto"
    with one_line_messages():
        try:
            streams = open_streams(
                ir, vis, layout=layout, vis_first=vis_first, offset=offset, rate=rate  # type: ignore[arg-type]
            )  # fmt: skip
            out = video_target(output, vis or ir)
            if skip_existing and out.is_file():
                click.echo(f"skipped, exists already: {out}", err=True)
                return
            check_video_target(out, streams, overwrite=overwrite, resume=resume)
            if sync:
                _synchronise(streams)
            fuser = make_video_fuser(steady=steady, **options)
            made = {"steady": steady, "align": fuser.fuser.align, "precision": fuser.fuser.precision}
            plan = {name: str(value) for name, value in {**options, **made}.items()}
            with _progress_in_seconds() as progress:
                done = fuse_video_files(
                    streams, out, fuser, codec=codec, quality=quality, overwrite=overwrite, resume=resume,
                    plan=plan, progress=progress, report=lambda line: click.echo(f"error: {line}", err=True),
                )  # fmt: skip
        except KeyboardInterrupt:
            fail("interrupted; the whole segments are kept: the same command with --resume goes on", 1)
        except VideoError as error:
            fail(error, 1)
    _tell(done)


def _tell(done: "FusedVideo") -> None:
    for line in done.notes:
        click.echo(f"note: {line}", err=True)
    click.echo(done.path)
    if done.problems:
        raise click.exceptions.Exit(1)


def _synchronise(streams: "PairedStreams") -> None:
    from fractions import Fraction

    from mgfusion.video.motion_sync import estimate_offset

    if streams.shared:
        fail(f"--sync: {streams.layout} shows both pictures at the same times already; leave it out", 2)
    found = estimate_offset(streams)
    click.echo(f"{found}", err=True)
    if not found.sure:
        fail(
            "--sync: is not sure enough; give --offset (what starts or stops moving in both helps)",
            1,
        )
    streams.offset = Fraction(found.offset).limit_denominator(1000)


def make_video_fuser(
    model: str, device: str, ir_range: str = "auto", steady: bool = True, **options: Any
) -> "VideoFuser":
    """A VideoFuser by the options of a command; wrong ones end it."""
    from mgfusion.engines.tuning import tune_process
    from mgfusion.thermal import parse_ir_range
    from mgfusion.video.video_fuser import VideoFuser

    try:
        tune_process()
        return VideoFuser(model, device=device, ir_range=parse_ir_range(ir_range), steady=steady, **options)
    except ValueError as error:  # of an option
        fail(error, 2)


def video_target(output: str | None, vis: Path) -> Path:
    """The file to write; in a folder, or by default in the current one, <stem of VIS>_fused."""
    from mgfusion.video.encoding import CONTAINERS
    from mgfusion.video.image_sequences import is_pattern

    ending = vis.suffix if vis.suffix.lower() in CONTAINERS else ".mp4"
    name = f"{vis.stem}_fused{ending}"
    as_folder = output is not None and (output.endswith(os.sep) or Path(output).is_dir())
    if is_pattern(vis) and (output is None or as_folder):
        fail("numbered pictures: name the result, -o fused.mp4 or -o fused_%04d.png", 2)
    if output is None:
        return Path(name)
    return Path(output) / name if as_folder else Path(output)


@contextmanager
def _progress_in_seconds() -> "Iterator[Progress]":
    """A bar on stderr, in seconds of video, with frames a second and the time left."""
    from time import monotonic

    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (
        TextColumn("fusing"), BarColumn(), TextColumn("{task.completed:.1f} of {task.total:.1f} s"),
        TextColumn("{task.fields[pace]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Bar(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("fusing", total=0.0, pace="")
        begun = monotonic()

        def progress(done: float, total: float | None, frames: int) -> None:
            pace = f"{frames / max(1e-6, monotonic() - begun):.1f} frames/s"
            bar.update(task, completed=done, total=total or done, pace=pace)

        yield progress
