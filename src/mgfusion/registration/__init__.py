"""How an infrared picture lies upon a visible one."""

from mgfusion.registration.camera_geometry import overlay_matrix
from mgfusion.registration.warping import warp_infrared

__all__ = ["overlay_matrix", "warp_infrared"]
