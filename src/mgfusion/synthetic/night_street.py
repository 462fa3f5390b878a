"""A synthetic night street, seen by two cameras, with masks of what only one of them sees.

It is the demo pair of the package and a test instrument: ``hot_contrast_kept`` and ``texture_kept`` say how
much of what each camera alone has seen is left in a fused picture.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from mgfusion.errors import OptionError
from mgfusion.synthetic.scene_pair import SUPERSAMPLING, Scene, photograph
from mgfusion.synthetic.street_objects import (
    add_car,
    add_lamp,
    add_person,
    add_sign,
    facing_corners,
    wall_corners,
)
from mgfusion.synthetic.street_surfaces import Camera, Canvas, Lamp, background


def night_street(seed: int = 0, height: int = 480, width: int = 640) -> Scene:
    """Draw a night street; the same seed and size give the same scene, bit for bit, on one machine.

    Args:
        seed: chooses houses, people, cars, and noise.
        height: pixels, at least 64.
        width: pixels, at least 64.

    Raises:
        OptionError: a side below 64.
    """
    if min(height, width) < 64:
        raise OptionError(f"night_street: size {height}x{width}; each side must be at least 64 pixels")
    rng = np.random.default_rng(seed)
    h, w = height * SUPERSAMPLING, width * SUPERSAMPLING
    camera = Camera(h, w, 0.85 * max(w, h * 4 / 3), (0.5 + rng.uniform(-0.04, 0.04)) * w, 0.45 * h)
    lamps = street_lamps(rng)
    canvas = background(camera, rng, lamps)
    _populate(canvas, rng, lamps)
    return photograph(canvas, rng, [lamp for lamp in lamps if lamp.street], height, width)


def street_lamps(rng: np.random.Generator) -> list[Lamp]:
    """Four street lamps and three lit shop fronts."""
    warm, white = np.array((1.0, 0.70, 0.36)), np.array((0.80, 0.90, 1.0))
    street = [
        Lamp(side * 3.3, 5.2, z + rng.uniform(-0.7, 0.7), _rgb(power * (warm if warm_one else white)))
        for side, z, power, warm_one in (
            (-1, 11.0, 2.6, True),
            (1, 18.0, 3.0, True),
            (-1, 27.0, 4.0, False),
            (1, 39.0, 5.0, True),
        )
    ]
    shops = [
        Lamp(side * 5.3, 1.6, z, _rgb(0.30 * warm), street=False)
        for side, z in ((1, 9.5), (1, 14.5), (-1, 16.0))
    ]
    return street + shops


def _rgb(colour: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    return float(colour[0]), float(colour[1]), float(colour[2])


def _populate(canvas: Canvas, rng: np.random.Generator, lamps: list[Lamp]) -> None:
    """Signs first, then everything else from the far end of the street to the near one."""
    add_sign(canvas, "BOOKS", (0.35, 0.75, 1.0), wall_corners(-1, 12.2, 16.2, 3.45, 4.35))
    add_sign(canvas, "CAFE LUNA", (1.0, 0.35, 0.55), wall_corners(1, 10.6, 16.0, 3.45, 4.35))
    things: list[tuple[float, Callable[[], None]]] = [
        (lamp.z, partial(add_lamp, canvas, lamp)) for lamp in lamps if lamp.street
    ]
    hotel = facing_corners(4.75, 6.1, 4.5, 5.05, 19.5)
    things.append((19.5, partial(add_sign, canvas, "HOTEL", (0.35, 1.0, 0.60), hotel)))
    people = ((-2.3, 7.6), (-4.8, 11.5), (-4.2, 12.2), (0.7, 15.5), (4.7, 10.4), (1.6, 26.0), (-1.9, 21.0))
    for x, z in people[: 5 + int(rng.integers(0, 3))]:
        z += rng.uniform(-0.4, 0.4)
        who = (
            x + rng.uniform(-0.4, 0.4),
            z,
            rng.uniform(1.58, 1.92),
            rng.choice((-1, 1)) * rng.uniform(0.75, 1.0),
        )
        things.append((z, partial(add_person, canvas, lamps, *who)))
    for x, z, front in ((2.55, 11.8, False), (2.7, 19.5, False), (-2.7, 17.0, True)):
        x, z = x + rng.uniform(-0.15, 0.15), z + rng.uniform(-0.8, 0.8)
        things.append((z, partial(add_car, canvas, lamps, x, z, front)))
    for _, draw in sorted(things, key=lambda thing: -thing[0]):
        draw()
