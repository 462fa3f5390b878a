"""Draw the gallery: ``python scripts/gallery.py`` writes docs/images/gallery.webp, in motion, and rows.

Four kinds of synthetic scenes, fused by a packaged model; a row is infrared, visible, fused.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from mgfusion import Fuser, tune_process
from mgfusion.images.contact_sheet import side_by_side
from mgfusion.images.file_formats import Array
from mgfusion.synthetic.building import building
from mgfusion.synthetic.night_street import night_street
from mgfusion.synthetic.scene_pair import Scene
from mgfusion.synthetic.smoke import smoke
from mgfusion.synthetic.street_in_motion import FilmedPair, street_in_motion
from mgfusion.synthetic.wood import wood

FOLDER = Path(__file__).parents[1] / "docs" / "images"
BY_DAY: dict[str, Callable[[int, int, int, float], Scene]] = {
    "smoke": smoke,
    "building": building,
    "wood": wood,
}
MILLISECONDS = 200
STILL = (240, 320)


def row(scene: Scene | FilmedPair, fuser: Fuser) -> Array:
    """Infrared, visible and fused side by side."""
    pictures = {"infrared": scene.ir, "visible": scene.vis, "fused": fuser(scene.ir, scene.vis)}
    return side_by_side(pictures, gap=4)


def motion(fuser: Fuser, frames: int, height: int) -> list[Image.Image]:
    """All scenes below each other, a frame each ``MILLISECONDS``."""
    size, white = (height, height * 4 // 3), np.full((4, 1, 3), 255, np.uint8)
    pictures = []
    for street in street_in_motion(frames, 0, *size, rate=1000 / MILLISECONDS):
        scenes: list[Scene | FilmedPair] = [
            street,
            *(draw(0, *size, street.time) for draw in BY_DAY.values()),
        ]
        rows = [row(scene, fuser) for scene in scenes]
        between = white.repeat(rows[0].shape[1], axis=1)
        pictures.append(Image.fromarray(np.vstack([part for one in rows for part in (one, between)][:-1])))
    return pictures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=FOLDER)
    parser.add_argument("--model", default="mgfusion-base")
    parser.add_argument("--frames", type=int, default=10)
    parser.add_argument("--height", type=int, default=150, help="of a picture in motion; still ones are 240")
    options = parser.parse_args()
    tune_process()
    fuser = Fuser(options.model)
    options.output.mkdir(parents=True, exist_ok=True)
    first, *rest = motion(fuser, options.frames, options.height)
    first.save(
        options.output / "gallery.webp", save_all=True, append_images=rest, duration=MILLISECONDS, loop=0,
        quality=60, method=6,
    )  # fmt: skip
    stills = {name: draw(0, *STILL, 1.0) for name, draw in BY_DAY.items()}
    for name, scene in {"night_street": night_street(0, *STILL), **stills}.items():
        still = Image.fromarray(row(scene, fuser))
        still.save(options.output / f"gallery_{name}.webp", quality=82, method=6)


if __name__ == "__main__":
    main()
