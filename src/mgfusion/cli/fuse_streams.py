"""``mgfusion fuse`` from standard input and to standard output."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mgfusion.cli.console import fail
from mgfusion.cli.fuse_targets import file_target

if TYPE_CHECKING:
    from mgfusion.inference.fuser import Fuser

STANDARD = "-"


def fuse_streams(
    ir: Path,
    vis: Path | None,
    output: str | None,
    suffix: str | None,
    overwrite: bool,
    make_fuser: "Callable[[], Fuser]",
) -> None:
    """One pair of which a file is ``-``; to standard output goes a PNG, or what ``suffix`` says."""
    from mgfusion.images import check_target, write_image
    from mgfusion.images.writing import encode_image

    if str(ir) == str(vis) == STANDARD:
        fail("standard input holds one file; give IR or VIS by name", 2)
    if output is None:
        fail("standard input gives no name to the result; give -o FILE, or -o - for standard output", 2)
    out = None if output == STANDARD else file_target(output, vis or ir, suffix)
    if out is not None:
        check_target(out, overwrite)
    elif sys.stdout.isatty():
        fail("a terminal shows no picture; send standard output into a file or program, or give -o FILE", 2)
    fused = make_fuser()(_source(ir), None if vis is None else _source(vis))
    if out is not None:
        click.echo(write_image(out, fused, overwrite))
    else:
        sys.stdout.buffer.write(encode_image(fused, suffix or ".png"))


def _source(path: Path) -> Path | bytes:
    return sys.stdin.buffer.read() if str(path) == STANDARD else path
