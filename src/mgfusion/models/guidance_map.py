"""A map of embeddings under features: where it lies, and the resizing."""

import torch
from torch import Tensor, nn

Edge = float | Tensor
Place = tuple[Edge, Edge, Edge, Edge]
"""Where the top, bottom, left and right edges of a part of a picture lie in the whole, as shares of its
height and width: 0, 1, 0, 1 is all of it. Each is a number, or (B, 1) for a batch. A part whose bottom lies
above its top is shown upside down."""


class Underlay(nn.Module):
    """How a map lies under features: two matrices that resize it bilinearly. No parameters.

    As ``F.interpolate`` without ``align_corners``, but for any part of the map, and several times as fast;
    beyond the map's edge it goes on as it is there.
    """

    def forward(self, place: Place, features: Tensor, cells: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Weights of rows (..., H, h) and of columns (..., W, w).

        Args:
            place: of the features' edges.
            features: (B, C, H, W).
            cells: height and width of the map, h and w.
        """
        top, bottom, left, right = place
        (height, width), (h, w) = features.shape[-2:], cells
        return self._weights(top, bottom, height, h, features), self._weights(left, right, width, w, features)

    def _weights(self, first: Edge, last: Edge, length: int, cells: int, like: Tensor) -> Tensor:
        share = (torch.arange(length, device=like.device, dtype=torch.float32) + 0.5) / length
        at = ((first + share * (last - first)) * cells - 0.5).clamp(0, cells - 1)
        return (1 - (at[..., None] - torch.arange(cells, device=like.device)).abs()).clamp_min(0)


def beside_features(said: Tensor, under: tuple[Tensor, Tensor] | None) -> Tensor:
    """What an adapter says, for arithmetic with features.

    Args:
        said: (B, C), or (B, h, w, C) of a map.
        under: of a map, what :class:`Underlay` gives.

    Returns:
        (B, C, 1, 1), or (B, C, H, W) in channels-last memory.
    """
    if under is None:
        return said[:, :, None, None]
    rows, columns = under
    wide = columns.to(said.dtype).unsqueeze(-3) @ said  # (B, h, W, C)
    tall = rows.to(said.dtype) @ wide.flatten(2)
    return tall.reshape(*tall.shape[:2], -1, said.shape[-1]).permute(0, 3, 1, 2)
