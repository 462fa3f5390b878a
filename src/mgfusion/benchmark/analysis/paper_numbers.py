"""The numbers of the MGFusion paper's tables 1 to 4, and what stands for its rows here."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

METRICS = ("Qabf", "Qcv", "SSIM", "AG", "VIF", "SCD")
OURS = "Ours"
ABLATION_SET = "MSRS"
ABLATION = {"no-cii": "w/o CII", "no-cff": "w/o CFF", "no-both": "w/o CII and CFF", "full": OURS}
"""The folders that ``mgfusion ablation`` writes -> rows of table 4; other names are none of them."""
PICTURES = {"LLVIP": 20, "M3FD": 20, "MSRS": 20, "RoadScene": 20, "TNO": 55}
"""How many test pictures the paper drew at random from each data set; it does not say which."""


@dataclass(frozen=True)
class Row:
    """One row of a table of the paper: the means of one method on one data set."""

    table: int
    set: str
    method: str
    scores: dict[str, float]


@cache
def rows() -> tuple[Row, ...]:
    """All rows of tables 1 to 4, as printed."""
    text = (
        resources.files("mgfusion.benchmark.analysis")
        .joinpath("paper_tables.csv")
        .read_text(encoding="utf-8")
    )
    return tuple(
        Row(int(line["table"]), line["set"], line["method"], {m: float(line[m]) for m in METRICS})
        for line in csv.DictReader(text.splitlines())
    )


def row(table: int, set_name: str, method: str) -> Row | None:
    """One row, by table, set and method (in any case); None where there is none."""
    key = (table, set_name, method.lower())
    return next((r for r in rows() if (r.table, r.set, r.method.lower()) == key), None)


def table_of(set_name: str) -> int | None:
    """The number of the table that compares methods on a set."""
    return next((r.table for r in rows() if r.set == set_name), None)


def ablation_row(name: str) -> str | None:
    """The row of table 4 that a method's name is the key of; None if of none."""
    return ABLATION.get(name)
