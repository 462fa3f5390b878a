import numpy as np
import pytest

from mgfusion.video.steady_range import SteadyRange


def scene(seed=0, shape=(96, 128)):
    """A warm street with someone hot, in [0, 1] of the camera's full scale: little of 16 bits."""
    rng = np.random.default_rng(seed)
    picture = 0.11 + 0.01 * np.linspace(0, 1, shape[1])[None] + rng.normal(0, 0.0004, shape)
    picture[20:60, 30:45] = 0.135
    return picture.astype(np.float32)


def shown(range_, picture, seconds=0.04):
    low, high = range_.follow(picture, seconds)
    return np.clip((picture - low) / (high - low), 0, 1)


def test_a_jump_of_the_cameras_gain_does_not_show():
    steady = SteadyRange("counts")
    before = shown(steady, scene())
    after = shown(steady, 1.4 * scene(1) - 0.02)
    assert np.abs(after - before).mean() < 0.04
    alone = SteadyRange("levels")
    dark = np.clip(scene() * 6 - 0.3, 0, 1)
    first = shown(alone, dark)
    jumped = shown(alone, 0.8 * dark + 0.1)
    assert np.abs(jumped - first).mean() < 0.03


def test_eight_bits_ease_back_to_their_own_range():
    steady = SteadyRange("levels")
    picture = np.clip(scene() * 6 - 0.3, 0, 1).astype(np.float32)
    shown(steady, picture)
    shown(steady, 0.8 * picture + 0.1)
    assert (steady.low, steady.high) != (0.0, 1.0)
    steps = [steady.follow(0.8 * picture + 0.1, 0.04) for _ in range(200)]
    assert steps[-1] == pytest.approx((0, 1), abs=1e-3)
    moved = np.abs(np.diff([low for low, _ in steps]))
    assert moved.max() < 0.01  # never a step that is seen


def test_the_range_stays_while_the_scene_hardly_changes_and_follows_what_does():
    steady = SteadyRange("counts")
    first = steady.follow(scene(), 0.04)
    assert all(steady.follow(scene(seed), 0.04) == first for seed in range(1, 6))
    hot = scene()
    hot[60:90, 60:120] = 0.2  # far hotter than anything so far
    second = steady.follow(hot, 0.04)
    assert first[1] < second[1] < 0.15  # slowly
    for _ in range(200):
        last = steady.follow(hot, 0.04)
    assert last[1] == pytest.approx(0.2, abs=0.005)


def test_a_closed_shutter_changes_nothing():
    steady = SteadyRange("counts")
    first = steady.follow(scene(), 0.04)
    assert steady.follow(np.full((96, 128), 0.3, np.float32), 0.04) == first
    assert steady.follow(scene(3), 0.04) == first


def test_another_scene_starts_anew():
    steady = SteadyRange("counts")
    steady.follow(scene(), 0.04)
    other = np.random.default_rng(5).uniform(0.3, 0.4, (12, 16)).astype(np.float32).repeat(8, 0).repeat(8, 1)
    assert steady.follow(other, 0.04) == pytest.approx((0.3, 0.4), abs=0.01)


def test_the_first_frame_is_scaled_as_a_picture_alone():
    from mgfusion.thermal import infrared_to_unit

    counts = np.rint(scene() * 65535).astype(np.uint16)
    unit = shown(SteadyRange("counts"), counts / np.float32(65535))
    assert np.abs(unit - infrared_to_unit(counts)).max() < 0.02


def test_going_on_from_a_state_gives_the_same():
    one = SteadyRange("counts")
    for seed in range(3):
        one.follow(scene(seed), 0.04)
    two = SteadyRange("counts")
    two.restore(one.state())
    jumped = 1.3 * scene(9)
    assert one.follow(jumped, 0.04) == two.follow(jumped, 0.04)
