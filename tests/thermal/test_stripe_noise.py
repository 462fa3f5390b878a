"""Stripes and grids go, fences and walls stay."""

import numpy as np
import pytest
from scenes import scene, under_a_cold_sky

from mgfusion.data import sensor_faults
from mgfusion.thermal.stripe_noise import remove_stripes


@pytest.mark.parametrize("seed", range(4))
def test_a_sound_picture_is_the_same_object(seed):
    for ir in (scene(seed), under_a_cold_sky(seed), scene(seed).T.copy()):
        assert remove_stripes(ir) is ir


@pytest.mark.parametrize("fault", [sensor_faults.stripes, sensor_faults.grid_pattern])
@pytest.mark.parametrize("seed", range(6))
def test_most_of_a_pattern_goes(fault, seed):
    clean = scene(seed)
    ir = fault(clean, np.random.default_rng(seed), 5 / 255)
    repaired = remove_stripes(ir)
    assert repaired.dtype == np.float32 and repaired.min() >= 0 and repaired.max() <= 1
    assert np.abs(repaired - clean).mean() < 0.6 * np.abs(ir - clean).mean()


def test_a_fence_over_a_part_of_the_picture_stays():
    ir = scene()
    ir[60:160, ::8] += 0.04
    assert remove_stripes(ir) is ir


def test_a_picture_too_small_to_tell_stays():
    ir = np.tile(np.float32([0.4, 0.5]), (20, 10))
    assert remove_stripes(ir) is ir
