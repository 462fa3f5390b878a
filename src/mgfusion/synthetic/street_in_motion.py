"""The synthetic night street as two cameras film it: people walk, cars drive, the infrared camera misbehaves.

What the fusion of videos must bear is put in on purpose: the infrared camera's own gain jumps, a frame is
lost, and noise differs from frame to frame. Both cameras stand still, so that what doesn't move is known.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from mgfusion.errors import OptionError
from mgfusion.images import from_unit
from mgfusion.synthetic.night_street import street_lamps
from mgfusion.synthetic.scene_pair import SUPERSAMPLING
from mgfusion.synthetic.street_cameras import column_noise, exposed, heat_seen, wet_reflections
from mgfusion.synthetic.street_objects import (
    add_car,
    add_lamp,
    add_person,
    add_sign,
    facing_corners,
    wall_corners,
)
from mgfusion.synthetic.street_surfaces import Bools, Camera, Canvas, Lamp, background

COUNTS = (7000, 9000)
"""The coldest and the hottest of the scene in the counts of the 16-bit camera, while its gain is 1."""


@dataclass(frozen=True)
class FilmedPair:
    """What both cameras give at one time, and what moved since the first frame."""

    time: float
    """Seconds from the first frame."""
    ir: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
    """(H, W): uint8, or counts where they were asked for."""
    vis: npt.NDArray[np.uint8]
    """(H, W, 3) RGB"""
    moving: Bools
    """(H, W): where something that moves is at this time."""


def street_in_motion(
    frames: int = 100,
    seed: int = 0,
    height: int = 480,
    width: int = 640,
    *,
    rate: float = 25.0,
    counts: bool = False,
    gain_jump: int | None = None,
    dropped: tuple[int, ...] = (),
) -> Iterator[FilmedPair]:
    """Draw a night street in motion; the same arguments give the same frames on one machine.

    Args:
        frames: how many times; those of ``dropped`` are left out, for both cameras.
        seed: chooses houses, people, cars, and noise.
        height: pixels, at least 64.
        width: pixels, at least 64.
        rate: frames a second.
        counts: infrared in counts of 16 bits, from ``COUNTS``, instead of 8 bits.
        gain_jump: from this frame on the infrared camera has another gain and offset, 1.25 v - 0.08, as
            automatic gain control does when something hot comes in.
        dropped: frames that were lost on the way.

    Raises:
        OptionError: a side below 64, or a rate that is none.
    """
    if min(height, width) < 64:
        raise OptionError(f"street_in_motion: size {height}x{width}; each side must be at least 64 pixels")
    if not rate > 0:
        raise OptionError(f"street_in_motion: rate {rate}; give frames a second, above 0")
    rng = np.random.default_rng(seed)
    h, w = height * SUPERSAMPLING, width * SUPERSAMPLING
    camera = Camera(h, w, 0.85 * max(w, h * 4 / 3), 0.5 * w, 0.45 * h)
    lamps = street_lamps(rng)
    street = [lamp for lamp in lamps if lamp.street]
    still = background(camera, rng, lamps)
    add_sign(still, "BOOKS", (0.35, 0.75, 1.0), wall_corners(-1, 12.2, 16.2, 3.45, 4.35))
    add_sign(still, "CAFE LUNA", (1.0, 0.35, 0.55), wall_corners(1, 10.6, 16.0, 3.45, 4.35))
    add_sign(still, "HOTEL", (0.35, 1.0, 0.60), facing_corners(4.75, 6.1, 4.5, 5.05, 19.5))
    reflections = wet_reflections(still, street)
    columns = column_noise(rng, width)
    walkers = [_Walker.random(rng, x, z) for x, z in ((-2.3, 7.6), (-4.8, 11.5), (1.2, 15.5), (4.7, 10.4))]
    for index in range(frames):
        time = index / rate
        canvas = replace(
            still,
            light=still.light.copy(),
            heat=still.heat.copy(),
            hot=still.hot.copy(),
            texture=still.texture,
        )
        _populate(canvas, lamps, street, walkers, time)
        vis = exposed(canvas, rng, reflections, (width, height))
        heat = heat_seen(canvas, rng, (width, height), columns)
        if gain_jump is not None and index >= gain_jump:
            heat = 1.25 * heat - 0.08
        ir = (
            np.clip(np.rint(COUNTS[0] + heat * (COUNTS[1] - COUNTS[0])), 0, 65535).astype(np.uint16)
            if counts
            else from_unit(heat, np.uint8)
        )
        if index not in dropped:
            yield FilmedPair(time, ir, vis, _shrunk(canvas.hot, (width, height)))


@dataclass(frozen=True)
class _Walker:
    x: float
    z: float
    height: float
    speed: float  # metres a second, to the right
    phase: float

    @classmethod
    def random(cls, rng: np.random.Generator, x: float, z: float) -> "_Walker":
        speed = float(rng.choice((-1, 1)) * rng.uniform(0.8, 1.4))
        return cls(x, z, float(rng.uniform(1.6, 1.9)), speed, float(rng.uniform(0, 6)))

    def draw(self, canvas: Canvas, lamps: list[Lamp], time: float) -> None:
        step = np.sin(2 * np.pi * 0.9 * time + self.phase)
        x = self.x + _to_and_fro(self.speed * time, 1.6)
        add_person(canvas, lamps, x, self.z, self.height, float(np.sign(self.speed) * (0.85 + 0.15 * step)))


def _populate(
    canvas: Canvas, lamps: list[Lamp], street: list[Lamp], walkers: list[_Walker], time: float
) -> None:
    """From the far end of the street to the near one."""
    away, coming = 9.0 + (time * 4.0) % 26, 34.0 - (time * 5.0) % 24
    things: list[tuple[float, Callable[[], None]]] = [
        (lamp.z, partial(add_lamp, canvas, lamp)) for lamp in street
    ]
    things += [(walker.z, partial(walker.draw, canvas, lamps, time)) for walker in walkers]
    things.append((away, partial(add_car, canvas, lamps, 1.7, away, False)))
    things.append((coming, partial(add_car, canvas, lamps, -1.7, coming, True)))
    for _, draw in sorted(things, key=lambda thing: -thing[0]):
        draw()


def _to_and_fro(distance: float, reach: float) -> float:
    """A walk of so many metres that turns round at each end of ``reach``."""
    at = (distance + reach) % (4 * reach)
    return at - reach if at < 2 * reach else 3 * reach - at


def _shrunk(mask: Bools, size: tuple[int, int]) -> Bools:
    import cv2

    return np.asarray(cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0)
