"""Small moves of an aligned infrared picture, place by place, to where both pictures agree.

One transform lays far things on each other, or near ones, never both (parallax). What it leaves is some
pixels, and much the same for all that is near each other: so for every displacement within reach the edges
of both are compared, whatever their sign, sums over windows are formed, and the best displacement is taken,
first of large windows, then of smaller ones that stay near what the larger said.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mgfusion.registration.matrices import Size, resizing
from mgfusion.registration.warping import FloatArray, warp_infrared

if TYPE_CHECKING:
    from mgfusion.registration.lens import Lens
    from mgfusion.registration.matrices import Matrix

SIDE = 400
"""Longer side in pixels at which both are compared."""
REACH = 4
"""Pixels of those by which a place is moved at most: 1 % of the longer side."""
_STEP = 4  # pixels between places
_WINDOWS = (30.0, 15.0, 7.5)  # standard deviations of the windows, in places
_NEAR = (2.5, 1.8, 1.2)  # pixels: how far from what the larger window said a smaller one is likely to be
_CHANCE = 0.1  # deviation, times the window, of the agreement of pictures that don't belong together
_AROUND = 41  # pixels over which contrast is evened out
_ROWS = 512  # of a large picture that are moved at once


@dataclass(frozen=True)
class LocalShifts:
    """``moves``: (2, h, w), right and down, in pixels of a picture of ``size``, (width, height)."""

    moves: FloatArray
    size: Size

    def by_place(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Where each move is taken from, (N, 2), as pixel centres (x, y); and the moves, (N, 2)."""
        rows, columns = self.moves.shape[1:]
        x, y = np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5)
        places = np.stack([x.ravel(), y.ravel()], 1) * (np.array(self.size) / (columns, rows)) - 0.5
        return places, self.moves.reshape(2, -1).T.astype(np.float64)

    def move(self, plane: FloatArray) -> FloatArray:
        """A plane (H, W) of that size, moved; its border goes on."""
        import cv2

        width, height = self.size
        moved = np.empty((height, width), np.float32)
        x, step = np.arange(width, dtype=np.float32), self.moves.shape[1] / height
        columns = ((x + 0.5) * (self.moves.shape[2] / width) - 0.5)[None]
        for top in range(0, height, _ROWS):
            y = np.arange(top, min(top + _ROWS, height), dtype=np.float32)[:, None]
            at_x, at_y = np.broadcast_arrays(columns, (y + 0.5) * np.float32(step) - 0.5)
            right, down = (
                cv2.remap(axis, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
                for axis in self.moves
            )
            part = cv2.remap(
                plane, x[None] - right, y - down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
            )
            moved[top : top + len(part)] = part
        return np.clip(moved, plane.min(), plane.max(), out=moved)  # a cubic swings over


def find_local_shifts(
    ir: FloatArray, vis: FloatArray, matrix: "Matrix", lens: "Lens | None" = None
) -> LocalShifts:
    """What is left between both once the infrared is laid on the visible picture.

    Args:
        ir: (h, w), finite, any unit.
        vis: (H, W), luminance of any unit.
        matrix: 3x3, infrared pixel centres (x, y) to visible ones.
        lens: what bends the infrared picture; the matrix is that of an unbent one.

    Returns:
        Moves of at most 1 % of the longer side; none where nothing tells.
    """
    import cv2

    from mgfusion.registration.working_pictures import stretched, without_skipping

    size = vis.shape[1], vis.shape[0]
    k = SIDE / max(size)
    small = max(_STEP, round(size[0] * k)), max(_STEP, round(size[1] * k))
    to_small = resizing(size, small)
    seen = cv2.resize(vis, small, interpolation=cv2.INTER_AREA if k < 1 else cv2.INTER_LINEAR)
    laid, inside = warp_infrared(*without_skipping(ir, to_small @ matrix), small, lens)
    moves = _moves(_edges(stretched(laid), inside), _edges(stretched(seen), inside))
    return LocalShifts(moves * np.float32(max(size) / SIDE), size)


def _edges(picture: FloatArray, inside: FloatArray) -> FloatArray:
    """(3, H, W): the root of the slope, evened out, and that in double angles: no edge has a sign."""
    import cv2

    smooth = cv2.GaussianBlur(picture, (0, 0), 1)
    dx, dy = (cv2.Sobel(smooth, cv2.CV_32F, *axis, scale=1 / 8) for axis in ((1, 0), (0, 1)))
    slope = np.hypot(dx, dy)
    around = cv2.boxFilter(slope, -1, (_AROUND, _AROUND), borderType=cv2.BORDER_REFLECT_101)
    root = np.minimum(np.sqrt(slope / (around + 0.3 * slope.mean() + 1e-3)), 3)
    turned = root / (slope * slope + 1e-6)
    planes = np.stack([root - root.mean(), (dx * dx - dy * dy) * turned, 2 * dx * dy * turned])
    return np.asarray(planes * (inside > 0), np.float32)


def _moves(ir: FloatArray, vis: FloatArray) -> FloatArray:
    """(2, h, w), right and down, in pixels, of places ``_STEP`` apart."""
    agreement = _agreement(ir, vis)
    energy = [_places((planes * planes).sum(0)) for planes in (ir, vis)]
    side, (rows, columns) = len(agreement), agreement.shape[2:]
    steps = np.arange(side, dtype=np.float32) - REACH
    down, right = steps[:, None, None, None], steps[None, :, None, None]
    row, column = np.mgrid[:rows, :columns]
    moves = np.zeros((2, rows, columns), np.float32)
    for window, near in zip(_WINDOWS, _NEAR, strict=True):
        strength = np.sqrt(np.prod([_evened(_smooth(part, window)) for part in energy], axis=0))
        likely = np.stack([[_smooth(plane, window) for plane in line] for line in agreement])
        likely *= window / _CHANCE / strength
        likely -= ((right - moves[0]) ** 2 + (down - moves[1]) ** 2) / (2 * near * near)
        y, x = np.divmod(likely.reshape(side * side, rows, columns).argmax(0), side)
        inner_y, inner_x = np.clip(y, 1, side - 2), np.clip(x, 1, side - 2)
        finer_y = _vertex(*(likely[inner_y + step, x, row, column] for step in (-1, 0, 1)))
        finer_x = _vertex(*(likely[y, inner_x + step, row, column] for step in (-1, 0, 1)))
        found = np.stack([inner_x + finer_x, inner_y + finer_y]).astype(np.float32) - REACH
        moves = np.stack([_smooth(part, window / 2) for part in found])
    return moves


def _agreement(ir: FloatArray, vis: FloatArray) -> FloatArray:
    """(K, K, h, w): summed products around each place, for every displacement, down and right."""
    import cv2

    height, width = vis.shape[1:]
    edge = (REACH,) * 4
    padded = [cv2.copyMakeBorder(plane, *edge, cv2.BORDER_CONSTANT, value=0) for plane in vis]
    side = 2 * REACH + 1
    lines = []
    for down in range(side):
        for right in range(side):
            parts = (plane[down : down + height, right : right + width] for plane in padded)
            lines.append(_places(sum(one * other for one, other in zip(ir, parts, strict=True))))
    return np.stack(lines).reshape(side, side, *lines[0].shape)


def _places(plane: FloatArray) -> FloatArray:
    """Means of squares of ``_STEP`` pixels."""
    import cv2

    rows, columns = (max(1, length // _STEP) for length in plane.shape)
    return np.asarray(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA))


def _smooth(plane: FloatArray, window: float) -> FloatArray:
    import cv2

    return np.asarray(cv2.GaussianBlur(plane, (0, 0), window, borderType=cv2.BORDER_REFLECT_101))


def _evened(energy: FloatArray) -> FloatArray:
    """What shows next to nothing does not count as much as what shows a lot."""
    return energy + np.float32(0.3 * float(energy.mean()) + 1e-6)


def _vertex(before: FloatArray, here: FloatArray, after: FloatArray) -> FloatArray:
    """Where the parabola through three neighbours is highest, in steps from the middle one, at most one."""
    bend = before - 2 * here + after
    return np.asarray(
        np.clip(np.where(bend < -1e-9, (before - after) / (2 * np.minimum(bend, -1e-9)), 0), -1, 1)
    )
