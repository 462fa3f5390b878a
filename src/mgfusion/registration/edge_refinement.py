"""The last step of an alignment: the whole transform follows the edges of both pictures.

Descriptors see some 60 pixels around a place and lie beside the truth by much the same all over a picture.
Edges are sharper, and err in other ways; they only have to be near already. So where the edges of both agree
best, place by place, is fitted by one small transform, and the picture goes part of the way.
"""

import numpy as np

from mgfusion.registration.local_shifts import find_local_shifts
from mgfusion.registration.matrices import Matrix, corners, inverse, product, shift, transform
from mgfusion.registration.small_transforms import UNKNOWNS, Model, slopes, small_transform
from mgfusion.registration.warping import FloatArray

_SHARE = 2 / 3
"""Of the way. On held-out pairs half of it and all of it are about as good."""
_FEWEST = 200  # places, of some 7500 where the infrared sees all that the visible picture shows
_SMALLEST = 32  # pixels of the visible picture


def refine_by_edges(ir: FloatArray, vis: FloatArray, matrix: Matrix, model: Model) -> Matrix:
    """The matrix, after which the edges of both agree better.

    Args:
        ir: (h, w), 0 to 255.
        vis: (H, W), 0 to 255.
        matrix: infrared to visible pixels, right to 1 % of the part that the infrared sees.
        model: what may be changed.
    """
    size = ir.shape[1], ir.shape[0]
    outline = transform(matrix, corners(size))
    limit = np.array([vis.shape[1], vis.shape[0]])
    first = np.clip(np.floor(outline.min(axis=0)), 0, limit).astype(int)
    last = np.clip(np.ceil(outline.max(axis=0)) + 1, 0, limit).astype(int)
    if (last - first < _SMALLEST).any():
        return matrix
    seen = np.ascontiguousarray(vis[first[1] : last[1], first[0] : last[0]])
    places, moves = find_local_shifts(ir, seen, product([shift(-first[0], -first[1]), matrix])).by_place()
    places = places + first
    at = transform(inverse(matrix), places)
    inside = ((at > 0) & (at < np.array(size) - 1)).all(axis=1)
    if inside.sum() < _FEWEST:
        return matrix
    middle = outline.mean(axis=0)
    radius = float(np.linalg.norm(outline - middle, axis=1).mean())
    ways = slopes((places[inside] - middle) / radius, UNKNOWNS[model]).reshape(-1, UNKNOWNS[model])
    step = np.linalg.lstsq(ways, (moves[inside] / radius).reshape(-1), rcond=None)[0]
    return product([small_transform(np.asarray(_SHARE * step), middle, radius), matrix])
