"""Scores of a run as arrays, ready to average, rank and resample."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mgfusion.benchmark.run.planning import Run
from mgfusion.errors import BenchmarkError
from mgfusion.metrics import METRICS

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """All scores under one convention.

    Attributes:
        pictures: set -> names of its pictures.
        values: set -> (pictures, methods, metrics); NaN where a metric is undefined or a picture missing.
        present: set -> (pictures, methods), whether there is a score.
    """

    convention: str
    metrics: tuple[str, ...]
    methods: tuple[str, ...]
    pictures: dict[str, tuple[str, ...]]
    values: dict[str, Array]
    present: dict[str, NDArray[np.bool_]]

    def means(self, set_name: str) -> Array:
        """(methods, metrics), over the pictures for which a score is defined; NaN where there is none."""
        values = self.values[set_name]
        defined = ~np.isnan(values)
        count = defined.sum(axis=0)
        total = np.where(defined, values, 0).sum(axis=0)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def count(self, set_name: str, method: str) -> int:
        """How many pictures of a set a method has been scored on."""
        return int(self.present[set_name][:, self.methods.index(method)].sum())

    def complete(self, set_name: str) -> tuple[str, ...]:
        """The methods that have a score for each picture of a set."""
        return tuple(m for m in self.methods if self.count(set_name, m) == len(self.pictures[set_name]))

    def signs(self) -> Array:
        """(metrics,): 1 where higher is better, -1 where lower is."""
        return np.array([1.0 if METRICS[name].better == "higher" else -1.0 for name in self.metrics])


def collect(run: Run, convention: str, methods: tuple[str, ...]) -> Scores:
    """The scores of some methods on all sets of a run."""
    metrics, rows = run.plan.metrics[convention], run.scores[convention].rows
    pictures = {name: tuple(pair.name for pair in pairs) for name, pairs in run.plan.sets.items()}
    values, present = {}, {}
    for name, names in pictures.items():
        found = [[rows.get((name, method, picture)) for method in methods] for picture in names]
        present[name] = np.array([[row is not None for row in line] for line in found], bool)
        values[name] = np.array(
            [[[(row or {}).get(metric, np.nan) for metric in metrics] for row in line] for line in found]
        ).reshape(len(names), len(methods), len(metrics))
    return Scores(convention, metrics, methods, pictures, values, present)


# Column of a file of published means -> (convention, metric) that it holds.
_MEANS = {
    "VIFsum": (("standard", "VIF"),),
    "SCD": (("standard", "SCD"),),
    "SCDu8": (("paper", "SCD"),),
    "EN": (("standard", "EN"),),
    "SD": (("standard", "SD"),),
    **{name: (("standard", name), ("paper", name)) for name in ("Qabf", "Qcv", "SSIM", "AG")},
}

Means = dict[tuple[str, str, str], dict[str, float]]
"""(convention, set, method) -> metric -> mean, and under "n" the number of pictures."""


def read_means(path: Path) -> Means:
    """Means that somebody else measured on the same pictures: columns set, method, n, Qabf, Qcv, ...

    Raises:
        BenchmarkError: it is no such file.
    """
    means: Means = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                for column, targets in _MEANS.items():
                    for convention, metric in targets if row.get(column) else ():
                        entry = means.setdefault(
                            (convention, row["set"], row["method"]), {"n": float(row["n"])}
                        )
                        entry[metric] = float(row[column])
    except (OSError, KeyError, ValueError) as error:
        raise BenchmarkError(f"{path}: not a table with set, method, n and numbers ({error!r})") from error
    return means
