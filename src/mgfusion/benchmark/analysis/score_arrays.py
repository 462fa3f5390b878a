"""Scores of a run as arrays, ready to average, rank and resample."""

import csv
from dataclasses import dataclass, field
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
        metrics: those that are compared; what only weighs others is in ``weights``.
        values: set -> (pictures, methods, metrics); NaN where a metric is undefined or a picture missing.
        present: set -> (pictures, methods), whether there is a score.
        weights: metric -> set -> (pictures, methods), for metrics whose mean is not one over pictures.

    Raises:
        BenchmarkError: weights are missing that a metric asks for.
    """

    convention: str
    metrics: tuple[str, ...]
    methods: tuple[str, ...]
    pictures: dict[str, tuple[str, ...]]
    values: dict[str, Array]
    present: dict[str, NDArray[np.bool_]]
    weights: dict[str, dict[str, Array]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = [m for m in self.metrics if METRICS[m].weight and m not in self.weights]
        if missing:
            raise BenchmarkError(f"{', '.join(missing)}: give weights; a mean over pictures would mislead")

    def means(self, set_name: str) -> Array:
        """(methods, metrics), over the pictures for which a score is defined; NaN where there is none."""
        return weighted_mean(self.values[set_name], self.weights_of(set_name))

    def weights_of(self, set_name: str) -> Array:
        """(pictures, methods, metrics): how much each score counts in a mean; 1 unless a metric says else."""
        weights = np.ones_like(self.values[set_name])
        for name, by_set in self.weights.items():
            weights[..., self.metrics.index(name)] = by_set[set_name]
        return weights

    def ranked(self) -> tuple[int, ...]:
        """Which metrics count in ranks: no counts, and one reading of each thing."""
        return tuple(
            k
            for k, name in enumerate(self.metrics)
            if METRICS[name].better and METRICS[name].part_of not in self.metrics
        )

    def count(self, set_name: str, method: str) -> int:
        """How many pictures of a set a method has been scored on."""
        return int(self.present[set_name][:, self.methods.index(method)].sum())

    def complete(self, set_name: str) -> tuple[str, ...]:
        """The methods that have a score for each picture of a set."""
        return tuple(m for m in self.methods if self.count(set_name, m) == len(self.pictures[set_name]))

    def signs(self) -> Array:
        """(metrics,): 1 where higher is better, -1 where lower is."""
        return np.array([1.0 if METRICS[name].better == "higher" else -1.0 for name in self.metrics])


def weighted_mean(values: Array, weights: Array) -> Array:
    """Means over the first axis of what is not NaN; NaN where nothing is left."""
    defined = ~np.isnan(values)
    weight = np.where(defined, weights, 0).sum(axis=0)
    total = (np.where(defined, values, 0) * np.where(defined, weights, 0)).sum(axis=0)
    means: Array = np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0)
    return means


def collect(run: Run, convention: str, methods: tuple[str, ...]) -> Scores:
    """The scores of some methods on all sets of a run."""
    measured, rows = run.plan.metrics[convention], run.scores[convention].rows
    weighed_by = {m: w for m in measured if (w := METRICS[m].weight)}
    metrics = tuple(m for m in measured if m not in weighed_by.values())
    pictures = {name: tuple(pair.name for pair in pairs) for name, pairs in run.plan.sets.items()}
    values, present = {}, {}
    weights: dict[str, dict[str, Array]] = {metric: {} for metric in weighed_by}
    for name, names in pictures.items():
        found = [[rows.get((name, method, picture)) for method in methods] for picture in names]
        present[name] = np.array([[row is not None for row in line] for line in found], bool)
        values[name] = _numbers(found, metrics)
        for metric, weight in weighed_by.items():
            weights[metric][name] = _numbers(found, (weight,))[..., 0]
    return Scores(convention, metrics, methods, pictures, values, present, weights)


def _numbers(found: list[list[dict[str, float] | None]], metrics: tuple[str, ...]) -> Array:
    """(pictures, methods, metrics); NaN where there is no row or no such number in it."""
    numbers = [[[(row or {}).get(metric, np.nan) for metric in metrics] for row in line] for line in found]
    return np.array(numbers, float).reshape(len(found), len(found[0]) if found else 0, len(metrics))


# Column of a file of published means -> (convention, metric) that it holds.
_MEANS = {
    "VIFsum": (("standard", "VIF"),),
    "SCD": (("standard", "SCD"),),
    "SCDu8": (("paper", "SCD"),),
    "EN": (("standard", "EN"),),
    "SD": (("standard", "SD"),),
    **{
        name: (("standard", name), ("paper", name))
        for name in ("Qabf", "Qcv", "SSIM", "AG", "HTC", "HTC_lost", "HTC_inverted")
    },
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
