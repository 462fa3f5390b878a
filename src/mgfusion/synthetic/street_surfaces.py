"""The parts of a synthetic night street, in metres: X to the right, Y up, Z ahead of the camera.

Each part paints two canvases at once: ``light`` (H, W, 3), the light that leaves a surface, and ``heat``
(H, W), its temperature from 0 (the sky) to 1 (skin and exhausts).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

CAMERA_HEIGHT, WALL, KERB, END = 1.7, 6.2, 3.9, 48.0


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks along the street; lengths of the picture in pixels."""

    height: int
    width: int
    focal: float
    x0: float
    y0: float

    def project(self, points: npt.ArrayLike) -> Floats:
        """(N, 3) metres -> (N, 2) pixels (x, y)."""
        x, y, z = np.asarray(points, dtype=np.float32).T
        return np.stack(
            [self.x0 + self.focal * x / z, self.y0 - self.focal * (y - CAMERA_HEIGHT) / z], axis=1
        )


@dataclass
class Canvas:
    """What has been painted so far: light, heat, and where things are hot or textured."""

    camera: Camera
    light: Floats
    heat: Floats
    hot: Bools
    texture: Bools

    def fill(
        self, points: npt.ArrayLike, light: npt.ArrayLike | None = None, heat: float | None = None
    ) -> Bools:
        """Paint a polygon given in metres, (N, 3); returns its mask."""
        import cv2

        mask = np.zeros(self.heat.shape, np.uint8)
        cv2.fillPoly(mask, [np.rint(self.camera.project(points) * 16).astype(np.int32)], 1, cv2.LINE_AA, 4)
        inside = mask.astype(bool)
        if light is not None:
            self.light[inside] = light
        if heat is not None:
            self.heat[inside] = heat
        return inside


@dataclass(frozen=True)
class Lamp:
    """A point light: where it is, its colour times its power."""

    x: float
    y: float
    z: float
    colour: tuple[float, float, float]
    street: bool = True


def lattice_noise(rng: np.random.Generator, u: Floats, v: Floats) -> Floats:
    """One random number in [0, 1) for each pair of whole numbers, the same wherever the pair comes up."""
    table = rng.random(4096).astype(np.float32)
    numbers: Floats = table[(np.floor(u).astype(np.int64) * 73 + np.floor(v).astype(np.int64) * 311) % 4096]
    return numbers


def fraction(a: Floats) -> Floats:
    """What is behind the point: 0.2 of -1.8."""
    return a - np.floor(a)


def background(camera: Camera, rng: np.random.Generator, lamps: list[Lamp]) -> Canvas:
    """Sky, two rows of houses, pavements and road, lit by the lamps."""
    yy, xx = np.mgrid[: camera.height, : camera.width].astype(np.float32)
    dx, dy = (xx - camera.x0) / camera.focal, (yy - camera.y0) / camera.focal
    z_ground = CAMERA_HEIGHT / np.maximum(dy, 1e-4)
    z_wall = WALL / np.maximum(np.abs(dx), 1e-4)
    z = np.minimum(np.minimum(z_ground, z_wall), END)
    x, y = dx * z, CAMERA_HEIGHT - dy * z
    ground = (z_ground <= z_wall) & (z_ground < END)
    wall = ~ground & (z_wall < END)
    end = ~ground & ~wall
    side = np.where(x < 0, 0, 1)
    house = np.floor((z - 3) / 9.5).astype(int) + 8 * side
    heights = rng.uniform(9.0, 15.0, 32).astype(np.float32)
    end_heights = rng.uniform(4.0, 13.0, 64).astype(np.float32)
    roof = np.where(wall, heights[house % 32], end_heights[np.floor(x / 2.3).astype(int) % 64])
    sky = ~ground & (y > roof)

    along = np.where(end, x + 100, z + 40 * side)
    albedo, emission, heat, texture = _houses(rng, along, y, house, wall)
    albedo[end], heat[end] = albedo[end] * 0.6, heat[end] * 0.9
    road_albedo, road_heat, road_texture = _ground(rng, x, z)
    albedo[ground], heat[ground], emission[ground] = road_albedo[ground], road_heat[ground], 0
    texture = np.where(ground, road_texture, texture & wall) & ~sky

    normal = np.stack([np.where(wall, -np.sign(x), 0), ground, end * -1.0], axis=-1).astype(np.float32)
    light = albedo * illumination(lamps, np.stack([x, y, z], axis=-1), normal) + emission
    light[sky], heat[sky] = _sky(rng, yy / camera.height)[sky], 0.05 + 0.06 * (yy / camera.height)[sky]
    return Canvas(camera, light, heat.astype(np.float32), np.zeros(z.shape, bool), texture)


def illumination(lamps: list[Lamp], where: Floats, normal: Floats | None = None) -> Floats:
    """Light that falls on points (..., 3) of a surface with unit normal (..., 3); RGB (..., 3)."""
    total = np.full(where.shape, (0.007, 0.010, 0.019), np.float32)
    for lamp in lamps:
        to = np.array([lamp.x, lamp.y, lamp.z], np.float32) - where
        square = (to**2).sum(axis=-1)
        facing = (
            0.5 if normal is None else np.maximum((to * normal).sum(axis=-1) / np.sqrt(square + 1e-3), 0.04)
        )
        down = np.clip(0.6 + to[..., 1] / 2.5, 0.05, 1.3) if lamp.street else 1.0
        total += (facing * down / (square + 0.5))[..., None] * np.array(lamp.colour, np.float32)
    return total


def _houses(
    rng: np.random.Generator, u: Floats, y: Floats, house: npt.NDArray[Any], wall: Bools
) -> tuple[Floats, Floats, Floats, Bools]:
    """Bricks, windows, shop fronts with striped awnings: albedo, own light, heat, where there is texture."""
    palette = np.array(
        [(0.50, 0.20, 0.13), (0.62, 0.47, 0.32), (0.40, 0.17, 0.14), (0.45, 0.42, 0.40), (0.58, 0.30, 0.18)],
        np.float32,
    )
    albedo = palette[rng.integers(0, 5, 64)[house % 64]]
    row = y / 0.19
    column = u / 0.56 + 0.5 * (np.floor(row) % 2)
    mortar = (fraction(row) < 0.2) | (fraction(column) < 0.08)
    albedo = albedo * (0.55 + 0.75 * lattice_noise(rng, column, row))[..., None]
    albedo[mortar] = (0.62, 0.58, 0.52)

    across, up = fraction(u / 2.4), fraction((y - 0.4) / 3.3)
    upper = y > 4.0
    frame = upper & (np.abs(across - 0.5) < 0.25) & (np.abs(up - 0.5) < 0.30)
    glass = upper & (np.abs(across - 0.5) < 0.21) & (np.abs(up - 0.5) < 0.27) & (np.abs(across - 0.5) > 0.012)
    chance = lattice_noise(rng, u / 2.4, (y - 0.4) / 3.3)
    lit = glass & (chance < 0.22)
    albedo[frame], albedo[glass] = (0.75, 0.73, 0.70), (0.05, 0.06, 0.08)
    emission = np.zeros_like(albedo)
    warm = np.array((1.0, 0.66, 0.30), np.float32)
    curtain = 0.45 + 0.55 * np.abs(np.sin(across * 40))
    emission[lit] = ((0.20 + 1.2 * chance) * curtain)[lit, None] * warm
    heat = 0.19 + 0.004 * y + 0.05 * lattice_noise(rng, u / 9.5, y * 0)
    heat = np.where(glass, np.where(lit, 0.30, 0.14), heat)

    shop = wall & (y < 3.5) & (lattice_noise(rng, (u - 3) / 9.5, y * 0 + 7) < 0.75)
    door = fraction(u / 4.75)
    pane = shop & (y > 0.7) & (y < 2.5) & (np.abs(door - 0.5) < 0.40) & (fraction(u / 0.95) > 0.06)
    awning = shop & (y > 2.55) & (y < 3.3)
    stripes = fraction(u / 0.5) < 0.5
    tint = rng.random((64, 3)).astype(np.float32) * 0.5 + 0.05
    albedo[shop & ~pane & ~awning & (y < 2.55)] *= 0.5
    albedo[awning] = np.where(stripes[..., None], (0.85, 0.82, 0.75), tint[house % 64])[awning]
    shelf = 0.5 + 0.5 * lattice_noise(rng, u / 0.22, y / 0.35)
    glow = (0.16 + 0.16 * lattice_noise(rng, (u - 3) / 9.5, y * 0 + 3)) * shelf * (0.6 + 0.4 * y / 2.5)
    emission[pane] = glow[pane, None] * np.array((1.0, 0.80, 0.52), np.float32)
    albedo[pane] = 0.03
    heat = np.where(pane, 0.23, np.where(awning, 0.18, heat))
    return albedo, emission, heat.astype(np.float32), ~glass | lit


def _ground(rng: np.random.Generator, x: Floats, z: Floats) -> tuple[Floats, Floats, Bools]:
    """Asphalt, lane marks, a zebra crossing, kerbs, paving slabs: albedo, heat, where there is texture."""
    grain = 0.16 + 0.05 * lattice_noise(rng, x / 0.05, z / 0.05)
    albedo = np.repeat(grain[..., None], 3, axis=-1)
    pavement = np.abs(x) > KERB
    joint = (fraction(x / 0.7) < 0.06) | (fraction(z / 0.9) < 0.06)
    slab = 0.30 + 0.12 * lattice_noise(rng, x / 0.7, z / 0.9)
    albedo[pavement] = np.where(joint, 0.14, slab)[pavement, None] * np.array((1.0, 0.96, 0.9), np.float32)
    worn = 0.65 + 0.3 * lattice_noise(rng, x / 0.03, z / 0.03)
    dashes = (np.abs(x) < 0.09) & (fraction(z / 3.6) < 0.55) & (z > 10.5)
    edges = np.abs(np.abs(x) - KERB + 0.3) < 0.06
    zebra = (np.abs(x) < KERB - 0.4) & (np.abs(z - 7.0) < 1.4) & (fraction(x / 0.95) < 0.52)
    marks = dashes | edges | zebra
    albedo[marks] = worn[marks, None]
    kerb = np.abs(np.abs(x) - KERB) < 0.1
    albedo[kerb] = 0.5
    heat = np.where(pavement, 0.23, 0.27 - 0.02 * np.abs(x) / KERB).astype(np.float32)
    return albedo.astype(np.float32), heat, (pavement | marks | kerb) & (z < 25)


def _sky(rng: np.random.Generator, down: Floats) -> Floats:
    t = np.clip(down / 0.45, 0, 1)[..., None] ** 1.6
    zenith, horizon = np.array([(0.012, 0.020, 0.055), (0.085, 0.065, 0.090)], np.float32)
    sky: Floats = ((1 - t) * zenith + t * horizon).astype(np.float32)
    stars = rng.random(down.shape) > 0.9996
    sky[stars] += rng.uniform(0.05, 0.5, (int(stars.sum()), 1)).astype(np.float32)
    return sky
