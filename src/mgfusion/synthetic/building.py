"""A house by day: its colours for the eye, its lost heat, pipes and damp for the thermal camera."""

import numpy as np

from mgfusion.synthetic.scene_pair import Scene, photograph
from mgfusion.synthetic.scenery import add_walkers, level_camera, places, soft_noise
from mgfusion.synthetic.street_objects import add_sign, facing_corners
from mgfusion.synthetic.street_surfaces import Camera, Canvas, fraction, lattice_noise

_FACADE, _FLOOR, _BAY = 19.0, 3.1, 2.7
_PEOPLE = ((-5.0, 15.0, 1.76, 1.1), (4.4, 16.5, 1.68, -0.9))


def building(seed: int = 0, height: int = 480, width: int = 640, seconds: float = 0.0) -> Scene:
    """Draw the house; the same arguments give the same scene.

    Args:
        seed: chooses which windows leak, and noise.
        height, width: pixels, at least 64.
        seconds: how long people have been walking and clouds, mirrored in the windows, drifting.

    Raises:
        OptionError: a side below 64.
    """
    rng = np.random.default_rng(seed)
    camera = level_camera("building", height, width)
    canvas = _front(camera, rng, seconds)
    add_sign(canvas, "LIBRARY", (0.9, 0.75, 0.3), facing_corners(-2.1, 2.1, 2.55, 3.2, _FACADE - 0.1))
    add_walkers(canvas, _PEOPLE, seconds, (0.10, 0.12, 0.20))
    return photograph(canvas, np.random.default_rng([seed, round(seconds * 1000)]), [], height, width)


def _front(camera: Camera, rng: np.random.Generator, seconds: float) -> Canvas:
    """Plaster, windows and balconies; warm lintels, a pipe in the wall, a damp corner; a lawn before it."""
    x, y, z, ground = places(camera, _FACADE)
    sun = 0.75 + 0.25 * np.clip((x + 6) / 12, 0, 1)
    plaster = 0.92 + 0.16 * lattice_noise(rng, x / 0.05 + 999, y / 0.05)
    light = plaster[..., None] * np.array((0.52, 0.40, 0.26), np.float32)
    base = y < 0.9
    light[base] = (0.30, 0.28, 0.27)
    light[(np.abs(fraction(x / 0.8) - 0.5) > 0.47) & base] = (0.16, 0.15, 0.15)
    heat = 0.30 + 0.05 * soft_noise(rng, x.shape, 0.35 * camera.width)
    heat += 0.10 * (np.abs(fraction(y / _FLOOR) - 0.02) < 0.05)  # ceilings conduct
    across, up = fraction(x / _BAY + 0.5) - 0.5, fraction(y / _FLOOR)
    frame = (np.abs(across) < 0.29) & (up > 0.27) & (up < 0.86) & (y > _FLOOR * 0.1)
    glass = (np.abs(across) < 0.25) & (up > 0.31) & (up < 0.82) & frame & (np.abs(across) > 0.012)
    leaks = lattice_noise(rng, x / _BAY + 100.5, y / _FLOOR + 100)
    cloud = soft_noise(rng, x.shape, 0.25 * camera.width, (0.05 * seconds * camera.width, 0.0))
    mirrored = np.array((0.16, 0.24, 0.36), np.float32) + (0.45 * cloud)[..., None].astype(np.float32)
    light[frame] = (0.78, 0.76, 0.72)
    light[glass] = mirrored[glass]
    heat = np.where(glass, 0.36 + 0.10 * (leaks > 0.5), heat)
    heat = np.where(frame & ~glass, 0.50 + 0.22 * (leaks > 0.6), heat)
    above = (leaks > 0.75) & (np.abs(across) < 0.33) & (up > 0.84)  # warm air out of a window's top
    heat += 0.25 * above * np.exp(-np.maximum(up - 0.84, 0) / 0.05)
    pipe = (np.abs(x - 3.95) < 0.07) & (y < 5.6) | (np.abs(y - 5.6) < 0.07) & (np.abs(x - 4.9) < 0.98)
    heat = np.where(pipe & ~frame, 0.80, heat)
    damp = np.exp(-(((x + 5.6) / 1.2) ** 2) - ((y - 0.6) / 1.3) ** 2)
    heat = heat - 0.20 * damp * soft_noise(rng, x.shape, 0.1 * camera.width)
    rail = (np.abs(up - 0.30) < 0.02) | ((up > 0.12) & (up < 0.30) & (fraction(x / 0.14) < 0.22))
    balcony = rail & (np.abs(across) < 0.36) & (y > _FLOOR)
    light[balcony], heat = (0.05, 0.07, 0.06), np.where(balcony, 0.27, heat)
    light *= sun[..., None].astype(np.float32)
    grass = soft_noise(rng, x.shape, 0.02 * camera.width)
    light[ground] = ((0.5 + 0.9 * grass)[..., None] * np.array((0.10, 0.21, 0.06), np.float32))[ground]
    path = ground & (np.abs(z - 15.5) < 1.6)
    stone = 0.34 + 0.12 * lattice_noise(rng, x / 0.7 + 99, z / 0.7)
    light[path] = stone[path, None]
    heat = np.where(ground, np.where(path, 0.36, 0.22 + 0.04 * grass), heat)
    hot = pipe & ~frame & ~ground
    return Canvas(camera, light.astype(np.float32), heat.astype(np.float32), hot, ~glass & ~ground | path)
