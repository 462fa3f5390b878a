"""Tables on a terminal, and whole in a file or pipe."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_UNBOUNDED = 10_000


def table_console() -> "Console":
    """A console on stdout that wraps at the terminal's width; a file or pipe has no width to cut at."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else _UNBOUNDED)
