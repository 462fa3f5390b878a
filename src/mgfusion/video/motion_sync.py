"""How far two clocks are apart, from when things move: motion shows in infrared and in visible alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from mgfusion.errors import VideoError
from mgfusion.images import FloatArray
from mgfusion.video.frame_planes import Frame
from mgfusion.video.paired_streams import PairedStreams, Stream
from mgfusion.video.scene_cuts import thumbnail

Floats = npt.NDArray[np.float64]

_SIZE = (64, 48)
_GRID = 1 / 60  # seconds between the points at which motion energies are compared
_LEAST_SHARED = 2.0  # seconds that both streams must cover at an offset
_LOBE = 0.5  # seconds around the best offset that belong to it
_SURE = 0.5


@dataclass(frozen=True)
class Sync:
    """An estimated offset and how sure it is."""

    offset: float
    """Seconds to add to the infrared stream's times."""
    correlation: float
    """Of the two motion energies at that offset, at most 1."""
    runner_up: float
    """The largest correlation at any offset more than half a second away."""

    @property
    def certainty(self) -> float:
        """0 to 1: how high the best offset stands, and how far above every other."""
        above = (self.correlation - self.runner_up) / max(1e-6, 1 - min(0.999, self.runner_up))
        return float(np.clip(min(self.correlation, 2 * above), 0, 1))

    @property
    def sure(self) -> bool:
        """Whether to rely on it."""
        return self.certainty >= _SURE

    def __str__(self) -> str:
        how = "sure" if self.sure else "not sure"
        return (
            f"offset {self.offset:+.3f} s, certainty {self.certainty:.2f} ({how}): motion correlates "
            f"{self.correlation:.2f} there, {self.runner_up:.2f} at best elsewhere"
        )


def estimate_offset(streams: PairedStreams, *, most: float = 10.0, seconds: float = 60.0) -> Sync:
    """The offset at which both streams move at the same times.

    Motion energy is the mean change of a small picture over a fixed time, its rank among all of the stream's,
    so that exposure, gain jumps and the strength of contrast count little. It needs something that starts,
    stops,
    comes or goes: a camera that pans steadily over a still scene, or a scene without motion, says nothing,
    and the certainty is then low.

    Args:
        streams: two streams; their own offset is ignored.
        most: the largest offset that is looked for, seconds.
        seconds: how much of each stream is looked at, from its beginning.

    Raises:
        VideoError: too little of either to compare.
    """
    step = float(max(Fraction(1, 12), 1 / streams.ir.rate, 1 / streams.vis.rate))
    energies = [_energy(_small(stream, seconds), step, stream.name) for stream in (streams.ir, streams.vis)]
    return correlate(*energies, most=most)


def _small(stream: Stream, seconds: float) -> Iterable[tuple[float, FloatArray]]:
    for frame in stream.frames():
        if float(frame.time) > seconds:
            return
        yield float(frame.time), thumbnail(_unit(frame), _SIZE)


def _unit(frame: Frame) -> FloatArray:
    if frame.y.dtype.kind == "f":
        return frame.y
    return frame.levels.to_unit(frame.y)


def _energy(pictures: Iterable[tuple[float, FloatArray]], step: float, name: str) -> tuple[Floats, Floats]:
    """(times, energies): the change against the frame ``step`` before, at the middle between the two."""
    times: list[float] = []
    kept: list[tuple[float, FloatArray]] = []
    energies: list[float] = []
    for time, picture in pictures:
        kept.append((time, picture))
        while len(kept) > 2 and time - kept[1][0] >= step - 1e-6:
            kept.pop(0)
        before = kept[0]
        if time - before[0] < step - 1e-3:
            continue
        change = picture - before[1]
        change -= np.median(change)
        energies.append(float(np.abs(change).mean()) / (time - before[0]))
        times.append((time + before[0]) / 2)
    if len(times) < 8 or times[-1] - times[0] < _LEAST_SHARED:
        raise VideoError(f"{name}: is too short to find its offset by motion; give --offset")
    return np.array(times), np.array(energies)


def correlate(ir: tuple[Floats, Floats], vis: tuple[Floats, Floats], *, most: float) -> Sync:
    """The best offset of two (times, energies); see :func:`estimate_offset`.

    Raises:
        VideoError: they share too little time at every offset.
    """
    first, second = (_ranked(*energy) for energy in (ir, vis))
    shift = round((ir[0][0] - vis[0][0]) / _GRID)
    least = int(max(_LEAST_SHARED / _GRID, 0.3 * min(len(first), len(second))))
    lags = np.arange(-round(most / _GRID), round(most / _GRID) + 1)
    scores = np.full(len(lags), -1.0)
    for i, lag in enumerate(lags):
        begin = lag + shift  # where the infrared series starts in the visible one
        a = first[max(0, -begin) : max(0, len(second) - begin)]
        b = second[max(0, begin) : max(0, begin) + len(a)]
        a = a[: len(b)]
        if len(a) < least:
            continue
        x, y = a - a.mean(), b - b.mean()
        scale = np.sqrt((x * x).sum() * (y * y).sum())
        scores[i] = float((x * y).sum() / scale) if scale > 1e-9 else 0.0
    best = int(np.argmax(scores))
    if scores[best] <= -1:
        raise VideoError(
            "the two streams are too short, or too unlike in length, to find their offset by motion"
        )
    away = np.abs(lags - lags[best]) * _GRID > _LOBE
    runner_up = float(scores[away].max()) if away.any() else 0.0
    return Sync(float(lags[best] + _peak(scores, best)) * _GRID, float(scores[best]), max(0.0, runner_up))


def _ranked(times: Floats, energies: Floats) -> Floats:
    """Energies on an even grid, as ranks from 0 to 1, less their slow course."""
    from scipy.ndimage import gaussian_filter1d
    from scipy.stats import rankdata

    grid = np.arange(times[0], times[-1], _GRID)
    even = np.interp(grid, times, energies)
    ranks = rankdata(even) / len(even)
    smooth = gaussian_filter1d(ranks, 0.05 / _GRID)
    slow = gaussian_filter1d(ranks, min(4.0 / _GRID, len(ranks) / 3), mode="nearest")
    ranked: Floats = smooth - slow
    return ranked


def _peak(scores: Floats, best: int) -> float:
    """Where between the points the parabola through the best and its neighbours is highest."""
    if not 0 < best < len(scores) - 1:
        return 0.0
    left, middle, right = scores[best - 1 : best + 2]
    bend = left - 2 * middle + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0
