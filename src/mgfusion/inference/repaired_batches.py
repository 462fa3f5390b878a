"""Batches of infrared repaired before fusing, and the visible picture shown where there is none."""

from typing import TYPE_CHECKING

from mgfusion.images import luminance
from mgfusion.thermal import repair_infrared

if TYPE_CHECKING:
    from torch import Tensor


def repaired_batch(ir: "Tensor") -> "tuple[Tensor, Tensor | None]":
    """Each picture of (B, 1, H, W) by :func:`mgfusion.thermal.repair_infrared`, on the CPU.

    Returns:
        Infrared, (B, 1, H, W), and the share of the visible picture, of the same shape; None where it is 0.
    """
    import torch

    found = [repair_infrared(one[0].detach().cpu().numpy()) for one in ir]
    planes = torch.stack([torch.from_numpy(plane)[None] for plane, _ in found])
    if all(share is None for _, share in found):
        return planes, None
    none = torch.zeros(ir.shape[-2:])
    shares = (none if share is None else torch.from_numpy(share) for _, share in found)
    return planes, torch.stack([share[None] for share in shares])


def show_visible(fused: "Tensor", vis: "Tensor", share: "Tensor") -> "Tensor":
    """The fused luminance, (B, 1, H, W), with so much of the visible one in it; ``vis`` may be RGB."""
    return fused.lerp(luminance(vis.detach()).to(fused), share.to(fused))
