"""What the two cameras make of a painted canvas: lens, exposure, noise."""

from typing import Any

import numpy as np
import numpy.typing as npt

from mgfusion.images import from_unit
from mgfusion.synthetic.street_surfaces import Canvas, Floats, Lamp


def visible_camera(
    canvas: Canvas, rng: np.random.Generator, lamps: list[Lamp], size: tuple[int, int]
) -> npt.NDArray[np.uint8]:
    """Reflections on wet asphalt, glare of bright lights, exposure, noise: (H, W, 3) RGB."""
    return exposed(canvas, rng, wet_reflections(canvas, lamps), size)


def wet_reflections(canvas: Canvas, lamps: list[Lamp]) -> list[Floats]:
    """The light of each lamp on a wet road with nothing on it, (H, W, 3) each."""
    camera = canvas.camera
    yy, xx = np.mgrid[: canvas.light.shape[0], : canvas.light.shape[1]].astype(np.float32)
    wet = np.clip((yy - camera.y0) / camera.height, 0, 0.3) * 3
    fields = []
    for lamp in lamps:
        x, y = camera.project([(lamp.x, -lamp.y, lamp.z)])[0]
        wide, tall = camera.focal * 0.28 / lamp.z, camera.focal * 2.3 / lamp.z
        streak = np.exp(-(((xx - x) / wide) ** 2) / 2 - ((yy - y) / tall) ** 2 / 2) * wet
        fields.append(np.asarray(streak[..., None] * np.array(lamp.colour, np.float32) * 0.05))
    return fields


def exposed(
    canvas: Canvas, rng: np.random.Generator, reflections: list[Floats], size: tuple[int, int]
) -> npt.NDArray[np.uint8]:
    """The canvas and what its road reflects, but for hot things, through lens and sensor: (H, W, 3) RGB."""
    import cv2

    light, scale = canvas.light, size[1] / 480
    for reflection in reflections:
        light = light + reflection * ~canvas.hot[..., None]
    light = cv2.resize(light, size, interpolation=cv2.INTER_AREA)
    bright = np.maximum(light - 0.8, 0)
    for sigma, share in ((2.0, 0.30), (9.0, 0.55), (36.0, 0.75)):
        light = light + share * cv2.GaussianBlur(bright, (0, 0), sigma * scale)
    light = cv2.GaussianBlur(light, (0, 0), 0.5)
    shown = (1 - np.exp(-1.9 * light)) ** (1 / 2.1)
    shown = shown + rng.normal(0, 1, shown.shape) * (0.006 + 0.012 * (1 - shown) * np.sqrt(shown))
    return from_unit(shown, np.uint8)


def infrared_camera(canvas: Canvas, rng: np.random.Generator, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """A softer lens, a little column noise, white for hot: (H, W)."""
    columns = column_noise(rng, size[0])
    return from_unit(heat_seen(canvas, rng, size, columns), np.uint8)


def column_noise(rng: np.random.Generator, width: int) -> npt.NDArray[Any]:
    """What an infrared sensor adds to each column, (1, width): its own pattern, the same in every frame."""
    return rng.normal(0, 0.003, (1, width))


def heat_seen(
    canvas: Canvas, rng: np.random.Generator, size: tuple[int, int], columns: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """The heat as the infrared camera sees it, noise included: (H, W), about 0 to 1, not rounded."""
    import cv2

    heat = cv2.resize(canvas.heat, size, interpolation=cv2.INTER_AREA)
    heat = 0.93 * cv2.GaussianBlur(heat, (0, 0), 0.9) + 0.07 * cv2.GaussianBlur(heat, (0, 0), 9.0)
    seen: npt.NDArray[Any] = heat + columns + rng.normal(0, 0.006, heat.shape)
    return seen
