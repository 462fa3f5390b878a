"""What a thermal camera, or what came after it, did wrong, put right before fusing."""

from mgfusion.images import FloatArray
from mgfusion.thermal.bad_pixels import repair_dead_pixels
from mgfusion.thermal.missing_areas import black_borders, continue_infrared, share_of_visible
from mgfusion.thermal.stripe_noise import remove_stripes


def repair_infrared(ir: FloatArray) -> tuple[FloatArray, FloatArray | None]:
    """Dead pixels and stripes repaired, and black borders taken for what they are: no infrared here.

    Each is done only where it is sure; sound infrared comes back as it is. Whole pictures, not parts of them:
    borders and stripes are known by running through. docs/faults.md says what it gives.

    Args:
        ir: (H, W), float32 in [0, 1].

    Returns:
        The repaired infrared, (H, W), and how much of each fused pixel is to be the visible picture, (H, W)
        in [0, 1], or None where infrared is everywhere.
    """
    if min(ir.shape) < 3:
        return ir, None
    missing = black_borders(ir)
    repaired = remove_stripes(repair_dead_pixels(ir))
    if missing is None:
        return repaired, None
    return continue_infrared(repaired, missing), share_of_visible(missing)
