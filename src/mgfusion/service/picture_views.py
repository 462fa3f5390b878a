"""What a person is shown of a fused pair, made in a worker: sources, result, and what to say of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mgfusion.errors import ImageError
from mgfusion.images import Array, FloatArray, to_tensor, to_unit, unit_luminance
from mgfusion.images.writing import encode_image
from mgfusion.inference.infrared_overlay import find_overlay
from mgfusion.inference.radiometric_scene import radiometric_scene
from mgfusion.service.source_colours import INFRARED, VISIBLE
from mgfusion.thermal import infrared_to_unit
from mgfusion.thermal.units import celsius_of

SHOWN_METRICS = ("Qabf", "SSIM", "SCD", "AG", "EN", "HTC")
"""Quick ones, that say what was kept of edges, structure, both sources, detail, and hot targets."""
COLDEST, STEPS = -300.0, 50.0
"""A temperature map's pixel is 256 * red + green; less COLDEST, in STEPS a degree. Blue: there is none."""
_LONGEST = 1280  # pixels of what is shown; the download has them all
_FLAT = 0.02  # gradient, of [0, 1] a pixel, that counts as half of a detail


@dataclass(frozen=True)
class Sources:
    """A pair as it was fused: (H, W) of [0, 1], and degrees where the infrared file has them."""

    ir: FloatArray
    vis: Array
    celsius: FloatArray | None


def open_sources(opened: Any, vis: Array | None, options: dict[str, Any]) -> Sources:
    """Both sources, as :class:`mgfusion.Fuser` takes them.

    Args:
        opened: the infrared file, see :func:`mgfusion.inference.picture_kinds.opened_infrared`.
        vis: (H, W) or (H, W, 3); None where the infrared file holds both.
        options: of the Fuser.
    """
    if vis is None:
        scene = radiometric_scene(opened, "ir", options.get("align"), options.get("parallax", True))
        shown, array, celsius = scene.vis, scene.celsius, np.where(scene.inside > 0, scene.celsius, np.nan)
    else:
        shown, array = vis, opened.array
        try:
            celsius = celsius_of(opened, options.get("ir_unit"), "ir")
        except ImageError:  # counts, or a picture
            celsius = None
    invert = bool(options.get("invert", False))
    plane = infrared_to_unit(array, options["ir_range"], "ir", invert=invert)
    degrees = None if celsius is None else celsius.astype(np.float32)
    if vis is None:
        return Sources(plane, shown, degrees)
    ir_planes, colours = to_tensor(plane), to_tensor(shown)
    overlay = find_overlay(
        options.get("align"), ir_planes, colours, "ir", "vis", options.get("parallax", True)
    )
    if overlay is not None:
        laid, degrees, _ = overlay.lay(ir_planes, degrees)
        plane = laid[0, 0].numpy()
    return Sources(plane, shown, degrees)


def views(sources: Sources, fused: Array) -> dict[str, bytes]:
    """Files of pictures to show, all of one size: fused, vis, ir, share; celsius where there is any."""
    shown = {
        "fused": eight_bits(fused),
        "vis": eight_bits(sources.vis),
        "ir": eight_bits(sources.ir),
        "share": contributions(unit_luminance(fused), sources.ir, unit_luminance(sources.vis)),
    }
    files = {name: encode_image(shrunk(picture), ".jpg") for name, picture in shown.items()}
    if sources.celsius is not None:
        files["celsius"] = encode_image(temperature_map(shrunk(sources.celsius, smooth=False)), ".png")
    return files


def contributions(fused: FloatArray, ir: FloatArray, vis: FloatArray) -> Array:
    """Where the fused picture's detail comes from: orange infrared, blue visible, grey neither.

    Gradients are compared in small windows: the nearer a source's are to the fused picture's, the more of
    the colour is its own; the weaker the fused picture's, the less colour there is.

    Args:
        fused, ir, vis: (H, W), float in [0, 1].

    Returns:
        (H, W, 3) RGB uint8.
    """
    import cv2

    def slopes(plane: FloatArray) -> FloatArray:
        smooth = cv2.GaussianBlur(plane, (0, 0), 1)
        return np.stack([cv2.Scharr(smooth, cv2.CV_32F, *axis, scale=1 / 32) for axis in ((1, 0), (0, 1))])

    def window(plane: FloatArray) -> FloatArray:
        return np.asarray(cv2.GaussianBlur(plane, (0, 0), 3), np.float32)

    f, i, v = (slopes(plane) for plane in (fused, ir, vis))
    from_ir, from_vis = (window(((f - other) ** 2).sum(axis=0)) for other in (i, v))
    share = (from_vis + 1e-7) / (from_ir + from_vis + 2e-7)
    strength = window((f**2).sum(axis=0)) ** 0.5
    amount = (strength / (strength + _FLAT))[..., None]
    colour = share[..., None] * np.array(INFRARED) + (1 - share[..., None]) * np.array(VISIBLE)
    grey = 255 * fused[..., None] * 0.6
    mixed: Array = np.rint((1 - amount) * grey + amount * colour).astype(np.uint8)
    return mixed


def temperature_map(celsius: FloatArray) -> Array:
    """(H, W) degrees as (H, W, 3) uint8, see COLDEST; blue is 255 where there is no temperature."""
    there = np.isfinite(celsius)
    steps = np.rint((np.where(there, celsius, 0) - COLDEST) * STEPS).clip(0, 65535).astype(np.uint16)
    return np.dstack([steps >> 8, steps & 255, np.where(there, 0, 255)]).astype(np.uint8)


def extremes(celsius: FloatArray) -> dict[str, float]:
    """Lowest, mean and highest temperature; empty where there is none."""
    values = celsius[np.isfinite(celsius)]
    if not values.size:
        return {}
    return {"low": float(values.min()), "mean": float(values.mean()), "high": float(values.max())}


def eight_bits(array: Array) -> Array:
    """A picture of any depth as uint8."""
    levels: Array = np.rint(255 * to_unit(array)).astype(np.uint8)
    return levels


def shrunk(picture: Array, smooth: bool = True) -> Array:
    """A picture no larger than is shown."""
    import cv2

    height, width = picture.shape[:2]
    scale = _LONGEST / max(height, width)
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small: Array = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if smooth else cv2.INTER_NEAREST)
    return small
