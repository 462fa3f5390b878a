import numpy as np
import pytest

from mgfusion.errors import OptionError
from mgfusion.synthetic.street_in_motion import COUNTS, street_in_motion


@pytest.fixture(scope="module")
def filmed():
    return list(street_in_motion(8, 2, 96, 128, gain_jump=5, dropped=(3,)))


def test_frames_have_times_and_one_was_lost(filmed):
    assert [round(pair.time * 25) for pair in filmed] == [0, 1, 2, 4, 5, 6, 7]
    assert all(pair.ir.shape == (96, 128) and pair.vis.shape == (96, 128, 3) for pair in filmed)


def test_people_and_cars_move_and_the_street_does_not(filmed):
    first, last = filmed[0], filmed[3]
    assert (first.moving != last.moving).mean() > 0.005
    still = ~(first.moving | last.moving)
    change = np.abs(first.vis.astype(int) - last.vis).mean(axis=2)
    assert (
        change[still].mean() < 5 < np.abs(first.ir.astype(int) - last.ir)[first.moving ^ last.moving].mean()
    )
    assert first.ir[first.moving].mean() > 2 * first.ir[~first.moving].mean()


def test_the_gain_jumps_once(filmed):
    levels = [np.median(pair.ir[~pair.moving].astype(float)) for pair in filmed]
    assert np.ptp(levels[:4]) < 2 and np.ptp(levels[4:]) < 2
    assert levels[4] == pytest.approx(1.25 * levels[3] - 0.08 * 255, abs=2)


def test_counts_span_little_of_16_bits():
    (pair,) = street_in_motion(1, 2, 96, 128, counts=True)
    assert pair.ir.dtype == np.uint16 and COUNTS[0] - 200 < pair.ir.min() < pair.ir.max() < COUNTS[1] + 200


def test_the_same_arguments_give_the_same_frames(filmed):
    again = list(street_in_motion(8, 2, 96, 128, gain_jump=5, dropped=(3,)))
    for one, two in zip(filmed, again, strict=True):
        np.testing.assert_array_equal(one.ir, two.ir)
        np.testing.assert_array_equal(one.vis, two.vis)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(OptionError, match="size 63x96"):
        next(street_in_motion(1, 0, 63, 96))
    with pytest.raises(OptionError, match="rate 0"):
        next(street_in_motion(1, 0, 64, 96, rate=0))
