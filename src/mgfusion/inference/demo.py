"""The synthetic night street, and a sheet that shows a pair beside its fusion."""

from pathlib import Path
from typing import TYPE_CHECKING

from mgfusion.images import check_target, write_image
from mgfusion.images.contact_sheet import side_by_side
from mgfusion.synthetic.demo_pair import demo_pair

if TYPE_CHECKING:
    from mgfusion.inference.fuser import Fuser


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
