"""Where a camera with two lenses itself lays its infrared picture upon the visible one."""

import numpy as np
import numpy.typing as npt


def overlay_matrix(
    ir_size: tuple[int, int], vis_size: tuple[int, int], real_to_ir: float, offset: tuple[float, float]
) -> npt.NDArray[np.float64]:
    """The matrix that a FLIR file's ``Real2IR``, ``OffsetX`` and ``OffsetY`` stand for.

    The infrared picture is as wide as the visible one divided by ``real_to_ir``, its centre ``offset`` away
    from the visible one's: the camera's own picture with the visible edges drawn into it is laid like that.
    It holds for the distance that the camera was set to; what is nearer or farther is a little beside.

    Args:
        ir_size: (width, height) of the infrared picture.
        vis_size: (width, height) of the visible one.
        real_to_ir: how many times wider the visible picture's view is.
        offset: (x, y) in visible pixels, right and down.

    Returns:
        3x3, float64: infrared pixel centres (x, y, 1) to visible ones.
    """
    scale = vis_size[0] / ir_size[0] / real_to_ir
    (iw, ih), (vw, vh) = ir_size, vis_size
    x = (vw - 1) / 2 + offset[0] - scale * (iw - 1) / 2
    y = (vh - 1) / 2 + offset[1] - scale * (ih - 1) / 2
    return np.array([[scale, 0, x], [0, scale, y], [0, 0, 1]], np.float64)
