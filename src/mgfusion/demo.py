"""The packaged synthetic pair, and a sheet that shows a pair beside its fusion."""

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mgfusion.images import ImageError, check_target, read_image, write_image
from mgfusion.images.files import Array

if TYPE_CHECKING:
    from mgfusion.fusion import Fuser

SEED = 0
"""Of the packaged scene: ``mgfusion.data.scenes.night_street(SEED)``."""


def demo_pair() -> tuple[Array, Array]:
    """The packaged night street: ir (480, 640) and vis (480, 640, 3), uint8."""
    with resources.as_file(resources.files("mgfusion") / "assets") as folder:
        return read_image(folder / "night_street_ir.png"), read_image(folder / "night_street_vis.png")


def write_demo(fuser: "Fuser", folder: Path, overwrite: bool = False) -> list[Path]:
    """Write ir.png, vis.png, fused.png and sheet.png (the three side by side); returns their paths.

    Raises:
        ImageError: one exists and ``overwrite`` is false, or the folder cannot be written.
    """
    names = [folder / name for name in ("ir.png", "vis.png", "fused.png", "sheet.png")]
    for name in names:
        check_target(name, overwrite)
    ir, vis = demo_pair()
    fused = fuser(ir, vis)
    pictures = (ir, vis, fused, side_by_side({"infrared": ir, "visible": vis, "fused": fused}))
    return [write_image(name, picture, overwrite) for name, picture in zip(names, pictures, strict=True)]


def side_by_side(pictures: dict[str, Array], gap: int = 6) -> Array:
    """Pictures of one size, uint8, (H, W) or (H, W, 3), in a row on white, each with its name in a corner.

    Raises:
        ImageError: sizes that differ.
    """
    from PIL import Image, ImageDraw, ImageFont

    if len({picture.shape[:2] for picture in pictures.values()}) != 1:
        sizes = ", ".join(f"{name} {p.shape[1]}x{p.shape[0]}" for name, p in pictures.items())
        raise ImageError(f"a row needs pictures of one size, got {sizes}")
    parts: list[Array] = []
    for name, picture in pictures.items():
        image = Image.fromarray(picture).convert("RGB")
        font = ImageFont.load_default(max(12, image.height // 20))
        draw = ImageDraw.Draw(image)
        draw.text(
            (image.height // 40, image.height // 60), name, "white", font, stroke_width=2, stroke_fill="black"
        )
        parts += [np.asarray(image), np.full((image.height, gap, 3), 255, np.uint8)]
    return np.hstack(parts[:-1])
