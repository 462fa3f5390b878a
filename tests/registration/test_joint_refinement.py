"""The joint fit finds the transform that was put into made-up evidence, also where most cells are lost."""

import numpy as np
import pytest
import torch

from mgfusion.registration import MODELS
from mgfusion.registration.joint_refinement import Evidence, fit
from mgfusion.registration.matrices import corner_distance, shift, turn_and_scale
from mgfusion.registration.working_pictures import cell_centres

SIZE = (320, 240)


def evidence(truth, lost=0.0, blur=0.7, reach=6):
    """Cells that see their true displacement as a blurred spot; a share of them one elsewhere."""
    rng = np.random.default_rng(0)
    points = cell_centres(80, 60)
    moved = points @ truth[:, :2].T + truth[:, 2]
    away = (moved[:, :2] / moved[:, 2:] - points) / 4
    elsewhere = rng.random(len(points)) < lost
    away[elsewhere] = rng.uniform(-reach, reach, (elsewhere.sum(), 2))
    at = np.arange(-reach, reach + 1)
    x = np.exp(-((at - away[:, :1]) ** 2) / (2 * blur**2))
    y = np.exp(-((at - away[:, 1:]) ** 2) / (2 * blur**2))
    chances = y[:, :, None] * x[:, None] + 1e-6
    chances /= chances.sum((1, 2), keepdims=True)
    outline = np.array([[0, 0], [319, 0], [319, 239], [0, 239.0]])
    return Evidence(points, torch.from_numpy(chances).float(), np.eye(3), outline, len(points))


def around(matrix):
    return shift(160, 120) @ matrix @ shift(-160, -120)


@pytest.mark.parametrize("model", MODELS)
def test_a_shift_is_found_by_every_model_though_most_cells_are_lost(model):
    truth = shift(6.3, -4.6)
    found = fit(evidence(truth, lost=0.7), model, (3.0, 1.5, 0.8))
    assert corner_distance(found.matrix, truth, SIZE) < 0.4
    assert found.cells == 80 * 60 and 0.2 < found.agreeing < 0.6


def test_scale_rotation_and_perspective_need_the_models_that_have_them():
    turned = around(turn_and_scale(1.04, 0.03)) @ shift(2, 1)
    tilted = around(np.array([[1, 0, 0], [0, 1, 0], [1e-4, -5e-5, 1]]))
    for truth, enough, too_few in ((turned, "similarity", "shift"), (tilted, "homography", "similarity")):
        good = fit(evidence(truth), enough, (3.0, 1.5, 0.8), steps=15, priors=False)
        poor = fit(evidence(truth), too_few, (3.0, 1.5, 0.8), steps=15, priors=False)
        assert corner_distance(good.matrix, truth, SIZE) < 0.6
        assert corner_distance(poor.matrix, truth, SIZE) > 1.2
        assert good.gain > poor.gain


def test_evidence_that_says_nothing_moves_nothing():
    flat = evidence(np.eye(3))
    flat.chances.fill_(1 / 169)
    found = fit(flat, "homography", (3.0, 1.0))
    assert corner_distance(found.matrix, np.eye(3), SIZE) < 1e-3 and abs(found.gain) < 1
    assert found.spread > fit(evidence(np.eye(3)), "homography", (3.0, 1.0)).spread


def test_halves_share_no_cell():
    whole = evidence(np.eye(3))
    parts = [whole.part(half).points for half in (0, 1)]
    assert sum(map(len, parts)) == len(whole.points)
    assert not set(map(tuple, parts[0])) & set(map(tuple, parts[1]))
