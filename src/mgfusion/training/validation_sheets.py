"""A sheet of validation pictures: one pair a row, with what the model made of it."""

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from mgfusion.data.decoded_pictures import Picture
from mgfusion.images import from_tensor, fused_colour
from mgfusion.images.contact_sheet import side_by_side
from mgfusion.images.file_formats import Array

GAP = 6
"""White pixels between rows."""


def draw_sheet(pictures: Sequence[Picture], fused: Mapping[int, Tensor], rows_per_set: int = 2) -> Array:
    """Infrared, visible and fused side by side, the fused one with the visible one's colours.

    Args:
        pictures: the validation pairs.
        fused: index of a picture -> (1, H, W), float in [0, 1].
        rows_per_set: how many pictures of each data set.

    Returns:
        (H, W, 3) uint8.
    """
    drawn: dict[str, int] = {}
    rows = []
    for index, picture in enumerate(pictures):
        source = picture.pair.source
        drawn[source] = drawn.get(source, 0) + 1
        if drawn[source] > rows_per_set:
            continue
        vis, result = picture.vis / 255, fused[index]
        coloured = fused_colour(vis[None], result[None]) if len(vis) == 3 else result
        cells = {"infrared": picture.ir / 255, f"{source}/{picture.pair.name}": vis, "fused": coloured}
        rows.append(side_by_side({name: from_tensor(cell) for name, cell in cells.items()}, GAP))
    width = max(row.shape[1] for row in rows)
    return np.vstack([_padded(row, width) for row in rows])


def _padded(row: Array, width: int) -> Array:
    return np.pad(row, ((0, GAP), (0, width - row.shape[1]), (0, 0)), constant_values=255)
