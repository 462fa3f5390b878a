from fractions import Fraction

import numpy as np
import pytest

from mgfusion.video.frame_planes import Frame
from mgfusion.video.time_pairing import PairingNotes, pair_by_time

PIXELS = np.zeros((2, 2), np.uint8)


def stream(*times):
    return [Frame(Fraction(str(time)), PIXELS) for time in times]


def paired(ir, vis, ir_rate=10, vis_rate=10, offset=0, notes=None):
    pairs = pair_by_time(
        iter(ir), iter(vis), offset=Fraction(str(offset)), ir_step=Fraction(1, ir_rate),
        vis_step=Fraction(1, vis_rate), notes=notes,
    )  # fmt: skip
    return [(float(a.time), float(b.time)) for a, b in pairs]


def test_each_visible_frame_gets_the_nearest_infrared_one():
    ir, vis = stream(*(i / 9 for i in range(9))), stream(*(i / 30 for i in range(30)))
    pairs = paired(ir, vis, 9, 30)
    assert [time for _, time in pairs] == pytest.approx([i / 30 for i in range(30)])
    assert max(abs(a - b) for a, b in pairs[:-2]) <= 1 / 18 + 1e-6


def test_the_faster_infrared_stream_is_thinned():
    assert paired(stream(0, 0.05, 0.1, 0.15, 0.2), stream(0, 0.1, 0.2), 20) == [
        (0, 0),
        (0.1, 0.1),
        (0.2, 0.2),
    ]


@pytest.mark.parametrize(
    ("offset", "expected"), [(0.3, [(0, 0.3), (0.1, 0.4)]), (-0.3, [(0.3, 0), (0.4, 0.1)])]
)
def test_the_offset_is_added_to_infrared_times(offset, expected):
    frames = stream(0, 0.1, 0.2, 0.3, 0.4)
    assert paired(frames, frames, offset=offset)[:2] == expected


def test_only_what_both_cover_is_paired_and_the_rest_is_counted():
    notes = PairingNotes()
    pairs = paired(stream(0, 0.1, 0.2), stream(*(i / 10 for i in range(9))), offset=0.2, notes=notes)
    assert [time for _, time in pairs] == pytest.approx([0.2, 0.3, 0.4])
    assert (notes.before, notes.after) == (2, 1)


def test_a_gap_is_bridged_by_the_nearest_and_told():
    notes = PairingNotes()
    pairs = paired(stream(0, 0.1, 1.0, 1.1), stream(*(i / 10 for i in range(12))), notes=notes)
    assert len(pairs) == 12 and {b: a for a, b in pairs}[0.4] == 0.1
    ((begun, ended),) = notes.gaps
    assert (float(begun), float(ended)) == (0.4, 0.7)


def test_memory_is_two_infrared_frames():
    """A stream of a million frames is read no further than the visible one asks for."""
    read = []

    def endless():
        for i in range(1_000_000):
            read.append(i)
            yield Frame(Fraction(i, 10), PIXELS)

    assert len(paired(endless(), stream(0, 0.1, 0.2))) == 3 and len(read) < 6


def test_nothing_in_common_gives_nothing():
    assert paired(stream(0, 0.1), stream(5, 5.1)) == [] and paired([], stream(0)) == []
