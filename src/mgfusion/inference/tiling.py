"""Large pictures in overlapping tiles whose seams are blended."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

OVERLAP = 96
"""Pixels that neighbouring tiles share; there one fades into the other."""
SMALLEST_TILE = 2 * OVERLAP
STEP = 16
"""Tiles start at multiples of this, so that a network which works at lower resolutions keeps its grid."""


def tile_starts(length: int, tile: int) -> list[int]:
    """Where tiles of one size start, evenly spread, sharing about ``OVERLAP``, to cover ``length``."""
    if length <= tile:
        return [0]
    count = -(-(length - OVERLAP) // (tile - OVERLAP))
    return [-(-i * (length - tile) // ((count - 1) * STEP)) * STEP for i in range(count)]


def even_tile(length: int, largest: int) -> int:
    """The least side of tiles that are no more in number than tiles of side ``largest`` would be.

    Args:
        length: of the picture in this direction, pixels.
        largest: at least ``SMALLEST_TILE``.
    """
    count = len(tile_starts(length, largest))
    share = -(-(length + (count - 1) * OVERLAP) // count)
    return min(largest, max(SMALLEST_TILE, -(-share // STEP) * STEP))


def run_tiled(
    run: "Callable[[Tensor, Tensor, tuple[int, int]], Tensor]",
    ir: "Tensor",
    vis: "Tensor",
    tile: tuple[int, int],
) -> "Tensor":
    """``run(ir, vis, corner)`` tile by tile.

    Args:
        run: (B, 1, h, w), (B, C, h, w) and where the tile begins, (top, left) in pixels -> (B, 1, h, w).
        ir: (B, 1, H, W).
        vis: (B, C, H, W).
        tile: height and width of a tile in pixels, each at least ``SMALLEST_TILE``.

    Returns:
        (B, 1, H, W): each pixel the mean of its tiles, weighted by its distance from their edges.
    """
    import torch

    height, width = ir.shape[-2:]
    total, weights = torch.zeros_like(ir), torch.zeros_like(ir[:1])
    rows, columns = tile
    for top in tile_starts(height, rows):
        for left in tile_starts(width, columns):
            window = (..., slice(top, min(top + rows, height)), slice(left, min(left + columns, width)))
            weight = _fade(ir[window].shape[-2], ir).unsqueeze(1) * _fade(ir[window].shape[-1], ir)
            total[window] += weight * run(ir[window], vis[window], (top, left))
            weights[window] += weight
    return total.div_(weights)


def _fade(length: int, like: "Tensor") -> "Tensor":
    import torch

    at = torch.arange(length, device=like.device, dtype=like.dtype)
    return ((torch.minimum(at, length - 1 - at) + 1) / OVERLAP).clamp(max=1)
