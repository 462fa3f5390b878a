"""What cameras do to pictures: low resolution, fixed patterns, dead pixels, borders, JPEG, noise at night.

Each function takes a picture of float32 in [0, 1] and gives a new one of the same shape; what is random in it
comes from the generator alone. Infrared is (H, W), visible (H, W) or (H, W, 3).
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from mgfusion.errors import ImageError
from mgfusion.images import Array, FloatArray, to_unit

Fault = Callable[[FloatArray, FloatArray, np.random.Generator], tuple[FloatArray, FloatArray]]
"""``(ir, vis, rng) -> (ir, vis)``."""


def low_resolution(ir: FloatArray, rng: np.random.Generator, factor: float) -> FloatArray:
    """As from a sensor with so many times fewer pixels a side, enlarged by a linear or a cubic filter."""
    import cv2

    height, width = ir.shape
    few = max(1, round(width / factor)), max(1, round(height / factor))
    small = cv2.resize(ir, few, interpolation=cv2.INTER_AREA)
    enlarge = cv2.INTER_LINEAR if rng.integers(2) else cv2.INTER_CUBIC
    return _unit(cv2.resize(small, (width, height), interpolation=enlarge))


def grid_pattern(ir: FloatArray, rng: np.random.Generator, deviation: float) -> FloatArray:
    """A pattern that repeats every 2 to 8 pixels both ways, as a readout or a bad enlargement leaves it."""
    period = rng.integers(2, 9)
    rows, columns = (rng.standard_normal(period).astype(np.float32) for _ in range(2))
    profiles = [_standard(profile) * deviation / np.sqrt(2) for profile in (rows, columns)]
    down, across = (np.resize(p, n) for p, n in zip(profiles, ir.shape, strict=True))
    return _unit(ir + down[:, None] + across)


def stripes(ir: FloatArray, rng: np.random.Generator, deviation: float) -> FloatArray:
    """An offset of its own to every column, or to every row: a microbolometer between two shutter events."""
    down = int(rng.integers(2))
    offsets: FloatArray = rng.standard_normal((ir.shape[down],), np.float32) * np.float32(deviation)
    return _unit(ir + (offsets if down else offsets[:, None]))


def dead_pixels(ir: FloatArray, rng: np.random.Generator, share: float) -> FloatArray:
    """Single pixels stuck at black (two of three) or white."""
    count = rng.binomial(ir.size, share)
    faulty = ir.copy()
    faulty.flat[rng.integers(ir.size, size=count)] = (rng.random(count) < 1 / 3).astype(np.float32)
    return faulty


def black_borders(ir: FloatArray, rng: np.random.Generator, width: float) -> FloatArray:
    """Black along one to four sides, straight or slanted, as a warp onto the visible picture leaves it.

    ``width`` is the widest band as a share of the picture's side.
    """
    import cv2

    faulty = ir.copy()
    height, across = ir.shape
    chosen = rng.random(4) < 0.5
    chosen[rng.integers(4)] = True
    for side in np.flatnonzero(chosen):
        length, reach = (across, height) if side < 2 else (height, across)
        start, end = rng.uniform(0.3, 1, 2) * width * reach
        end = start if rng.integers(2) else end
        band = np.array([(0, 0), (length, 0), (length, end), (0, start)])
        if side % 2:
            band[:, 1] = reach - 1 - band[:, 1]
        cv2.fillConvexPoly(faulty, np.rint(band if side < 2 else band[:, ::-1]).astype(np.int32), 0.0)
    return faulty


def jpeg_blocks(picture: FloatArray, rng: np.random.Generator, quality: int) -> FloatArray:
    """Through JPEG of this quality, 1 to 100."""
    import cv2

    levels = np.rint(picture * 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    kind = cv2.IMREAD_GRAYSCALE if picture.ndim == 2 else cv2.IMREAD_COLOR
    return to_unit(np.asarray(cv2.imdecode(data, kind)))


def night_noise(vis: FloatArray, rng: np.random.Generator, deviation: float) -> FloatArray:
    """Shot and read noise, of this standard deviation at mid-grey and of a third of its variance at black.

    In colour half as much again is in the hue, and coarser, as demosaicking and a camera's own smoothing
    leave it.
    """
    import cv2

    grey = vis if vis.ndim == 2 else vis.mean(axis=2)
    deviations = deviation * np.sqrt(1 / 3 + 4 / 3 * grey)
    noise = deviations * rng.standard_normal(grey.shape, np.float32)
    if vis.ndim == 2:
        return _unit(vis + noise)
    hue = 3 * cv2.blur(rng.standard_normal(vis.shape, np.float32), (3, 3))
    hue -= hue.mean(axis=2, keepdims=True)
    return _unit(vis + noise[..., None] + 0.5 * deviations[..., None] * hue)


def _on_infrared(
    change: Callable[[FloatArray, np.random.Generator], FloatArray],
    ir: FloatArray,
    vis: FloatArray,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    return change(ir, rng), vis


def _on_visible(
    change: Callable[[FloatArray, np.random.Generator], FloatArray],
    ir: FloatArray,
    vis: FloatArray,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    return ir, change(vis, rng)


FAULTS: Mapping[str, Fault] = {
    "infrared of 1/2 the resolution": partial(_on_infrared, partial(low_resolution, factor=2)),
    "infrared of 1/3 the resolution": partial(_on_infrared, partial(low_resolution, factor=3)),
    "infrared of 1/4 the resolution": partial(_on_infrared, partial(low_resolution, factor=4)),
    "infrared of 1/5 the resolution": partial(_on_infrared, partial(low_resolution, factor=5)),
    "grid pattern, 5 levels": partial(_on_infrared, partial(grid_pattern, deviation=5 / 255)),
    "stripes, 5 levels": partial(_on_infrared, partial(stripes, deviation=5 / 255)),
    "dead pixels, 0.1 %": partial(_on_infrared, partial(dead_pixels, share=1e-3)),
    "black borders, up to 6 % of a side": partial(_on_infrared, partial(black_borders, width=0.06)),
    "infrared as JPEG of quality 30": partial(_on_infrared, partial(jpeg_blocks, quality=30)),
    "visible with night noise, 8 levels": partial(_on_visible, partial(night_noise, deviation=8 / 255)),
}
"""The faults of docs/faults.md, by name and strength; levels of 255 are standard deviations."""


def random_fault(ir: Array, vis: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """One fault of the kinds above, of a random strength up to somewhat more than in ``FAULTS``.

    Black borders are left out: they are filled before a network sees them.

    A network is to be compared with the clean pair. Half a millisecond for 128x128 pixels.

    Args:
        ir: (H, W), float32 in [0, 1] or uint8.
        vis: (H, W) or (H, W, 3), RGB, of either type.
        rng: what is drawn depends on it alone.

    Returns:
        Both, of the shapes and types that came in; new arrays where they changed.

    Raises:
        ImageError: another type.
    """
    unit_ir, unit_vis = _as_unit(ir, "ir"), _as_unit(vis, "vis")
    kind, strength = rng.integers(6), rng.random()
    if kind == 5:
        unit_vis = night_noise(unit_vis, rng, (2 + 10 * strength) / 255)
        return ir, _like(unit_vis, vis)
    changes: list[Callable[[], FloatArray]] = [
        lambda: low_resolution(unit_ir, rng, 1.5 + 4 * strength),
        lambda: grid_pattern(unit_ir, rng, (1 + 7 * strength) / 255),
        lambda: stripes(unit_ir, rng, (1 + 7 * strength) / 255),
        lambda: dead_pixels(unit_ir, rng, 2e-4 + 2e-3 * strength),
        lambda: jpeg_blocks(unit_ir, rng, int(15 + 50 * strength)),
    ]
    return _like(changes[kind](), ir), vis


def _as_unit(picture: Array, name: str) -> FloatArray:
    if picture.dtype not in (np.uint8, np.float32):
        raise ImageError(f"{name}: dtype {picture.dtype}; give uint8 or float32")
    return to_unit(picture, name)


def _like(unit: FloatArray, picture: Array) -> Array:
    return unit if picture.dtype == np.float32 else np.rint(unit * 255).astype(np.uint8)


def _standard(profile: FloatArray) -> FloatArray:
    profile = profile - profile.mean()
    return profile / max(float(profile.std()), 1e-6)


def _unit(picture: FloatArray) -> FloatArray:
    return np.clip(picture, 0, 1).astype(np.float32, copy=False)
