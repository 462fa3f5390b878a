"""Pictures side by side."""

import numpy as np

from mgfusion.errors import ImageError
from mgfusion.images.file_formats import Array


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
