"""Intervals of differences between ways of training."""

import numpy as np
import pytest

from mgfusion.benchmark.analysis.seed_differences import difference_over_seeds


def runs(effect, seed_noise, picture_noise, seeds=3, pictures=40):
    """Two ways on two sets: what pictures and seeds have in common falls out of the difference."""
    rng = np.random.default_rng(0)
    luck = rng.normal(0, seed_noise, seeds)
    a, b = [], []
    for _ in range(2):
        common = rng.normal(0, 5, (pictures, 1)) + rng.normal(0, 5, seeds)
        b.append(common)
        a.append(common + effect + luck + rng.normal(0, picture_noise, (pictures, 1)))
    return a, b, [np.ones(pictures)] * 2


def test_a_clear_effect_excludes_zero_and_noise_of_either_kind_does_not():
    for seed_noise, picture_noise, clear in ((0.01, 0.01, True), (1, 0.01, False), (0.01, 20, False)):
        found = difference_over_seeds(*runs(0.3, seed_noise, picture_noise))
        assert (found.low > 0) == clear
        assert found.low < 0.3 < found.high
    assert difference_over_seeds(*runs(0.3, 0, 0)).mean == pytest.approx(0.3)


def test_the_interval_of_the_seeds_is_students():
    found = difference_over_seeds([np.array([[1.0, 2.0, 4.0]])], [np.zeros((1, 3))], [np.ones(1)])
    half = 4.302653 * np.std([1, 2, 4], ddof=1) / 3**0.5
    assert (found.mean, found.high - found.mean) == (pytest.approx(7 / 3), pytest.approx(half))


def test_pictures_count_by_weight_and_undefined_ones_not_at_all():
    a = [np.array([[1.0], [4.0], [np.nan]]), np.full((2, 1), np.nan)]
    b = [np.zeros((3, 1)), np.zeros((2, 1))]
    assert difference_over_seeds(a, b, [np.array([2.0, 1.0, 9.0]), np.ones(2)]).mean == 2
    nothing = difference_over_seeds(a[1:], b[1:], [np.ones(2)])
    assert np.isnan([nothing.mean, nothing.low, nothing.high]).all()
