"""What the scenes by day are made of: the place that each pixel looks at, soft noise, people who walk by."""

import numpy as np

from mgfusion.errors import OptionError
from mgfusion.synthetic.scene_pair import SUPERSAMPLING
from mgfusion.synthetic.street_objects import add_person
from mgfusion.synthetic.street_surfaces import CAMERA_HEIGHT, Bools, Camera, Canvas, Floats


def level_camera(scene: str, height: int, width: int) -> Camera:
    """A camera that looks at a wall ahead; its pictures are ``SUPERSAMPLING`` times this size.

    Raises:
        OptionError: a side below 64.
    """
    if min(height, width) < 64:
        raise OptionError(f"{scene}: size {height}x{width}; each side must be at least 64 pixels")
    h, w = height * SUPERSAMPLING, width * SUPERSAMPLING
    return Camera(h, w, 0.95 * max(w, h * 4 / 3), 0.5 * w, 0.52 * h)


def places(camera: Camera, depth: float) -> tuple[Floats, Floats, Floats, Bools]:
    """Metres (x, y, z) that each pixel looks at, and where that is the ground before a wall at ``depth``."""
    yy, xx = np.mgrid[: camera.height, : camera.width].astype(np.float32)
    dx, dy = (xx - camera.x0) / camera.focal, (yy - camera.y0) / camera.focal
    z = np.minimum(CAMERA_HEIGHT / np.maximum(dy, 1e-4), depth).astype(np.float32)
    return dx * z, CAMERA_HEIGHT - dy * z, z, z < depth


def soft_noise(
    rng: np.random.Generator, shape: tuple[int, int], cell: float, shift: tuple[float, float] = (0.0, 0.0)
) -> Floats:
    """Clouds in [0, 1], (H, W), whose largest are ``cell`` pixels wide, moved by ``shift`` pixels (x, y)."""
    import cv2

    total, weight = np.zeros(shape, np.float32), 0.0
    yy, xx = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    for octave in range(4):
        size, share = cell / 2**octave, 0.5**octave
        table = rng.random((64, 64)).astype(np.float32)
        at = ((xx - shift[0]) / size % 63, (yy - shift[1]) / size % 63)
        total += share * cv2.remap(table, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        weight += share
    low, high = total.min(), total.max()
    clouds: Floats = (total - low) / max(high - low, np.float32(1e-6))
    return clouds


def add_walkers(
    canvas: Canvas,
    walkers: tuple[tuple[float, float, float, float], ...],
    seconds: float,
    cloth: tuple[float, float, float],
) -> None:
    """People (x, z, height, speed), metres and m/s, who walk to the right where it is above 0."""
    for x, z, height, speed in sorted(walkers, key=lambda walker: -walker[1]):
        lean = 0.9 if speed >= 0 else -0.9
        colour = np.array(cloth, np.float32) * np.float32(0.85 + 0.3 * abs(x * 7.3 % 1))
        add_person(canvas, [], x + speed * seconds, z, height, lean, colour)
