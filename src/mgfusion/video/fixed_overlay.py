"""A rig's infrared laid upon the visible frames: where each pixel comes from is computed once for all."""

from typing import TYPE_CHECKING

import numpy as np

from mgfusion.images import FloatArray
from mgfusion.registration.warping import sampling_maps, warp_infrared

if TYPE_CHECKING:
    from mgfusion.registration.lens import Lens
    from mgfusion.registration.matrices import Matrix, Size


class FixedOverlay:
    """What :func:`mgfusion.registration.warping.warp_infrared` does, again and again with one matrix.

    Args:
        matrix: 3x3, infrared pixel centres (x, y) to visible ones.
        ir_size: (width, height).
        vis_size: (width, height).
        lens: what bends the infrared picture.
    """

    def __init__(
        self, matrix: "Matrix", ir_size: "Size", vis_size: "Size", lens: "Lens | None" = None
    ) -> None:
        self.ir_size, self.vis_size = ir_size, vis_size
        self._maps = sampling_maps(matrix, ir_size, vis_size, lens)
        inside = warp_infrared(np.zeros(ir_size[::-1], np.float32), matrix, vis_size, lens)[1]
        self.visible: FloatArray = 1 - inside
        """(H, W), how much of each fused pixel is to be the visible one, as infrared sees nothing there."""

    def lay(self, ir: FloatArray, share: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
        """The next frame.

        Args:
            ir: (h, w), float32.
            share: (h, w) in [0, 1], how much of it is to be the visible picture for another reason.

        Returns:
            Infrared, (H, W), whose border goes on outside its view; and how much of each fused pixel is to be
            the visible picture, (H, W) in [0, 1].
        """
        import cv2

        whole, part = self._maps
        laid = cv2.remap(ir, whole, part, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        laid = np.clip(laid, ir.min(), ir.max(), out=laid)  # a cubic swings over
        if share is None:
            return laid, self.visible
        more = cv2.remap(share, whole, part, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return laid, 1 - (1 - self.visible) * (1 - more)
