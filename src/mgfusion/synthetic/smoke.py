"""A burning yard: smoke hides people, a door and a sign's half from the eye, not from the thermal camera."""

import numpy as np

from mgfusion.synthetic.scene_pair import Scene, photograph
from mgfusion.synthetic.scenery import add_walkers, level_camera, places, soft_noise
from mgfusion.synthetic.street_objects import add_sign, facing_corners
from mgfusion.synthetic.street_surfaces import Camera, Canvas, Floats, fraction, lattice_noise

_WALL = 11.0
_PEOPLE = ((-2.6, 9.0, 1.78, 0.5), (0.3, 8.2, 1.84, -0.45), (2.3, 9.6, 1.70, -0.4))


def smoke(seed: int = 0, height: int = 480, width: int = 640, seconds: float = 0.0) -> Scene:
    """Draw the yard; the same arguments give the same scene.

    Args:
        seed: chooses bricks, clouds and noise.
        height, width: pixels, at least 64.
        seconds: how long people have been walking and smoke drifting.

    Raises:
        OptionError: a side below 64.
    """
    rng = np.random.default_rng(seed)
    camera = level_camera("smoke", height, width)
    canvas = _yard(camera, rng)
    add_sign(canvas, "STAIRS 2", (0.55, 1.0, 0.6), facing_corners(-4.4, -2.0, 2.75, 3.3, _WALL - 0.1))
    add_walkers(canvas, _PEOPLE, seconds, (0.05, 0.055, 0.06))
    _add_fire(canvas, rng, seconds)
    _add_smoke(canvas, rng, seconds)
    return photograph(canvas, np.random.default_rng([seed, round(seconds * 1000)]), [], height, width)


def _yard(camera: Camera, rng: np.random.Generator) -> Canvas:
    """A brick wall with a steel door and a window, and a tiled ground."""
    x, y, z, ground = places(camera, _WALL)
    row, column = y / 0.11, x / 0.34
    column = column + 0.5 * (np.floor(row) % 2)
    bricks = 0.6 + 0.6 * lattice_noise(rng, column + 99, row + 99)
    light = bricks[..., None] * np.array((0.30, 0.16, 0.11), np.float32)
    light[(fraction(row) < 0.18) | (fraction(column) < 0.07)] = (0.33, 0.31, 0.28)
    heat = 0.24 + 0.03 * soft_noise(rng, x.shape, 0.4 * camera.width)
    door = (np.abs(x - 0.9) < 0.62) & (y < 2.3)
    light[door] = (0.10, 0.16, 0.24)
    light[door & (np.abs(fraction(y / 0.46) - 0.5) < 0.05)] = (0.05, 0.08, 0.12)
    heat = np.where(door, 0.55 - 0.08 * y, heat)  # the fire is behind it
    window = (np.abs(x - 3.6) < 0.8) & (np.abs(y - 2.0) < 0.7)
    light[window] = (0.30, 0.36, 0.42)
    light[window & ((np.abs(x - 3.6) < 0.04) | (np.abs(y - 2.0) < 0.04))] = 0.6
    heat = np.where(window, 0.32, heat)
    tile = 0.20 + 0.10 * lattice_noise(rng, x / 0.6 + 99, z / 0.6)
    tile = np.where((fraction(x / 0.6) < 0.05) | (fraction(z / 0.6) < 0.05), 0.09, tile)
    light[ground], heat[ground] = tile[ground, None], 0.21
    stripe = ground & (np.abs(z - 7.0) < 0.09)
    light[stripe] = (0.75, 0.62, 0.10)
    return Canvas(camera, light.astype(np.float32), heat.astype(np.float32), np.zeros(z.shape, bool), z > 0)


def _add_fire(canvas: Canvas, rng: np.random.Generator, seconds: float) -> None:
    """Flames at the wall's foot."""
    x, y, _, _ = places(canvas.camera, _WALL - 0.5)
    rise = soft_noise(rng, x.shape, 0.05 * canvas.camera.width, (0.0, -0.35 * seconds * canvas.camera.height))
    tongue = 1.25 - np.abs(x + 4.2) / 0.9 - np.maximum(y, 0) / (0.5 + 1.4 * rise)
    burning = (tongue > 0.25) & (y > -0.2)
    glow = np.clip(tongue, 0, 1)[..., None]
    canvas.light[burning] = (np.array((2.2, 0.9, 0.15), np.float32) * (0.4 + 1.2 * glow))[burning]
    halo = np.exp(-(((x + 4.2) / 2.0) ** 2) - ((y - 0.6) / 1.6) ** 2)
    canvas.light += halo[..., None] * np.array((0.30, 0.12, 0.02), np.float32)
    canvas.heat = np.where(burning, 1.0, canvas.heat)
    canvas.hot |= burning


def _add_smoke(canvas: Canvas, rng: np.random.Generator, seconds: float) -> None:
    """Grey clouds that drift to the right: opaque to the eye, a thin haze to the thermal camera."""
    camera, (x, y, _, _) = canvas.camera, places(canvas.camera, 8.0)
    drift = (0.06 * seconds * camera.width, -0.03 * seconds * camera.height)
    cloud = soft_noise(rng, x.shape, 0.30 * camera.width, drift)
    where: Floats = np.exp(-(((x + 0.8) / 3.6) ** 2) - ((y - 1.2) / 1.9) ** 2)
    thick = np.clip(1.9 * where * (0.35 + 0.9 * cloud) - 0.22, 0, 0.97)[..., None]
    grey = np.array((0.36, 0.36, 0.37), np.float32) * (0.75 + 0.5 * cloud)[..., None]
    canvas.light = (canvas.light * (1 - thick) + grey * thick).astype(np.float32)
    thin = 0.18 * thick[..., 0]
    canvas.heat = (canvas.heat * (1 - thin) + 0.30 * thin).astype(np.float32)
    canvas.texture &= thick[..., 0] < 0.5
