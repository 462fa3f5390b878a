"""Draw the README's pictures again: ``python scripts/readme_pictures.py`` (needs the packaged weights)."""

from pathlib import Path

from PIL import Image

from mgfusion import Fuser
from mgfusion.images.contact_sheet import side_by_side
from mgfusion.synthetic.demo_pair import demo_pair

FOLDER = Path(__file__).parents[1] / "docs" / "images"


def main() -> None:
    ir, vis = demo_pair()
    sheet = Image.fromarray(side_by_side({"infrared": ir, "visible": vis, "fused": Fuser()(ir, vis)}))
    FOLDER.mkdir(exist_ok=True)
    sheet.save(FOLDER / "night_street.webp", quality=88, method=6)


if __name__ == "__main__":
    main()
