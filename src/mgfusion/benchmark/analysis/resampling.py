"""Ranks over all metrics and data sets, and whether differences are more than the choice of pictures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgfusion.benchmark.analysis.score_arrays import Means, Scores, weighted_mean
from mgfusion.metrics import METRICS

Array = NDArray[np.float64]

SAMPLES = 2000


@dataclass(frozen=True)
class Ranking:
    """Mean ranks of methods, best first, with 95 % intervals from resampled pictures.

    Attributes:
        interval: (low, high) of each mean rank.
        behind: (low, high) of the difference to the best method's mean rank; 0 for the best itself.
        pictures: how many pictures were resampled.
    """

    methods: tuple[str, ...]
    mean_rank: tuple[float, ...]
    interval: tuple[tuple[float, float], ...]
    behind: tuple[tuple[float, float], ...]
    sets: tuple[str, ...]
    pictures: int

    def separable(self, i: int) -> bool:
        """Whether the i-th method is behind the best by more than the choice of pictures explains."""
        return self.behind[i][0] > 0


def rank(scores: Scores, sets: tuple[str, ...], samples: int = SAMPLES, seed: int = 0) -> Ranking | None:
    """Rank methods by their mean rank over metrics x sets, see :meth:`Scores.ranked` for the metrics.

    In each set, and for each metric, methods are ranked by their mean. A paired bootstrap draws the pictures
    of each set with replacement, the same ones for all methods, and ranks again (Efron & Tibshirani 1993,
    percentiles). Methods that lack a picture of any of the sets are left out; None where fewer than two
    remain.

    A metric that is undefined (NaN) for a picture is averaged over the others, as in the tables of means.
    Where it is defined for no picture of a set, the method has no rank there: the others are ranked among
    themselves, and its mean rank is over the metrics that it has. A method that has none is left out.
    """
    counted = list(scores.ranked())
    methods = tuple(
        m
        for i, m in enumerate(scores.methods)
        if all(m in scores.complete(name) for name in sets)
        and any(not np.isnan(scores.values[name][:, i, counted]).all() for name in sets)
    )
    if len(methods) < 2 or not sets:
        return None
    signs = scores.signs()[counted]
    at = [scores.methods.index(m) for m in methods]
    generator = np.random.default_rng(seed)
    observed, resampled = [], []
    for name in sets:
        part = np.ix_(range(len(scores.pictures[name])), at, counted)
        better, weights = scores.values[name][part] * signs, scores.weights_of(name)[part]
        observed.append(_ranks(weighted_mean(better, weights)[None])[0])
        resampled.append(_ranks(resampled_means(better, weights, samples, generator)))
    mean_rank = _mean_of_defined(np.concatenate(observed, axis=1))  # (methods,)
    draws = _mean_of_defined(np.concatenate(resampled, axis=2))  # (samples, methods)
    order = np.argsort(mean_rank, kind="stable")
    behind = draws - draws[:, order[:1]]
    return Ranking(
        tuple(methods[i] for i in order),
        tuple(float(mean_rank[i]) for i in order),
        tuple(_interval(draws[:, i]) for i in order),
        tuple(_interval(behind[:, i]) for i in order),
        sets,
        sum(len(scores.pictures[name]) for name in sets),
    )


@dataclass(frozen=True)
class Difference:
    """A paired difference of means (a - b), with its 95 % interval over pictures."""

    mean: float
    low: float
    high: float


def paired_difference(
    a: Array, b: Array, weights: Array | None = None, samples: int = SAMPLES, seed: int = 0
) -> Difference:
    """Paired bootstrap over pictures, (n,) each; pairs with a NaN are left out.

    Args:
        weights: (n,), how much each picture counts in the means; each as much where None.
    """
    keep = ~np.isnan(a - b)
    difference = (a - b)[keep]
    if not len(difference):
        return Difference(np.nan, np.nan, np.nan)
    counts = np.ones_like(difference) if weights is None else weights[keep]
    generator = np.random.default_rng(seed)
    draws = resampled_means(difference[:, None], counts[:, None], samples, generator)[:, 0]
    return Difference(float(weighted_mean(difference, counts)), *_interval(draws))


def mean_interval(
    values: Array, weights: Array | None = None, samples: int = SAMPLES, seed: int = 0
) -> tuple[float, float]:
    """The 95 % bootstrap interval of a mean over pictures, (n,), see :func:`paired_difference`."""
    difference = paired_difference(values, np.zeros_like(values), weights, samples, seed)
    return difference.low, difference.high


def resampled_means(values: Array, weights: Array, samples: int, generator: np.random.Generator) -> Array:
    """(samples, ...) means of values (n, ...) drawn n at a time with replacement; NaN is left out."""
    n = len(values)
    counts = generator.multinomial(n, np.full(n, 1 / n), size=samples)
    counting = np.where(np.isnan(values), 0, weights)
    drawn = np.tensordot(counts, counting, axes=1)
    total = np.tensordot(counts, np.where(counting > 0, values, 0) * counting, axes=1)
    means: Array = np.divide(total, drawn, out=np.full_like(total, np.nan), where=drawn > 0)
    return means


def _mean_of_defined(ranks: Array) -> Array:
    """The mean over the last axis without NaN; NaN where nothing is left."""
    defined = ~np.isnan(ranks)
    count = defined.sum(axis=-1)
    total = np.where(defined, ranks, 0).sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _ranks(better: Array) -> Array:
    """Ranks along axis 1 of (samples, methods, metrics), 1 the largest, ties averaged, NaN none."""
    from scipy.stats import rankdata

    ranks: Array = rankdata(-better, axis=1, nan_policy="omit")
    return ranks


def _interval(draws: Array) -> tuple[float, float]:
    low, high = np.nanpercentile(draws, (2.5, 97.5))
    return float(low), float(high)


def ranks_of_means(scores: Scores, means: Means, sets: tuple[str, ...]) -> dict[str, float]:
    """Mean rank over metrics x sets of each method that has all means, given ones included; best first.

    Given means have no pictures behind them, hence no interval: this ranks more methods than :func:`rank`,
    less surely. A metric that is undefined for a method scored here is left out of its mean, as in
    :func:`rank`.
    """
    counted = metrics_of_means(scores, means)
    at = [scores.metrics.index(metric) for metric in counted]
    names = list(dict.fromkeys((*scores.methods, *(m for c, _, m in means if c == scores.convention))))
    table = np.full((len(sets), len(names), len(counted)), np.nan)
    known = np.zeros((len(sets), len(names)), bool)
    for s, set_name in enumerate(sets):
        own = scores.means(set_name)[:, at]
        for i, name in enumerate(names):
            if name in scores.complete(set_name):
                table[s, i] = own[scores.methods.index(name)]
                known[s, i] = True
                continue
            given = means.get((scores.convention, set_name, name), {})
            if given.get("n") == len(scores.pictures[set_name]):
                table[s, i] = [given.get(metric, np.nan) for metric in counted]
                known[s, i] = not np.isnan(table[s, i]).any()
    whole = known.all(axis=0) & ~np.isnan(table).all(axis=(0, 2))
    if not whole.any():
        return {}
    ranks = _mean_of_defined(np.concatenate(list(_ranks(table[:, whole] * scores.signs()[at])), axis=1))
    found = zip((n for n, ok in zip(names, whole, strict=True) if ok), ranks, strict=True)
    return dict(sorted(((n, float(r)) for n, r in found), key=lambda item: item[1]))


def metrics_of_means(scores: Scores, means: Means) -> list[str]:
    """The metrics that :func:`ranks_of_means` counts: hot targets only where given means have them, too."""
    given = [
        entry for (c, _, m), entry in means.items() if c == scores.convention and m not in scores.methods
    ]
    counted = [scores.metrics[k] for k in scores.ranked()]
    return [
        name
        for name in counted
        if METRICS[name].weight is None or not given or any(name in entry for entry in given)
    ]
