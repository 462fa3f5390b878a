"""Our numbers beside the paper's: difference, interval, and which is ahead by more than noise."""

from dataclasses import dataclass

import numpy as np

from mgfusion.benchmark.analysis import paper_numbers
from mgfusion.benchmark.analysis.resampling import mean_interval
from mgfusion.benchmark.analysis.score_arrays import Scores
from mgfusion.evaluation.table_formats import Cell, Column, Table
from mgfusion.metrics import METRICS

AHEAD, LEVEL, BEHIND, ABSENT = "ahead", "within noise", "behind", "not measured"


@dataclass(frozen=True)
class Comparison:
    """One number of the paper and ours.

    Attributes:
        row: the paper's row; ``method`` is ours, empty where nothing was measured.
        low, high: 95 % bootstrap interval of our mean over pictures.
    """

    row: paper_numbers.Row
    metric: str
    theirs: float
    method: str = ""
    ours: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")

    @property
    def verdict(self) -> str:
        """Within noise if the paper's mean lies in our interval, to either side; else ahead or behind.

        The paper's mean has an interval too, which it does not give; with it more would be within noise.
        """
        if np.isnan(self.ours):
            return ABSENT
        if self.low <= self.theirs <= self.high:
            return LEVEL
        higher = METRICS[self.metric].better == "higher"
        return AHEAD if (self.ours > self.theirs) == higher else BEHIND


def compare(scores: Scores, ours: str | None) -> list[Comparison]:
    """Every number of the paper's tables 1 to 4, in their order.

    The paper's "Ours" is ``ours``; its other methods, and the rows of table 4, are matched by name.
    """
    found = []
    names = {name.lower(): name for name in scores.methods}
    ablation = {title: name for name in scores.methods if (title := paper_numbers.ablation_row(name))}
    for row in paper_numbers.rows():
        if row.method == paper_numbers.OURS:
            method = ablation.get(paper_numbers.OURS, ours) if row.table == 4 else ours
        else:
            method = ablation.get(row.method) if row.table == 4 else names.get(row.method.lower())
        for metric, theirs in row.scores.items():
            found.append(_one(scores, row, metric, theirs, method))
    return found


def _one(
    scores: Scores, row: paper_numbers.Row, metric: str, theirs: float, method: str | None
) -> Comparison:
    if method not in scores.methods or row.set not in scores.pictures or metric not in scores.metrics:
        return Comparison(row, metric, theirs)
    assert method is not None
    at = scores.methods.index(method), scores.metrics.index(metric)
    ours = float(scores.means(row.set)[at])
    if np.isnan(ours):
        return Comparison(row, metric, theirs)
    values, weights = (array[:, *at] for array in (scores.values[row.set], scores.weights_of(row.set)))
    low, high = mean_interval(values, weights)
    return Comparison(row, metric, theirs, method, ours, low, high)


def comparison_table(comparisons: list[Comparison], key: str, title: str) -> Table:
    """The numbers that were measured, a row each."""
    columns = (
        Column("Table"),
        Column("Set"),
        Column("Method"),
        Column("Metric"),
        Column("paper"),
        Column("here"),
        Column("difference"),
        Column("95 % interval"),
        Column("verdict"),
    )
    rows = []
    for c in sorted(comparisons, key=lambda c: (c.row.method != paper_numbers.OURS, c.row.table)):
        if np.isnan(c.ours):
            continue
        digits = 2 if c.metric == "Qcv" else 4
        name = c.method if c.row.method in (c.method, paper_numbers.OURS) else f"{c.row.method} ({c.method})"
        arrow = "↑" if METRICS[c.metric].better == "higher" else "↓"
        rows.append(
            tuple(
                Cell(text)
                for text in (
                    str(c.row.table),
                    c.row.set,
                    name,
                    f"{c.metric} {arrow}",
                    f"{c.theirs:.{digits}f}",
                    f"{c.ours:.{digits}f}",
                    f"{c.ours - c.theirs:+.{digits}f}",
                    f"{c.low:.{digits}f} to {c.high:.{digits}f}",
                    c.verdict,
                )
            )
        )
    return Table(key, title, columns, tuple(rows))
