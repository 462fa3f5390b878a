"""A small move of an infrared picture whose place is nearly known: how near or far the scene is."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mgfusion.registration.descriptor_network import CELL, packaged_describer
from mgfusion.registration.joint_refinement import ALIKE, FREE, fit, gather_evidence
from mgfusion.registration.lens import Lens
from mgfusion.registration.matching import MIDDLE
from mgfusion.registration.matrices import Matrix, corner_distance, inverse, product, shift
from mgfusion.registration.picture_planes import Plane
from mgfusion.registration.warping import unbent
from mgfusion.registration.working_pictures import Working

_REACH = 6  # cells to each side that are tried: 6 % of the width
_USUAL = 0.03  # of the width: the standard deviation of such moves
_CLEAR = 10.0  # nats by which a move must be likelier than chance
_ALONE = 5.0  # and than any place farther off than _BASIN
_BASIN = 3  # cells


def near_shift(ir: Plane, vis: Plane, matrix: Matrix) -> Matrix | None:
    """The matrix, moved to where both pictures agree; None where that is not clear.

    Seen at 400 pixels: finer than a small sensor's own pixels there is nothing to compare. All moves up to
    6 % of the width are tried, small ones being likelier; one must stand out.

    Args:
        ir: infrared.
        vis: visible.
        matrix: infrared to visible pixels, right but for a move.
    """
    describe = packaged_describer()
    working = Working.of(vis.picture, MIDDLE)
    described = describe([working.picture], "vis")[0]
    to_working, shrunk = product([working.matrix, vis.matrix]), inverse(ir.matrix)
    here = product([to_working, matrix, shrunk])
    evidence = gather_evidence(ir.picture, described, here, describe, _REACH + 3)
    if evidence is None:
        return None
    steps = np.arange(-_REACH, _REACH + 1)
    usual = _USUAL * working.picture.shape[1] / CELL
    clear = _of_moves(evidence.chances, 1.0) / ALIKE
    likely = clear - (steps[:, None] ** 2 + steps[None] ** 2) / (2 * usual**2)
    row, column = np.unravel_index(int(likely.argmax()), likely.shape)
    far = np.hypot(steps[:, None] - steps[row], steps[None] - steps[column]) > _BASIN
    if clear[row, column] < _CLEAR or likely[row, column] < likely[far].max() + _ALONE:
        return None
    begun = product([shift(steps[column] * CELL, steps[row] * CELL), here])
    evidence = gather_evidence(ir.picture, described, begun, describe, 4)
    if evidence is None:
        return None
    return product([inverse(to_working), fit(evidence, "shift", (1.0, 0.8)).matrix, inverse(shrunk)])


def lies_beside(ir: Plane, vis: Plane, matrix: Matrix, lens: Lens | None = None) -> float:
    """How far from where ``matrix`` lays the infrared both agree, as a share of the visible width; 0 where
    that is not clear.

    Args:
        ir: infrared.
        vis: visible.
        matrix: infrared to visible pixels.
        lens: what bends the infrared picture; the matrix is that of an unbent one.
    """
    moved = near_shift(replace(ir, picture=unbent(ir.picture, lens)), vis, matrix)
    return 0.0 if moved is None else corner_distance(moved, matrix, ir.size) / vis.size[0]


def _of_moves(chances: Tensor, width: float) -> npt.NDArray[np.float64]:
    """How much likelier than chance a move of all cells is, in nats, (2 _REACH + 1)², by y and x."""
    side = chances.shape[1]
    at, moves = torch.arange(side) - side // 2, torch.arange(-_REACH, _REACH + 1)
    bells = torch.exp((at[None] - moves[:, None]).float() ** 2 / (-2 * width * width))
    bells /= bells.sum(1, keepdim=True)
    ratio = bells @ chances @ bells.T * side**2
    return np.asarray(torch.log((1 - FREE) * ratio + FREE).sum(0).double().numpy())
