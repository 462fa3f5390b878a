"""What published networks cost, as somebody else measured it in the unit of this benchmark."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from mgfusion.errors import BenchmarkError

_COLUMNS = ("method", "units", "what")


@dataclass(frozen=True)
class PublishedCost:
    """Units (see :class:`mgfusion.benchmark.run.method_cost.Cost`), and what it was that took them."""

    units: float
    what: str


def read_published_costs(path: Path) -> dict[str, PublishedCost]:
    """A CSV with the columns method, units and what, by method.

    Raises:
        BenchmarkError: it can't be read, lacks a column, or has units that are no positive number.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                needed = ", ".join(_COLUMNS)
                raise BenchmarkError(f"{path}: lacks the column {missing[0]!r}; a file of costs has {needed}")
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise BenchmarkError(f"{path}: costs can't be read ({why})") from error
    return {row["method"]: PublishedCost(_units(row, path), row["what"] or "") for row in rows}


def _units(row: dict[str, str], path: Path) -> float:
    try:
        units = float(row["units"])
    except (TypeError, ValueError):
        units = math.nan
    if not (units > 0 and math.isfinite(units)):
        raise BenchmarkError(f"{path}: {row['method']} has units {row['units']!r}; give a number above 0")
    return units
