"""The simulated faults are what they say, at the strength they say, and the same for the same seed."""

import numpy as np
import pytest

from mgfusion.data import sensor_faults
from mgfusion.data.sensor_faults import FAULTS, random_fault
from mgfusion.errors import ImageError


@pytest.fixture
def pair():
    rng = np.random.default_rng(1)
    ir = np.full((128, 96), 0.5, np.float32) + 0.1 * rng.random((128, 96), np.float32)
    return ir, rng.random((128, 96, 3), np.float32) * 0.5 + 0.2


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_changes_its_own_picture_alone_and_depends_on_the_seed_alone(pair, name):
    before = [picture.copy() for picture in pair]
    first, again, other = (FAULTS[name](*pair, np.random.default_rng(seed)) for seed in (5, 5, 6))
    changed = 1 if name.startswith("visible") else 0
    assert first[1 - changed] is pair[1 - changed]
    for picture, original, source in zip(first, before, pair, strict=True):
        np.testing.assert_array_equal(source, original)
        assert picture.dtype == np.float32 and picture.shape == original.shape
        assert picture.min() >= 0 and picture.max() <= 1
    np.testing.assert_array_equal(first[changed], again[changed])
    assert (first[changed] != pair[changed]).any()
    if "JPEG" not in name and "resolution" not in name:
        assert (first[changed] != other[changed]).any()


def test_low_resolution_keeps_the_mean_and_loses_what_the_factor_loses(pair):
    checks = np.indices((120, 120)).sum(0) % 2
    ir = checks.astype(np.float32)
    lost = sensor_faults.low_resolution(ir, np.random.default_rng(0), 4)
    assert abs(lost - 0.5).max() < 0.01
    step = np.repeat([0.2, 0.8], 60).astype(np.float32)[None].repeat(120, 0)
    kept = sensor_faults.low_resolution(step, np.random.default_rng(0), 4)
    assert abs(kept - step)[:, np.r_[:50, 70:120]].max() < 0.01


@pytest.mark.parametrize("seed", range(4))
def test_a_grid_repeats_and_stripes_run_through(seed):
    flat = np.full((240, 240), 0.5, np.float32)
    grid = sensor_faults.grid_pattern(flat, np.random.default_rng(seed), 5 / 255)
    assert grid.std() == pytest.approx(5 / 255, rel=0.02)
    assert any(np.allclose(grid[n:, n:], grid[:-n, :-n], atol=1e-6) for n in range(2, 9))
    striped = sensor_faults.stripes(flat, np.random.default_rng(seed), 5 / 255)
    assert striped.std() == pytest.approx(5 / 255, rel=0.15)
    assert (striped == striped[:1]).all() or (striped == striped[:, :1]).all()


def test_dead_pixels_are_as_many_as_said():
    flat = np.full((500, 500), 0.5, np.float32)
    dead = sensor_faults.dead_pixels(flat, np.random.default_rng(0), 1e-3)
    assert 180 < (dead != 0.5).sum() < 320
    assert set(np.unique(dead)) == {0, 0.5, 1}
    assert (dead == 0).sum() > (dead == 1).sum()


@pytest.mark.parametrize("seed", range(20))
def test_borders_are_black_touch_the_frame_and_leave_the_middle(seed):
    flat = np.full((100, 200), 0.5, np.float32)
    black = sensor_faults.black_borders(flat, np.random.default_rng(seed), 0.1) == 0
    assert not black[11:-11, 21:-21].any()
    sides = black[0, 100], black[-1, 100], black[50, 0], black[50, -1]
    assert any(sides)
    assert black.mean() < 0.4


@pytest.mark.parametrize("grey", [0.0, 0.5, 1.0])
def test_night_noise_is_weaker_in_the_dark(grey):
    deviation, level = 0.02, 0.2 + 0.6 * grey
    flat = np.full((200, 200), level, np.float32)
    noise = sensor_faults.night_noise(flat, np.random.default_rng(0), deviation) - flat
    assert noise.std() == pytest.approx(deviation * np.sqrt(1 / 3 + 4 / 3 * level), rel=0.03)
    colour = np.repeat(flat[..., None], 3, axis=2)
    noise = sensor_faults.night_noise(colour, np.random.default_rng(0), deviation) - colour
    hue = noise - noise.mean(axis=2, keepdims=True)
    assert 0.3 < hue.std() / noise.mean(axis=2).std() < 0.6


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_random_fault_changes_one_of_the_two_and_keeps_types(pair, dtype):
    ir, vis = pair if dtype is np.float32 else ((x * 255).astype(np.uint8) for x in pair)
    rng = np.random.default_rng(0)
    changed = set()
    for _ in range(60):
        got_ir, got_vis = random_fault(ir, vis, rng)
        assert (got_ir.dtype, got_ir.shape) == (ir.dtype, ir.shape)
        assert (got_vis.dtype, got_vis.shape) == (vis.dtype, vis.shape)
        assert (got_ir is ir) != (got_vis is vis)
        changed.add(got_vis is vis)
    assert changed == {True, False}
    again = [random_fault(ir, vis, np.random.default_rng(3)) for _ in range(2)]
    assert all((a == b).all() for a, b in zip(*again, strict=True))


def test_another_type_is_refused(pair):
    ir, vis = pair
    with pytest.raises(ImageError, match="ir: dtype float64; give uint8 or float32"):
        random_fault(ir.astype(np.float64), vis, np.random.default_rng(0))
