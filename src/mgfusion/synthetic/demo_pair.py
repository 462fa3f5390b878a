"""The pair that ``mgfusion demo`` fuses."""

from functools import cache

from mgfusion.images.file_formats import Array
from mgfusion.synthetic.night_street import night_street

SEED = 0
"""Of the scene: ``mgfusion.synthetic.night_street.night_street(SEED)``."""


def demo_pair() -> tuple[Array, Array]:
    """The night street: ir (480, 640) and vis (480, 640, 3), uint8; drawn once a process, in about 2 s."""
    ir, vis = _drawn()
    return ir.copy(), vis.copy()


@cache
def _drawn() -> tuple[Array, Array]:
    scene = night_street(SEED)
    return scene.ir, scene.vis
