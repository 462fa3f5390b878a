"""Scores of many pictures: their means, and tables as CSV, JSON, Markdown and LaTeX."""

import csv
import io
import json
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from mgfusion.addresses import is_address, write_address
from mgfusion.errors import OptionError
from mgfusion.evaluation.kept_scores import json_number
from mgfusion.evaluation.score_rows import ScoreRows
from mgfusion.evaluation.table_formats import Cell, Column, Table, to_latex, to_markdown
from mgfusion.files import write_whole
from mgfusion.metrics import METRICS, mean_over_pictures, with_weights


@dataclass(frozen=True)
class Report:
    """What ``mgfusion.evaluation.score_files.evaluate`` found.

    Attributes:
        convention, metrics: what was measured.
        rows: one a scored picture, in order of name.
        failures: (name, reason) of pictures that could not be scored.
        unmatched: files whose stem is not in all three folders; of folders at addresses, these.
    """

    convention: str
    metrics: tuple[str, ...]
    rows: ScoreRows
    failures: tuple[tuple[str, str], ...] = ()
    unmatched: tuple[Path | str, ...] = ()

    def _finite(self, metric: str) -> list[float]:
        return [value for value in self.rows.column(metric).tolist() if math.isfinite(value)]

    def mean(self) -> dict[str, float]:
        """Mean of each metric over the pictures where it is finite; NaN where there is none.

        Weighted where the metric asks for it: that of ``HTC`` is over hot targets.
        """
        return {m: mean_over_pictures(self._with_weights(m), m) for m in self.metrics}

    def _with_weights(self, metric: str) -> Iterator[dict[str, float]]:
        names = with_weights([metric])
        columns = [self.rows.column(name).tolist() for name in names]
        return (dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True))

    def median(self) -> dict[str, float]:
        """Median of each metric over the pictures where it is finite; NaN where there is none."""
        return {m: median(v) if (v := self._finite(m)) else math.nan for m in self.metrics}

    def count(self) -> dict[str, int]:
        """How many pictures went into ``mean`` and ``median``."""
        return {m: len(self._finite(m)) for m in self.metrics}

    def summary(self) -> list[tuple[str, dict[str, float]]]:
        """(name, metric -> value) of mean, median and count."""
        counts: dict[str, float] = dict(self.count())
        return [("mean", self.mean()), ("median", self.median()), ("count", counts)]

    def write(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write the table as the file's ending says: .csv, .json, .md or .tex. Atomic: all of it or nothing.

        Args:
            path: where to; an address (``s3://bucket/scores.csv``), too.
            overwrite: replace what is there.

        Raises:
            OptionError: another ending.
            OutputError: it exists and ``overwrite`` is false, or cannot be written.
        """
        text = writer_for(Path(path))(self)
        if is_address(place := os.fspath(path)):
            write_address(place, text.encode(), overwrite)
        else:
            write_whole(path, text, overwrite)


def show(value: float) -> str:
    """A value with four decimals, as tables have it; whole numbers (counts) as they are."""
    if isinstance(value, int):
        return str(value)
    return f"{value:.4f}" if math.isfinite(value) else str(value)


def to_csv(report: Report) -> str:
    """One line a picture in full precision, then mean, median and count, told apart by the first column."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["row", "name", *report.metrics])
    for row in report.rows:
        writer.writerow(["picture", row.name, *(repr(row.scores[m]) for m in report.metrics)])
    for name, values in report.summary():
        writer.writerow([name, "", *(repr(values[m]) for m in report.metrics)])
    return out.getvalue()


def to_json(report: Report) -> str:
    """Everything, NaN as null and infinity as the string "inf"."""

    def plain(values: dict[str, float]) -> dict[str, float | str | None]:
        return {m: json_number(v) for m, v in values.items()}

    content = {
        "convention": report.convention,
        "metrics": {m: {"title": METRICS[m].title, "better": METRICS[m].better} for m in report.metrics},
        "pictures": [{"name": r.name, "scores": plain(r.scores)} for r in report.rows],
        **{name: plain(values) for name, values in report.summary()},
        "failures": [{"name": n, "reason": reason} for n, reason in report.failures],
        "unmatched": [str(p) for p in report.unmatched],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def heads(report: Report) -> list[str]:
    """The metrics, each with an arrow to where it is better."""
    return [column.heading for column in _columns(report)[1:]]


def lines(report: Report, most: int | None = None) -> list[tuple[str, list[str]]]:
    """(name, values with four decimals) of each picture, then of mean, median and count.

    Args:
        report: whose.
        most: of more pictures than these there are no lines.
    """
    rows = report.rows if most is None or len(report.rows) <= most else ()
    every = [(r.name, r.scores) for r in rows] + report.summary()
    return [(name, [show(values[m]) for m in report.metrics]) for name, values in every]


def as_table(report: Report) -> Table:
    """A row a picture, then mean, median and count."""
    rows = [(row.name, [row.scores[m] for m in report.metrics]) for row in report.rows]
    rows += [(name, [values[m] for m in report.metrics]) for name, values in report.summary()[:2]]
    counts = (Cell("count"), *(Cell(str(count)) for count in report.count().values()))
    cells = [(Cell(name), *map(Cell, values)) for name, values in rows]
    return Table("scores", "", _columns(report), (*cells, counts))


def _columns(report: Report) -> tuple[Column, ...]:
    return (Column(report.convention), *(Column(m, "", 4, METRICS[m].better) for m in report.metrics))


def _to_markdown(report: Report) -> str:
    return to_markdown(as_table(report))


def _to_latex(report: Report) -> str:
    return to_latex(as_table(report))


WRITERS: dict[str, Callable[[Report], str]] = {
    ".csv": to_csv,
    ".json": to_json,
    ".md": _to_markdown,
    ".tex": _to_latex,
}


def writer_for(path: Path) -> Callable[[Report], str]:
    """The writer that a file's ending asks for.

    Raises:
        OptionError: there is none.
    """
    try:
        return WRITERS[path.suffix.lower()]
    except KeyError:
        raise OptionError(f"{path}: ending {path.suffix!r}; give one of {', '.join(WRITERS)}") from None
