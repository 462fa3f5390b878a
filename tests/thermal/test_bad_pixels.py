"""Dead pixels go, and nothing that two pixels agree on, nor anything that a lens has drawn."""

import cv2
import numpy as np
import pytest
from scenes import scene, under_a_cold_sky

from mgfusion.data import sensor_faults
from mgfusion.thermal.bad_pixels import repair_dead_pixels


@pytest.mark.parametrize("seed", range(4))
def test_a_sound_picture_is_the_same_object(seed):
    for ir in (scene(seed), under_a_cold_sky(seed)):
        assert repair_dead_pixels(ir) is ir


def test_dead_pixels_are_repaired_and_their_neighbours_left():
    clean = scene()
    ir = sensor_faults.dead_pixels(clean, np.random.default_rng(0), 1e-3)
    dead = ir != clean
    repaired = repair_dead_pixels(ir)
    assert (repaired[~dead] == ir[~dead]).all()
    repaired_share = [(np.abs(repaired - clean)[dead & (ir == value)] < 0.1).mean() for value in (0, 1)]
    assert repaired_share[0] > 0.9 and repaired_share[1] > 0.3


def test_a_dead_pixel_beside_the_frame_goes_and_one_on_it_stays():
    ir = np.full((12, 16), 0.5, np.float32)
    ir[1, 1] = ir[0, 9] = 0
    assert np.argwhere(repair_dead_pixels(ir) != 0.5).tolist() == [[0, 9]]


@pytest.mark.parametrize("shape", [(2, 2), (1, 2), (2, 1), (3, 1)])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_two_pixels_that_agree_are_a_target(shape, value):
    ir = np.full((20, 20), 0.4, np.float32)
    ir[8 : 8 + shape[0], 9 : 9 + shape[1]] = value
    assert repair_dead_pixels(ir) is ir


@pytest.mark.parametrize("blur", [0.5, 0.6, 0.8])
def test_the_smallest_hot_point_that_a_lens_draws_stays(blur):
    ir = np.full((20, 20), 0.3, np.float32)
    ir[9, 9] += 0.9
    ir = cv2.GaussianBlur(ir, (3, 3), blur)
    assert repair_dead_pixels(ir) is ir
