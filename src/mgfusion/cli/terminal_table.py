"""Tables on a terminal, and whole in a file or pipe."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from mgfusion.evaluation.table_formats import Table

_UNBOUNDED = 10_000


def table_console(stderr: bool = False) -> "Console":
    """A console on stdout, or stderr, that wraps at the terminal's width.

    A file or pipe has no width to cut at.
    """
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else _UNBOUNDED)


def print_table(table: "Table", console: "Console") -> None:
    """The title, and as many of the first columns as fit the console; a line says how many do not."""
    from rich.measure import Measurement
    from rich.table import Table as Printed

    unbounded = console.options.update(max_width=_UNBOUNDED)
    for count in range(len(table.columns), 0, -1):
        columns = table.columns[:count]
        shown = Printed(box=None, pad_edge=False)
        for column in columns:
            shown.add_column(column.heading, no_wrap=True)
        for row in table.rows:
            shown.add_row(*(cell.text(column) for cell, column in zip(row, columns, strict=False)))
        if Measurement.get(console, unbounded, shown).maximum <= console.width:
            break
    console.print(table.title, markup=False, highlight=False)
    console.print(shown)
    if count < len(table.columns):
        left = len(table.columns) - count
        console.print(f"({left} more column{'s' * (left > 1)} in tables/{table.key}.csv)", highlight=False)
