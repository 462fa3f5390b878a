"""What the commands share: one-line errors and warnings, and a progress bar on stderr."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, TextIO

import click

if TYPE_CHECKING:
    from rich.progress import Progress


def fail(message: object, code: int) -> NoReturn:
    """One line on stderr, then out: 1 for input that failed, 2 for wrong usage."""
    click.echo(f"error: {' '.join(str(message).split())}", err=True)
    raise click.exceptions.Exit(code)


@contextmanager
def one_line_messages() -> Iterator[None]:
    """Errors and warnings of fusing as one line each on stderr."""
    from mgfusion.errors import EncoderError, ImageError

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
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


def progress_bar() -> "Progress":
    """A bar on stderr where that is a terminal; a piped stdout holds paths alone."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    shown = console.is_terminal
    return Progress(console=console, disable=not shown, redirect_stdout=shown and sys.stdout.isatty())
