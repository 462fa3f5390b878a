"""Pooling and enlarging as matrix products: a CPU's peak, where PyTorch's own take twice as long."""

from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mgfusion.models.local_linear import BLOCK, WINDOW

_SIZES = 8  # of pictures and tiles whose matrices are kept


class MomentsByMatrices(nn.Module):
    """What :class:`~mgfusion.models.local_linear.Moments` computes."""

    def forward(self, ir: Tensor, vis: Tensor) -> Tensor:
        b, _, height, width = ir.shape
        ir, vis = (x.reshape(b, 1, height // BLOCK, BLOCK, width) for x in (ir, vis))
        rows = torch.cat([x.sum(dim=3) for x in (ir, vis, ir * ir, vis * vis, ir * vis)], dim=1)
        across, down = _means(width, ir.device), _neighbours(height // BLOCK, ir.device)
        return down @ (rows @ across)


class EnlargeByMatrices(nn.Module):
    """What :class:`~mgfusion.models.local_linear.Enlarge` computes."""

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        rows = x @ _bilinear(w, x.device)
        ends = torch.cat([rows[..., :1, :], rows, rows[..., -1:, :]], dim=2)
        out = rows.new_empty(b, c, h, BLOCK, w * BLOCK)
        for k in range(BLOCK):  # bilinear between the rows: 5/8 and 7/8 from the one above, 1/8 and 3/8 below
            at = (k + 0.5) / BLOCK - 0.5
            above, share = (ends[..., :-2, :], 1 + at) if at < 0 else (rows, at)
            below = rows if at < 0 else ends[..., 2:, :]
            torch.lerp(above, below, share, out=out[..., k, :])
        return out.reshape(b, c, h * BLOCK, w * BLOCK)


@lru_cache(maxsize=_SIZES)
def _neighbours(count: int, device: torch.device) -> Tensor:
    """(count, count): a mean over each block and those beside it, the outermost repeated."""
    at = torch.arange(count)[:, None] + torch.arange(WINDOW) - WINDOW // 2
    out = torch.zeros(count, count)
    return out.scatter_add_(1, at.clamp(0, count - 1), torch.full(at.shape, 1 / (BLOCK * WINDOW))).to(device)


@lru_cache(maxsize=_SIZES)
def _means(length: int, device: torch.device) -> Tensor:
    """(length, length / BLOCK): the same over pixels."""
    return _neighbours(length // BLOCK, device).T.repeat_interleave(BLOCK, dim=0).contiguous()


@lru_cache(maxsize=_SIZES)
def _bilinear(count: int, device: torch.device) -> Tensor:
    """(count, count BLOCK): from blocks to pixels."""
    blocks = torch.eye(count)[:, None]
    size = count * BLOCK
    out = F.interpolate(blocks, size, mode="linear", align_corners=False)
    return out[:, 0].contiguous().to(device)
