"""Fusing repairs infrared first, of the whole picture, and shows the visible one where there is none."""

import numpy as np
import pytest
import torch

from mgfusion import Fuser
from mgfusion.data import sensor_faults
from mgfusion.images import luminance, to_tensor, to_unit
from mgfusion.synthetic.night_street import night_street


def brightest(ir, vis):
    """A network whose pictures are easy to foretell, and wrong where both are alike."""
    return (torch.maximum(ir, luminance(vis)) + 0.25).clamp(max=1)


brightest.vis_channels = 1


@pytest.fixture(scope="module")
def scene():
    street = night_street(0, 192, 256)
    return np.maximum(to_unit(street.ir), 0.02), to_unit(street.vis)


def average(ir, vis):
    return (ir + luminance(vis)) / 2


def fused(ir, vis, network=brightest, **options):
    return Fuser(network, device="cpu", **options).fuse_tensors(to_tensor(ir), to_tensor(vis))[0, 0].numpy()


def test_a_sound_pair_is_fused_as_without_repair(scene):
    np.testing.assert_array_equal(fused(*scene), fused(*scene, repair=False))


@pytest.mark.parametrize("kind", ["array", "tensors"])
def test_wide_black_borders_show_the_visible_picture_without_a_seam(scene, kind):
    ir, vis = scene[0].copy(), scene[1]
    ir[:, :40] = ir[-12:] = 0
    seen = luminance(to_tensor(vis))[0, 0].numpy()
    got = fused(ir, vis)
    if kind == "array":
        got = luminance(to_tensor(Fuser(brightest, device="cpu", thermal=0.9)(ir, vis)))[0, 0].numpy()
    np.testing.assert_allclose(got[:-60, :20], seen[:-60, :20], atol=3e-3)
    assert np.abs(np.diff((got - seen)[:-60, :44].mean(0))).max() < 0.05


def test_narrow_black_borders_look_like_what_is_beside_them(scene):
    ir, vis = scene[0].copy(), scene[1]
    ir[:, :5] = 0
    clean, got, dark = fused(*scene, average), fused(ir, vis, average), fused(ir, vis, average, repair=False)
    assert np.abs(got - clean)[:, :5].mean() < 0.5 * np.abs(dark - clean)[:, :5].mean()
    assert (got[:, 12:] == clean[:, 12:]).all()


def test_a_picture_of_a_batch_without_borders_is_left_alone(scene):
    ir, vis = scene
    bordered = ir.copy()
    bordered[:, :10] = 0
    planes = torch.cat([to_tensor(bordered), to_tensor(ir)])
    both = Fuser(brightest, device="cpu").fuse_tensors(planes, to_tensor(vis).expand(2, -1, -1, -1))
    np.testing.assert_array_equal(both[0, 0].numpy(), fused(bordered, vis))
    np.testing.assert_array_equal(both[1, 0].numpy(), fused(ir, vis, repair=False))


@pytest.mark.parametrize("name", ["dead pixels, 0.1 %", "stripes, 5 levels", "grid pattern, 5 levels"])
def test_faults_that_are_repaired_are_not_seen(scene, name):
    faulty = sensor_faults.FAULTS[name](*scene, np.random.default_rng(1))
    clean = fused(*scene)
    left, whole = (np.square(fused(*faulty, repair=r) - clean).mean() for r in (True, False))
    assert left < 0.4 * whole


def test_tiles_are_cut_from_the_repaired_picture(scene):
    ir, vis = (np.tile(x, (3, 3) + (1,) * (x.ndim - 2)) for x in scene)
    ir = sensor_faults.stripes(ir, np.random.default_rng(0), 5 / 255)
    ir[:, :20] = 0
    brightest.tiles = True
    try:
        np.testing.assert_allclose(fused(ir, vis, tile=256), fused(ir, vis, tile=0), atol=1e-6)
    finally:
        del brightest.tiles


def test_without_repair_what_is_given_is_fused(scene):
    ir, vis = scene[0].copy(), scene[1]
    ir[:, :10], ir[50, 60] = 0, 0
    np.testing.assert_array_equal(
        fused(ir, vis, repair=False), brightest(to_tensor(ir), to_tensor(vis))[0, 0].numpy()
    )
