"""Tables on a terminal of some width."""

import io

import pytest
from rich.console import Console

from mgfusion.cli.terminal_table import print_table
from mgfusion.evaluation.table_formats import Cell, Column, Table

TABLE = Table(
    "scores",
    "Means [standard]",
    (Column("Method"), *(Column(f"metric {i}", "", 2) for i in range(9))),
    (((Cell("average"), *(Cell(float(i)) for i in range(9)))),),
)


@pytest.mark.parametrize("width", [40, 60, 80, 1000])
def test_as_many_columns_as_fit_and_a_word_on_the_others(width):
    out = io.StringIO()
    print_table(TABLE, Console(file=out, width=width))
    title, head, row, *rest = out.getvalue().splitlines()
    assert title == "Means [standard]"
    shown = head.count("metric")
    assert shown == min(9, (width - len("average")) // (len("  metric 0")))
    assert row.split() == ["average", *(f"{i}.00" for i in range(shown))]
    left = 9 - shown
    assert [line.strip() for line in rest] == (
        [f"({left} more columns in tables/scores.csv)"] if left else []
    )
