"""People in the wood at dusk: leaves and bark for the eye, people in green for the thermal camera."""

import numpy as np

from mgfusion.synthetic.scene_pair import Scene, photograph
from mgfusion.synthetic.scenery import add_walkers, level_camera, places, soft_noise
from mgfusion.synthetic.street_surfaces import Camera, Canvas, Floats

_DEEP = 34.0
_PEOPLE = ((-3.6, 14.0, 1.80, 0.8), (2.6, 17.5, 1.72, -0.7), (0.6, 11.0, 1.76, 0.6), (5.6, 23.0, 1.78, -0.8))


def wood(seed: int = 0, height: int = 480, width: int = 640, seconds: float = 0.0) -> Scene:
    """Draw the wood; the same arguments give the same scene.

    Args:
        seed: chooses trees, leaves and noise.
        height, width: pixels, at least 64.
        seconds: how long people have been walking.

    Raises:
        OptionError: a side below 64.
    """
    rng = np.random.default_rng(seed)
    camera = level_camera("wood", height, width)
    canvas = _ground_and_leaves(camera, rng)
    trees = [(rng.uniform(-0.62, 0.62) * z, z, rng.uniform(0.13, 0.26)) for z in rng.uniform(7.5, 30.0, 22)]
    bark = soft_noise(rng, canvas.heat.shape, 0.012 * camera.width)
    for far, near in ((99.0, 20.0), (20.0, 15.5), (15.5, 12.5), (12.5, 0.0)):
        for x, z, radius in sorted(trees, key=lambda tree: -tree[1]):
            if near < z <= far:
                _add_trunk(canvas, bark, float(rng.uniform(0.29, 0.35)), x, z, radius)
        people = tuple(person for person in _PEOPLE if near < person[1] + 1 <= far)
        add_walkers(canvas, people, seconds, (0.035, 0.05, 0.022))
    _add_ferns(canvas, rng)
    return photograph(canvas, np.random.default_rng([seed, round(seconds * 1000)]), [], height, width)


def _ground_and_leaves(camera: Camera, rng: np.random.Generator) -> Canvas:
    """Fallen leaves below, foliage with gaps of evening sky behind."""
    x, y, z, ground = places(camera, _DEEP)
    leaves = soft_noise(rng, x.shape, 0.035 * camera.width)
    crowns = soft_noise(rng, x.shape, 0.16 * camera.width)
    light = np.array((0.045, 0.085, 0.03), np.float32) * (0.3 + 1.5 * leaves * crowns)[..., None]
    sky = (crowns * leaves > 0.40) & (y > 3)
    light[sky] = (0.22, 0.20, 0.24)
    heat = np.where(sky, 0.10, 0.20 + 0.06 * crowns)
    litter = soft_noise(rng, x.shape, 0.02 * camera.width)
    brown: Floats = np.array((0.15, 0.095, 0.045), np.float32) * (0.35 + 1.2 * litter)[..., None]
    light[ground], heat = brown[ground], np.where(ground, 0.25 + 0.03 * litter, heat)
    return Canvas(camera, light.astype(np.float32), heat.astype(np.float32), np.zeros(z.shape, bool), ground)


def _add_trunk(canvas: Canvas, bark: Floats, heat: float, x: float, z: float, radius: float) -> None:
    """A tree that still holds some of the day's warmth, with furrowed bark."""
    foot = [(x - radius * 1.25, 0, z), (x + radius * 1.25, 0, z)]
    top = [(x + radius * 0.8, 12, z), (x - radius * 0.8, 12, z)]
    inside = canvas.fill([*foot, *top], (0.0, 0.0, 0.0), heat)
    px, py, _, _ = places(canvas.camera, z)
    side = np.clip(1 - ((px - x) / (radius * 1.3)) ** 2, 0, 1)
    furrow = 0.4 + 0.9 * bark + 0.3 * np.sin(90 * (px - x) + 3 * np.sin(4 * py))
    canvas.light[inside] = ((0.35 + side) * furrow)[inside, None] * np.array((0.085, 0.07, 0.055), np.float32)
    canvas.hot &= ~inside
    canvas.texture |= inside


def _add_ferns(canvas: Canvas, rng: np.random.Generator) -> None:
    """Green near the camera, which hides legs from both."""
    x, y, _, _ = places(canvas.camera, 7.0)
    blades = soft_noise(rng, x.shape, 0.03 * canvas.camera.width)
    clumps = soft_noise(rng, x.shape, 0.22 * canvas.camera.width)
    fern = blades * (0.35 + clumps) - 0.9 * np.clip(y + 0.1, 0, None) > 0.46
    canvas.light[fern] = ((0.4 + 1.1 * blades)[..., None] * np.array((0.045, 0.105, 0.025), np.float32))[fern]
    canvas.heat[fern] = 0.23
    canvas.hot &= ~fern
    canvas.texture |= fern
