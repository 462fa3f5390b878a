"""What the commands share: one-line errors and warnings, and a progress bar on stderr."""

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, TypeVar

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

    with one_line_warnings():
        try:
            yield
        except ImageError as error:
            fail(error, 1)
        except EncoderError as error:
            fail(error, 2)


@contextmanager
def one_line_warnings() -> Iterator[None]:
    """What the user should know as one line each on stderr, without the place in the code."""
    said: set[str] = set()

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if str(message) not in said:  # of one file by each method that reads it, say
            said.add(str(message))
            click.echo(f"warning: {message}", err=True)

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield


@contextmanager
def told_alignments() -> Iterator[None]:
    """What was found of pictures that are not registered, as one line each on stderr."""
    log = logging.getLogger("mgfusion.align")

    class Told(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            click.echo(f"aligned {record.getMessage()}", err=True)

    handler, level, passed_on = Told(), log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = passed_on


F = TypeVar("F", bound=Callable[..., Any])


def layout_option(command: F) -> F:
    """``--layout MODULE:OBJECT`` of all that read data sets."""

    def load(context: click.Context, option: click.Parameter, value: str | None) -> Any:
        if value is None:
            return None
        from mgfusion.errors import OptionError
        from mgfusion.own_objects import load_object

        found = load_object(value, "--layout")
        if not callable(found):
            raise OptionError(f"--layout {value}: is no callable (folder, split) -> Found or None")
        return found

    told = "Your own reader of a data set's folders, see docs/datasets.md."
    return click.option("--layout", metavar="MODULE:OBJECT", callback=load, help=told)(command)


def progress_bar() -> "Progress":
    """A bar on stderr where that is a terminal; a piped stdout holds paths alone."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    shown = console.is_terminal
    return Progress(console=console, disable=not shown, redirect_stdout=shown and sys.stdout.isatty())
