"""The infrared range over time: steady where the camera's own gain jumps, slow where the scene changes."""

import math
from typing import Literal

import numpy as np

from mgfusion.images import Array, FloatArray
from mgfusion.video.scene_cuts import is_cut, thumbnail

Kind = Literal["levels", "counts", "degrees"]
KINDS: tuple[Kind, ...] = ("levels", "counts", "degrees")

_CLIPPED = 0.1  # percent of pixels at each end, as mgfusion.thermal does it for one picture
_LEAST_SPAN = {"counts": 64 / 65535, "degrees": 1.0}  # a flat scene is noise
_SAMPLES = 20_000  # pixels that percentiles are taken from
_HYSTERESIS = 0.10  # of the span: the range stays while the picture's own is off by no more
_SECONDS = 1.0  # in which the range goes two thirds of its way
_FIT = (64, 48)  # size at which a jump of gain is looked for
_JUMP = 0.02  # of the span, on average: a change this large is a jump
_FOLLOWS = 0.6  # the share of pixels that must follow the straight line of a jump
_STRAIGHT = 0.8  # their correlation at least
_FLAT = 0.1  # of the contrast before: a closed shutter


class SteadyRange:
    """(low, high) for each infrared frame in turn.

    A jump of the camera's own gain or offset moves nearly all pixels along one straight line at once; the
    range goes along, so that what is shown stays as it was, and then eases back to where it belongs.
    Otherwise the range follows the picture's percentiles slowly, and not at all while they stay near. A frame
    without contrast (a closed shutter) changes nothing; a scene cut starts anew.

    Args:
        kind: what is followed. ``counts`` of 16 bits, as [0, 1], and ``degrees``, any floats, by their
            percentiles; ``levels``, 8 bits and floats in [0, 1], belong at (0, 1).
    """

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind
        self._stretch = kind != "levels"
        self.low, self.high = 0.0, 1.0
        self._target = (0.0, 1.0)
        self._before: FloatArray | None = None

    def follow(self, ir: FloatArray, seconds: float) -> tuple[float, float]:
        """The range for the next frame.

        Args:
            ir: (H, W), float32, finite.
            seconds: since the frame before.

        Returns:
            What becomes 0 and 1, in the unit of ``ir``.
        """
        small, before = thumbnail(ir, _FIT), self._before
        if before is None:
            return self._anew(ir, small)
        if float(small.std()) < _FLAT * float(before.std()):
            return self.low, self.high
        self._before = small
        span = self.high - self.low
        scaled = [np.clip((part - self.low) / span, 0, 1) for part in (before, small)]
        line = _straight_line(before, small, self.low, self.high, self._stretch)
        if line is not None:
            gain, shift = line
            self.low, self.high = gain * self.low + shift, gain * self.high + shift
            self._target = (gain * self._target[0] + shift, gain * self._target[1] + shift)
        elif is_cut(scaled[0], scaled[1]):
            return self._anew(ir, small)
        self._ease(ir, seconds)
        return self.low, self.high

    def _anew(self, ir: FloatArray, small: FloatArray) -> tuple[float, float]:
        self._before = small
        self.low, self.high = self._target = self._wanted(ir)
        return self.low, self.high

    def _ease(self, ir: FloatArray, seconds: float) -> None:
        wanted = self._wanted(ir)
        near = _HYSTERESIS * (self._target[1] - self._target[0]) if self._stretch else 0.0
        self._target = tuple(  # type: ignore[assignment]
            there if abs(want - there) <= near else want
            for there, want in zip(self._target, wanted, strict=True)
        )
        share = 1 - math.exp(-max(0.0, seconds) / _SECONDS)
        self.low += share * (self._target[0] - self.low)
        self.high += share * (self._target[1] - self.high)

    def _wanted(self, ir: FloatArray) -> tuple[float, float]:
        """As :func:`mgfusion.thermal.infrared_to_unit` does it for one picture."""
        if not self._stretch:
            return 0.0, 1.0
        step = max(1, math.isqrt(ir.size // _SAMPLES))
        low, high = (float(v) for v in np.percentile(ir[::step, ::step], (_CLIPPED, 100 - _CLIPPED)))
        if self.kind == "counts" and high - low >= 0.5:
            return 0.0, 1.0
        missing = max(0.0, _LEAST_SPAN[self.kind] - (high - low))
        return low - missing / 2, high + missing / 2

    def state(self) -> dict[str, Array]:
        """All that the next range depends on, as arrays."""
        state: dict[str, Array] = {"range": np.array([self.low, self.high, *self._target])}
        return state if self._before is None else {**state, "range_before": self._before}

    def restore(self, state: dict[str, Array]) -> None:
        """Go on from :meth:`state`."""
        self.low, self.high, *target = (float(value) for value in state["range"])
        self._target = (target[0], target[1])
        self._before = state.get("range_before")


def _straight_line(
    before: FloatArray, after: FloatArray, low: float, high: float, counts: bool
) -> tuple[float, float] | None:
    """(gain, shift) where nearly all pixels went along one line by more than a little; None otherwise."""
    span = high - low
    x, y = before.ravel().astype(np.float64), after.ravel().astype(np.float64)
    if not counts:  # 8 bits: what is black or white has nowhere to go
        inside = (x > 0.01) & (x < 0.99) & (y > 0.01) & (y < 0.99)
        x, y = x[inside], y[inside]
    if len(x) < 0.2 * before.size or np.ptp(x) < 0.02 * span:
        return None
    if float(np.median(np.abs(y - x))) < _JUMP / 2 * span and float(np.abs(y - x).mean()) < _JUMP * span:
        return None
    kept = np.ones(len(x), bool)
    for _ in range(4):
        gain, shift = (float(value) for value in np.polyfit(x[kept], y[kept], 1))
        rest = np.abs(y - gain * x - shift)
        near = 3 * 1.4826 * float(np.median(rest)) + 0.002 * span
        kept = rest <= near
    moved = float(np.abs((gain - 1) * x[kept] + shift).mean())
    follows = (
        kept.mean() >= _FOLLOWS
        and float(rest[kept].mean()) < 0.25 * moved
        and float(np.corrcoef(x[kept], y[kept])[0, 1]) > _STRAIGHT
    )
    return (gain, shift) if follows and 0.2 < gain < 5 and moved >= _JUMP * span else None
