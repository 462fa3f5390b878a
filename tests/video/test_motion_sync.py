import numpy as np
import pytest

from mgfusion.errors import VideoError
from mgfusion.video.motion_sync import _energy, correlate


def filmed(rate, start, speeds, contrast, seed, seconds=14):
    """A bar that moves at changing speeds, as a camera sees it that starts at a time."""
    rng = np.random.default_rng(seed)
    across = np.arange(64)
    for i in range(int(rate * seconds)):
        at = np.interp(start + i / rate, np.arange(len(speeds)) * 0.7, np.cumsum(speeds)) % 40
        bar = np.clip(np.minimum(across - at + 1, at + 12 - across), 0, 1)
        picture = 0.4 + contrast * bar[None] * np.ones((48, 1)) + rng.normal(0, 0.005, (48, 64))
        yield i / rate, picture.astype(np.float32)


def speeds(seed):
    rng = np.random.default_rng(seed)
    return np.abs(rng.normal(0, 4, 60)) * (rng.random(60) < 0.6)


def sync(ir, vis, most=6.0):
    return correlate(_energy(ir, 1 / 9, "ir"), _energy(vis, 1 / 9, "vis"), most=most)


@pytest.mark.parametrize("offset", [-2.8, 0.0, 1.23])
def test_the_offset_is_found_over_rates_and_contrasts(offset):
    found = sync(filmed(9, 5 + offset, speeds(1), -0.2, 1), filmed(25, 5, speeds(1), 0.3, 2))
    assert found.offset == pytest.approx(offset, abs=0.06) and found.sure
    assert f"offset {found.offset:+.3f} s" in str(found) and "(sure)" in str(found)


@pytest.mark.parametrize(
    "other", [speeds(2), np.zeros(60), np.full(60, 3.0)], ids=["unrelated", "still", "steady"]
)
def test_what_says_nothing_is_not_sure(other):
    vis = speeds(1) if other.any() and other.std() else other
    found = sync(filmed(9, 5, other, 0.2, 1), filmed(25, 5, vis, 0.3, 2))
    assert not found.sure and "(not sure)" in str(found)


def test_too_little_is_refused():
    with pytest.raises(VideoError, match="ir: is too short"):
        sync(filmed(9, 5, speeds(1), 0.2, 1, seconds=1), filmed(25, 5, speeds(1), 0.3, 2))
