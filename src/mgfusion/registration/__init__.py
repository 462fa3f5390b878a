"""How an infrared picture lies upon a visible one."""

from mgfusion.registration.alignment import MODELS, Alignment, align
from mgfusion.registration.camera_geometry import overlay_matrix
from mgfusion.registration.control_points import read_points
from mgfusion.registration.lens import Lens
from mgfusion.registration.rigs import Rig, calibrate
from mgfusion.registration.warping import warp_infrared

__all__ = [
    "MODELS",
    "Alignment",
    "Lens",
    "Rig",
    "align",
    "calibrate",
    "overlay_matrix",
    "read_points",
    "warp_infrared",
]
