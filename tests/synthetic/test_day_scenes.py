"""Smoke, a building, people in the wood: each camera sees what the other does not, and people walk."""

import numpy as np
import pytest

from mgfusion.errors import OptionError
from mgfusion.synthetic.building import building
from mgfusion.synthetic.scene_scores import luma, strength
from mgfusion.synthetic.smoke import smoke
from mgfusion.synthetic.wood import wood

DRAWN = {draw.__name__: draw for draw in (smoke, building, wood)}


@pytest.fixture(scope="module", params=DRAWN)
def drawn(request):
    draw = DRAWN[request.param]
    return draw, draw(0, 120, 160)


def test_a_pair_of_one_size_with_masks(drawn):
    draw, scene = drawn
    assert scene.ir.shape == scene.hot_mask.shape == scene.texture_mask.shape == (120, 160)
    assert scene.vis.shape == (120, 160, 3) and scene.ir.dtype == scene.vis.dtype == np.uint8
    assert scene.hot_mask.mean() > 0.003 and scene.texture_mask.mean() > 0.01
    again = draw(0, 120, 160)
    assert np.array_equal(again.ir, scene.ir) and np.array_equal(again.vis, scene.vis)


def test_what_is_hot_stands_out_in_the_infrared_and_little_in_the_visible(drawn):
    _, scene = drawn
    hot = scene.hot_mask
    assert scene.ir[hot].mean() > 1.7 * np.median(scene.ir[~hot])


def test_texture_is_the_visible_cameras(drawn):
    _, scene = drawn
    where = scene.texture_mask
    assert strength(luma(scene.vis))[where].mean() > 3 * strength(luma(scene.ir))[where].mean()


@pytest.mark.parametrize("draw", DRAWN.values(), ids=lambda draw: draw.__name__)
def test_people_walk(draw):
    before, after = (draw(0, 96, 128, seconds).hot_mask for seconds in (0.0, 1.0))
    assert before.any() and after.any() and (before & after).sum() < 0.97 * (before | after).sum()


def test_smoke_hides_people_from_the_eye():
    scene = smoke(0, 240, 320, 1.0)
    people = scene.hot_mask.copy()
    people[:, :100] = False  # the fire
    ring = np.zeros_like(people)
    ring[4:, 4:] |= people[:-4, :-4]
    ring[:-4, :-4] |= people[4:, 4:]
    ring &= ~scene.hot_mask
    grey = luma(scene.vis)
    assert abs(grey[people].mean() - grey[ring].mean()) < 0.05
    assert luma(scene.ir)[people].mean() - luma(scene.ir)[ring].mean() > 0.3


@pytest.mark.parametrize("draw", DRAWN.values(), ids=lambda draw: draw.__name__)
def test_a_size_that_is_too_small_is_said(draw):
    with pytest.raises(OptionError, match=f"{draw.__name__}: size 32x160; each side must be at least 64"):
        draw(0, 32, 160)
