from pathlib import Path

import cv2
import numpy as np
import pytest

import mgfusion
from mgfusion.synthetic.demo_pair import SEED, demo_pair
from mgfusion.synthetic.night_street import night_street
from mgfusion.synthetic.scene_scores import (
    HOT_CONTRAST_AT_LEAST,
    TEXTURE_AT_LEAST,
    hot_contrast_kept,
    texture_kept,
)


@pytest.fixture(scope="module", params=[0, 5])
def scene(request):
    return night_street(request.param)


def luma(vis):
    return vis @ np.array([0.299, 0.587, 0.114])


def test_a_scene_is_a_registered_pair_with_masks(scene):
    assert scene.ir.shape == scene.hot_mask.shape == scene.texture_mask.shape == (480, 640)
    assert scene.vis.shape == (480, 640, 3) and scene.ir.dtype == scene.vis.dtype == np.uint8
    assert scene.hot_mask.mean() > 0.02 and scene.texture_mask.mean() > 0.05
    assert not (scene.hot_mask & scene.texture_mask).any()


def test_each_camera_sees_what_the_other_does_not(scene):
    assert scene.ir[scene.hot_mask].mean() > 2 * np.median(scene.ir)
    assert luma(scene.vis)[scene.hot_mask].mean() < 60
    assert hot_contrast_kept(scene, scene.vis) < 0 < hot_contrast_kept(scene, scene.ir)
    assert texture_kept(scene, scene.ir) < 0.1


def test_seed_and_size_decide():
    a, b = night_street(3, 97, 130), night_street(3, 97, 130)
    np.testing.assert_array_equal(a.vis, b.vis)
    np.testing.assert_array_equal(a.ir, b.ir)
    assert a.ir.shape == (97, 130) and (night_street(4, 97, 130).ir != a.ir).mean() > 0.5
    with pytest.raises(ValueError, match="63x130"):
        night_street(0, 63, 130)


def good(scene):
    """Visible detail on the brighter of both bases: what a fusion should about be."""
    y, ir = luma(scene.vis) / 255, scene.ir / 255
    base = [cv2.GaussianBlur(p, (0, 0), 4) for p in (y, ir)]
    fine = np.where(scene.hot_mask, ir - base[1], y - base[0])
    return np.clip(np.maximum(*base) + fine, 0, 1)


BROKEN = {
    "average": lambda s: (luma(s.vis) + s.ir) / 2 / 255,
    "visible only": lambda s: s.vis,
    "infrared only": lambda s: s.ir,
    "inverted infrared": lambda s: np.maximum(luma(s.vis), 255 - s.ir) / 255,
    "hot drawn dark": lambda s: (
        np.where(s.hot_mask, luma(s.vis) - (s.ir - 80.0), good(s) * 255).clip(0, 255) / 255
    ),
    "blurred": lambda s: cv2.GaussianBlur(good(s), (0, 0), 1.5),
    "nothing": lambda s: np.zeros_like(s.ir),
    "washed out": lambda s: 0.5 + 0.4 * good(s),
}


def test_a_good_fusion_passes_both_numbers(scene):
    assert hot_contrast_kept(scene, good(scene)) >= HOT_CONTRAST_AT_LEAST
    assert texture_kept(scene, good(scene)) >= TEXTURE_AT_LEAST


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_model_fails_one_of_them(scene, name):
    fused = BROKEN[name](scene)
    hot, texture = hot_contrast_kept(scene, fused), texture_kept(scene, fused)
    assert hot < HOT_CONTRAST_AT_LEAST - 0.05 or texture < TEXTURE_AT_LEAST - 0.05, (hot, texture)


def test_one_hot_person_drawn_dark_is_enough_to_fail(scene):
    count, labels, stats, _ = cv2.connectedComponentsWithStats(scene.hot_mask.astype(np.uint8))
    smallest = min(
        (i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= 40), key=lambda i: stats[i, 4]
    )
    fused = good(scene)
    fused[labels == smallest] = 0.05
    assert hot_contrast_kept(scene, fused) < 0


def test_numbers_do_not_depend_on_the_kind_of_array(scene):
    fused = np.rint(good(scene) * 255).astype(np.uint8)
    for other in (fused / 255, fused.astype(np.uint16) * 257, np.repeat(fused[..., None], 3, axis=2)):
        assert hot_contrast_kept(scene, other) == pytest.approx(hot_contrast_kept(scene, fused), abs=1e-5)
        assert texture_kept(scene, other) == pytest.approx(texture_kept(scene, fused), abs=1e-5)


def test_the_demo_pair_is_the_scene_it_says_and_ones_own():
    ir, vis = demo_pair()
    scene = night_street(SEED)
    np.testing.assert_array_equal(ir, scene.ir)
    np.testing.assert_array_equal(vis, scene.vis)
    ir[:], vis[:] = 0, 0
    np.testing.assert_array_equal(demo_pair()[0], scene.ir)
    np.testing.assert_array_equal(demo_pair()[1], scene.vis)


def test_synthetic_reads_no_files():
    assert not (Path(mgfusion.__file__).parent / "assets").exists()
