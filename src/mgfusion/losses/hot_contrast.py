"""HTC as a loss: hot targets must stand out as they do in the infrared picture."""

import torch
from torch import Tensor

from mgfusion.thermal.hot_spots import MOST_IN_A_CROP


def lost_contrast(fused: Tensor, ir: Tensor, blobs: Tensor, rings: Tensor) -> Tensor:
    """Mean of 1 - kept and half its square over the hot targets of a batch, with the metric HTC's contrast.

    The square counts targets that are lost or inverted for more than those that are a little pale.

    Args:
        fused, ir: (B, 1, H, W), float in [0, 1].
        blobs, rings: (B, H, W), uint8; bit k of a pixel says that it belongs to target k, or its ring.

    Returns:
        A scalar, 0 where there is no target.
    """
    bits = torch.arange(MOST_IN_A_CROP, device=blobs.device, dtype=torch.uint8)
    present = blobs.flatten(1).amax(1) > 0
    if not present.any():
        return fused.sum() * 0
    blobs, rings = blobs[present], rings[present]
    inside = ((blobs[:, None] >> bits[:, None, None]) & 1).flatten(2).float()  # (B, K, H W)
    around = ((rings[:, None] >> bits[:, None, None]) & 1).flatten(2).float()
    c_ir = _contrast(ir[present].flatten(2), inside, around)
    c_fused = _contrast(fused[present].flatten(2), inside, around)
    counted = (inside.sum(-1) > 0) & (around.sum(-1) > 0) & (c_ir > 1)
    if not counted.any():
        return fused.sum() * 0
    lack = (1 - c_fused[counted] / c_ir[counted]).clamp_min(0)
    return (lack + lack.square() / 2).mean()


def _contrast(x: Tensor, inside: Tensor, around: Tensor) -> Tensor:
    """(B, K) from a picture (B, 1, N) and masks (B, K, N)."""
    n_in, n_around = inside.sum(-1).clamp_min(1), around.sum(-1).clamp_min(1)
    mean_in, mean = (inside * x).sum(-1) / n_in, (around * x).sum(-1) / n_around
    variance = (around * x.square()).sum(-1) / n_around - mean.square()
    return (mean_in - mean) / ((variance.clamp_min(0) + 1e-8).sqrt() + 8 / 255)
