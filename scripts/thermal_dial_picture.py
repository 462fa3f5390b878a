"""Draw docs/images/thermal_dial.webp again: ``python scripts/thermal_dial_picture.py``."""

from pathlib import Path

from PIL import Image

from mgfusion import Fuser
from mgfusion.images.contact_sheet import side_by_side
from mgfusion.synthetic.demo_pair import demo_pair

TARGET = Path(__file__).parents[1] / "docs" / "images" / "thermal_dial.webp"
DIAL = (0.0, 0.25, 0.5, 0.75, 1.0)


def main() -> None:
    """One synthetic pair, fused with the dial at five places."""
    ir, vis = demo_pair()
    sheet = side_by_side({f"--thermal {thermal:g}": Fuser(thermal=thermal)(ir, vis) for thermal in DIAL})
    Image.fromarray(sheet).save(TARGET, quality=85, method=6)


if __name__ == "__main__":
    main()
