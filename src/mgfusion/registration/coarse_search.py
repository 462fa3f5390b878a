"""Where the infrared picture may lie: descriptors correlated over every shift, for scales and rotations."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mgfusion.registration.descriptor_network import CELL, Describer, FloatArray
from mgfusion.registration.matrices import (
    Matrix,
    Size,
    centre,
    corners,
    inverse,
    shift,
    transform,
    turn_and_scale,
)
from mgfusion.registration.working_pictures import cell_centres, warp_smoothly, whole_cells

WIDTHS = tuple(0.3 * 1.13**step for step in range(12))
"""How wide the infrared's view may be, as a share of the visible one's: 0.3 to 1.15."""
TURNS = (-8.0, 0.0, 8.0)
"""Degrees; the descriptors still know a place that is turned by 4."""
NARROW = 0.62
"""Share of the visible width. A view that is narrower has few cells, and many places look like it."""
_NARROW_EACH, _WIDE_EACH = 4, 1  # guesses for each width
_OVERLAP = 0.45  # of the smaller picture must lie on the other
_ALIKE = 0.04  # of the visible width: guesses that are nearer to each other run to one place


@dataclass(frozen=True)
class Guess:
    """``matrix``: infrared pixels to working pixels. ``score`` is larger where more agrees."""

    score: float
    matrix: Matrix


def guesses(
    ir: FloatArray,
    vis: FloatArray,
    described: Tensor,
    describe: Describer,
) -> list[Guess]:
    """The best places for each width, no two alike.

    Large pictures agree in what is true of all scenes, sky above and ground below, so the scores of different
    widths say little of each other: the joint fit has to choose.

    Args:
        ir: (H, W), 0 to 255.
        vis: working picture.
        described: (D, h, w), its descriptors.
        describe: the network.
    """
    found: list[Guess] = []
    for width in WIDTHS:
        here = sorted(_at_width(ir, vis, described, describe, width), key=lambda guess: -guess.score)
        most = _NARROW_EACH if width < NARROW else _WIDE_EACH
        found += _apart(here, (ir.shape[1], ir.shape[0]), vis.shape[1])[:most]
    return _apart(found, (ir.shape[1], ir.shape[0]), vis.shape[1])


def _at_width(ir: FloatArray, vis: FloatArray, dv: Tensor, describe: Describer, width: float) -> list[Guess]:
    old, scale = (ir.shape[1], ir.shape[0]), width * vis.shape[1] / ir.shape[1]
    new = whole_cells(old[0] * scale), whole_cells(old[1] * scale)
    if new[0] > 1.4 * vis.shape[1] or new[1] > 1.4 * vis.shape[0]:
        return []
    middle = shift(*centre(new)), shift(*-centre(old))
    ways = [middle[0] @ turn_and_scale(scale, math.radians(turn)) @ middle[1] for turn in TURNS]
    di = describe([warp_smoothly(ir, way, new) for way in ways], "ir")
    mask = torch.from_numpy(np.stack([_covered(way, old, di.shape[-2:]) for way in ways])).float()
    dv = dv - dv.mean((1, 2), keepdim=True)
    di = di - (di * mask[:, None]).sum((2, 3), keepdim=True) / mask.sum((1, 2))[:, None, None, None]
    score = _agreement(dv, di * mask[:, None], mask)
    return [
        Guess(value, shift(x * CELL, y * CELL) @ way)
        for way, plane in zip(ways, score, strict=True)
        for value, x, y in _peaks(plane, dv.shape[1:])
    ]


def _covered(
    matrix: Matrix, old: Size, cells: torch.Size
) -> "np.ndarray[tuple[int, int], np.dtype[np.bool]]":
    at = transform(inverse(matrix), cell_centres(cells[1], cells[0]))
    return np.asarray(((at > -0.5) & (at < np.array(old) - 0.5)).all(axis=1).reshape(tuple(cells)))


def _agreement(dv: Tensor, di: Tensor, mask: Tensor) -> Tensor:
    """Summed products of descriptors for each shift (B, H, W), as a multiple of what chance would give.

    A shift (y, x) counts cells down and right; negative ones lie at the end. Less than the whole of both is
    padded: shifts that wrap round overlap too little to count.
    """
    size = [
        cv2.getOptimalDFTSize(v + math.ceil((1 - _OVERLAP) * i) + 2)
        for v, i in zip(dv.shape[1:], di.shape[2:], strict=True)
    ]
    size = [max(length, i) for length, i in zip(size, di.shape[2:], strict=True)]

    def spectrum(x: Tensor) -> Tensor:
        found: Tensor = torch.fft.rfft2(x, s=size)
        return found

    total = torch.fft.irfft2((spectrum(dv) * spectrum(di).conj()).sum(1), s=size)
    cells = torch.fft.irfft2(spectrum(torch.ones(dv.shape[1:])) * spectrum(mask).conj(), s=size)
    # a neighbouring cell counts too: scale and rotation are only nearly right
    total = F.avg_pool2d(F.pad(total[:, None], (1, 1, 1, 1), mode="circular"), 3, 1)[:, 0]
    need = _OVERLAP * mask.sum((1, 2)).clamp(max=float(dv.shape[1] * dv.shape[2]))
    return torch.where(cells > need[:, None, None] - 0.5, total / cells.clamp(min=1).sqrt(), -torch.inf)


def _peaks(score: Tensor, cells: torch.Size) -> list[tuple[float, int, int]]:
    """The two best of a plane, some cells apart: (score, x, y)."""
    rows, columns = score.shape
    score, found = score.clone(), []
    for _ in range(2):
        y, x = divmod(int(score.argmax()), columns)
        value = float(score[y, x])
        if not math.isfinite(value):
            break
        found.append((value, x if x < cells[1] else x - columns, y if y < cells[0] else y - rows))
        near = torch.arange(-3, 4)
        score[((y + near) % rows)[:, None], (x + near) % columns] = -torch.inf
    return found


def _apart(found: list[Guess], size: Size, width: int) -> list[Guess]:
    """Without those that lie nearly where an earlier one does."""
    kept: list[tuple[Guess, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]] = []
    for guess in found:
        at = transform(guess.matrix, corners(size))
        if all(np.linalg.norm(at - other, axis=1).mean() > _ALIKE * width for _, other in kept):
            kept.append((guess, at))
    return [guess for guess, _ in kept]
