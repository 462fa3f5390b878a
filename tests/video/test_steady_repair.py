"""Infrared repaired over time."""

import numpy as np
import pytest

from mgfusion.video import steady_repair
from mgfusion.video.steady_repair import SteadyRepair


@pytest.fixture
def looks(monkeypatch) -> list[float]:
    seen = []

    def watched(ir):
        seen.append(float(ir[0, 0]))
        if ir[0, 0] > 0.8:  # a dead pixel, say
            return np.minimum(ir, np.float32(0.5)), None
        return ir, None

    monkeypatch.setattr(steady_repair, "repair_infrared", watched)
    return seen


def frame(corner: float) -> np.ndarray:
    ir = np.full((20, 20), 0.5, np.float32)
    ir[0, 0] = corner
    return ir


def test_sound_infrared_is_looked_at_now_and_then(looks):
    repair = SteadyRepair(every=4)
    for _ in range(9):
        assert repair.follow(frame(0.5))[0][0, 0] == 0.5
    assert len(looks) == 3
    repair.follow(frame(0.5), cut=True)
    assert len(looks) == 4


def test_faults_are_repaired_in_each_frame_until_they_are_gone(looks):
    repair = SteadyRepair(every=4)
    for _ in range(6):
        assert repair.follow(frame(0.9))[0][0, 0] == 0.5
    for _ in range(3):
        repair.follow(frame(0.5))
    assert len(looks) in (7, 8)


def test_it_goes_on_from_a_state(looks):
    one, other = SteadyRepair(every=4), SteadyRepair(every=4)
    for _ in range(3):
        one.follow(frame(0.5))
    other.restore(one.state())
    looks.clear()
    for repair in (one, other):
        for _ in range(3):
            repair.follow(frame(0.5))
    assert len(looks) == 2
