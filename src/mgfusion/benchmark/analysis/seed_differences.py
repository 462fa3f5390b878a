"""Differences between two ways of training, beside the luck of a seed and the choice of pictures."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mgfusion.benchmark.analysis.resampling import SAMPLES, Difference, resampled_means
from mgfusion.benchmark.analysis.score_arrays import weighted_mean

Array = NDArray[np.float64]


def difference_over_seeds(
    a: Sequence[Array], b: Sequence[Array], weights: Sequence[Array], samples: int = SAMPLES
) -> Difference:
    """The mean of a - b with a 95 % interval over seeds and pictures.

    Runs of one seed saw the same samples, so they are compared with one another, picture by picture. The
    interval adds in squares what the seeds leave open (Student's t of the seeds' means; with one seed nothing
    is known of it) and what the pictures do (1.96 standard deviations of the mean under a bootstrap that
    draws the pictures of each set).

    Args:
        a, b: of each set (pictures, seeds), NaN where a metric is undefined.
        weights: of each set (pictures,), how much a picture counts in the set's mean; sets count alike.
    """
    from scipy.stats import t

    by_seed, drawn = [], []
    generator = np.random.default_rng(0)
    for mine, other, weight in zip(a, b, weights, strict=True):
        difference, counts = mine - other, np.broadcast_to(weight[:, None], mine.shape)
        if np.isnan(difference).all():  # a set in which the metric is undefined says nothing
            continue
        by_seed.append(weighted_mean(difference, counts))
        drawn.append(resampled_means(difference, counts, samples, generator).mean(axis=1))
    if not drawn:
        return Difference(np.nan, np.nan, np.nan)
    seeds = np.mean(by_seed, axis=0)
    mean, count = float(seeds.mean()), len(seeds)
    pictures = 1.96 * float(np.nanstd(np.mean(drawn, axis=0)))
    luck = float(t.ppf(0.975, count - 1) * seeds.std(ddof=1) / count**0.5) if count > 1 else 0.0
    half = float(np.hypot(pictures, luck))
    return Difference(mean, mean - half, mean + half)
