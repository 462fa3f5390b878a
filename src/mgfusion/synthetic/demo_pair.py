"""The packaged synthetic pair."""

from importlib import resources

from mgfusion.images import read_image
from mgfusion.images.file_formats import Array

SEED = 0
"""Of the packaged scene: ``mgfusion.synthetic.night_street.night_street(SEED)``."""


def demo_pair() -> tuple[Array, Array]:
    """The packaged night street: ir (480, 640) and vis (480, 640, 3), uint8."""
    with resources.as_file(resources.files("mgfusion") / "assets") as folder:
        return read_image(folder / "night_street_ir.png"), read_image(folder / "night_street_vis.png")
