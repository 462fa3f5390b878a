"""Frames of two streams paired by their times."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from mgfusion.video.frame_planes import Frame

Pair = tuple[Frame, Frame]
"""(ir, vis); the time of the pair is that of the visible frame."""


@dataclass
class PairingNotes:
    """What could not be paired, for a line at the end."""

    before: int = 0
    """Visible frames before the first infrared one."""
    after: int = 0
    """Visible frames after the last infrared one that were seen; reading stops at the first."""
    gaps: list[tuple[Fraction, Fraction]] = field(default_factory=list)
    """Stretches of time in which the nearest infrared frame was far."""


def pair_by_time(
    ir: Iterable[Frame],
    vis: Iterable[Frame],
    *,
    offset: Fraction = Fraction(0),
    ir_step: Fraction,
    vis_step: Fraction,
    notes: PairingNotes | None = None,
) -> Iterator[Pair]:
    """Each visible frame with the infrared frame nearest in time; of infrared frames two are held.

    Visible frames before the infrared stream by more than half a step of the slower one, or after its last
    frame's time, are left out, so that no infrared frame is shown at a time that it does not belong to;
    inside, the nearest stands in for what was lost.

    Args:
        ir, vis: in order of time.
        offset: seconds added to the infrared stream's times.
        ir_step, vis_step: seconds between frames, about.
        notes: filled with what could not be paired.
    """
    notes = notes if notes is not None else PairingNotes()
    reach = max(ir_step, vis_step) / 2 + Fraction(1, 10_000)
    shown = max(ir_step, reach)  # how long the last infrared frame holds
    far = 2 * max(ir_step, vis_step)
    later = iter(ir)
    near = next(later, None)
    if near is None:
        return
    following = next(later, None)

    first = near.time + offset
    for frame in vis:
        time = frame.time
        while following is not None and abs(following.time + offset - time) <= abs(near.time + offset - time):
            near, following = following, next(later, None)
        away = near.time + offset - time
        if first - time > reach:
            notes.before += 1
            continue
        if following is None and -away >= shown:
            notes.after += 1
            return
        if abs(away) > far:
            begun = notes.gaps.pop()[0] if notes.gaps and time - notes.gaps[-1][1] <= far else time
            notes.gaps.append((begun, time))
        yield near, frame
