"""Draw the pictures of the README again: ``python docs/make_pictures.py`` (needs the packaged weights)."""

from pathlib import Path

from PIL import Image

from mgfusion import Fuser
from mgfusion.demo import demo_pair, side_by_side

FOLDER = Path(__file__).parent / "images"


def main() -> None:
    ir, vis = demo_pair()
    sheet = Image.fromarray(side_by_side({"infrared": ir, "visible": vis, "fused": Fuser()(ir, vis)}))
    FOLDER.mkdir(exist_ok=True)
    sheet.save(FOLDER / "night_street.webp", quality=88, method=6)


if __name__ == "__main__":
    main()
