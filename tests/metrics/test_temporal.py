"""Flicker: nothing where nothing changes, noise and pumping where they are, and motion left out."""

import numpy as np
import pytest

from mgfusion.errors import OptionError
from mgfusion.metrics.temporal import FlickerMeter, brightness_change, flicker


def still(seed=0, shape=(96, 128)):
    rng = np.random.default_rng(seed)
    return np.clip(rng.uniform(60, 160, (12, 16)).repeat(8, 0).repeat(8, 1), 0, 255)


def noisy(picture, sigma, seed):
    return np.clip(picture + np.random.default_rng(seed).normal(0, sigma, picture.shape), 0, 255) / 255


def test_equal_frames_do_not_flicker():
    result = flicker([(still() / 255,) * 3] * 4)
    assert (result.fused, result.ir, result.vis, result.still, result.frames) == (0, 0, 0, 1, 4)
    assert np.isnan(result.ratio)


def test_noise_counts_by_its_own_size():
    """The difference of two frames has the noise of both: sigma times the root of 2."""
    frames = [(noisy(still(), 3, i), noisy(still(), 2, 50 + i), noisy(still(), 1, 90 + i)) for i in range(6)]
    result = flicker(frames)
    assert result.still > 0.99
    for got, sigma in ((result.fused, 3), (result.ir, 2), (result.vis, 1)):
        assert got == pytest.approx(sigma * 2**0.5, rel=0.05)
    assert result.ratio == pytest.approx(1.5, rel=0.05)
    assert flicker(frames, block=16).fused == pytest.approx(3 * 2**0.5 / 16, rel=0.25)


def test_pumping_of_the_fused_picture_alone_counts():
    frames = [((still() + 4 * (i % 2)) / 255, still() / 255, still() / 255) for i in range(5)]
    for block in (1, 16):
        assert flicker(frames, block).fused == pytest.approx(4)
        assert flicker(frames, block).ir == 0


def test_a_gain_jump_of_a_source_is_its_flicker_and_no_motion():
    ir = [still(), 1.2 * still() + 5]
    result = flicker([(still() / 255, picture / 255, still(3) / 255) for picture in np.clip(ir, 0, 255)])
    assert result.still == 1 and result.fused == 0
    assert result.ir == pytest.approx(np.sqrt(np.mean((ir[1] - ir[0]) ** 2)))


def test_where_a_source_moves_nothing_is_compared():
    frames = []
    for i in range(4):
        ir = still(3).copy()
        ir[30:60, 20 + 8 * i : 50 + 8 * i] = 250
        frames.append((ir / 255, ir / 255, still() / 255))
    result = flicker(frames)
    assert result.fused == 0 and 0.5 < result.still < 0.95


def test_the_line_of_a_brightness_change_leaves_out_what_moves():
    before = still().astype(np.float32)
    after = 1.1 * before - 7
    after[20:60, 30:60] = 200
    gain, offset = brightness_change(before, after)
    assert gain == pytest.approx(1.1, abs=0.01) and offset == pytest.approx(-7, abs=0.7)


def test_what_cannot_be_compared_is_nan_or_refused():
    assert np.isnan(flicker([(still() / 255,) * 3]).fused) and flicker([]).frames == 0
    meter = FlickerMeter()
    meter.add(*(still() / 255,) * 3)
    with pytest.raises(ValueError, match="frame 2: sizes"):
        meter.add(*(still()[:50] / 255,) * 3)
    with pytest.raises(OptionError, match="block 0"):
        FlickerMeter(0)
