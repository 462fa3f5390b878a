"""From two pictures to a matrix: coarse search, a joint fit of each guess, the best one refined."""

from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from mgfusion.registration.coarse_search import NARROW, guesses
from mgfusion.registration.descriptor_network import Describer, FloatArray
from mgfusion.registration.joint_refinement import Evidence, Fit, fit, gather_evidence
from mgfusion.registration.matrices import Matrix, corner_distance, corners, inverse, product, transform
from mgfusion.registration.small_transforms import Model
from mgfusion.registration.working_pictures import Working

COARSE, MIDDLE, FINE = 200, 400, 640
"""Longer side of the visible picture in pixels: where the infrared is searched, where guesses that see much
of it are fitted, and where those that see little, and the last ones, are."""
_TRIED = 300  # cells by which every guess is fitted
_FINALISTS, _FINAL = 6, 600  # guesses that are fitted with all the model's freedom, and by how many cells


@dataclass(frozen=True)
class Match:
    """``matrix``: infrared pixels to visible ones; the rest tells how much to believe it.

    Attributes:
        gain: nats a cell by which the fit is likelier than chance.
        halves: how far apart the corners of two fits to half of the cells each are, as a share of the
            visible width.
        spread: standard error of the corners by the likelihood's curvature, as a share of the visible width.
    """

    matrix: Matrix
    gain: float
    halves: float
    spread: float


class _Levels:
    """The visible picture at several sizes, each described once, when it is first asked for."""

    def __init__(self, vis: FloatArray, describe: Describer) -> None:
        self.vis, self.describe = vis, describe
        self._known: dict[int, tuple[Working, Tensor]] = {}

    def at(self, side: int) -> tuple[Working, Tensor]:
        """With its longer side about that many pixels, and its descriptors."""
        if side not in self._known:
            working = Working.of(self.vis, side)
            self._known[side] = working, self.describe([working.picture], "vis")[0]
        return self._known[side]


def match(ir: FloatArray, vis: FloatArray, model: Model, describe: Describer) -> Match | None:
    """Where the infrared picture lies on the visible one.

    Args:
        ir: (H, W), 0 to 255.
        vis: (H, W), 0 to 255.
        model: the kind of transform.
        describe: the network.

    Returns:
        None where nothing could be fitted at all.
    """
    levels = _Levels(vis, describe)
    fine, described = levels.at(FINE)
    coarse, at_coarse = levels.at(COARSE)
    to_fine = product([fine.matrix, inverse(coarse.matrix)])
    searched = guesses(ir, coarse.picture, at_coarse, describe)
    places = [product([to_fine, guess.matrix]) for guess in searched]
    first: Model = "shift" if model == "shift" else "similarity"
    every = (_tried(ir, levels, place, first) for place in places)
    tried = [fitted for fitted in every if fitted is not None]
    if not tried:
        return None
    tried.sort(key=_worth, reverse=True)
    finalists = [tried[0]]
    for other in tried[1:]:
        if len(finalists) < _FINALISTS and all(_differs(other, one, ir) for one in finalists):
            finalists.append(other)
    begun: list[Fit] = []
    for one in finalists:
        evidence = gather_evidence(ir, described, one.matrix, describe, 6, _FINAL)
        if evidence is not None:
            begun.append(fit(evidence, model, (3.0, 1.5, 0.8)))
    if not begun:
        return None
    found = max(begun, key=_worth)
    evidence = None
    for reach, widths in ((4, (1.5, 0.8, 0.6)), (3, (0.8, 0.6, 0.4, 0.3))):
        evidence = gather_evidence(ir, described, found.matrix, describe, reach)
        if evidence is None:
            return None
        found = fit(evidence, model, widths)
    assert evidence is not None
    width, size = fine.picture.shape[1], (ir.shape[1], ir.shape[0])
    return Match(
        matrix=product([inverse(fine.matrix), found.matrix]),
        gain=found.gain / found.cells,
        halves=_halves(evidence, model, size) / width,
        spread=found.spread / width,
    )


def _tried(ir: FloatArray, levels: "_Levels", place: Matrix, model: Model) -> Fit | None:
    """A guess fitted by some of its cells; both matrices lead to the finest level."""
    fine, _ = levels.at(FINE)
    size = ir.shape[1], ir.shape[0]
    left, right = transform(place, corners(size))[:2]
    little = float(np.linalg.norm(right - left)) < NARROW * fine.picture.shape[1]
    working, described = levels.at(FINE if little else MIDDLE)
    way = product([working.matrix, inverse(fine.matrix)])
    reach = 8 if little else 6
    evidence = gather_evidence(ir, described, product([way, place]), levels.describe, reach, _TRIED)
    if evidence is None:
        return None
    found = fit(evidence, model, (3.0, 1.5), 4)
    finer = (fine.picture.size / working.picture.size) * found.whole
    return replace(found, matrix=product([inverse(way), found.matrix]), whole=round(finer))


def _worth(found: Fit) -> float:
    """How many standard errors above chance: a few cells may agree well by accident, many do not."""
    return found.gain / found.cells * float(np.sqrt(found.whole))


def _differs(one: Fit, other: Fit, ir: FloatArray) -> bool:
    """Two guesses may run to one place."""
    return corner_distance(one.matrix, other.matrix, (ir.shape[1], ir.shape[0])) > 0.04 * FINE


def _halves(evidence: Evidence, model: Model, size: tuple[int, int]) -> float:
    parts = [evidence.part(half) for half in (0, 1)]
    if not all(part.enough for part in parts):
        return float("inf")
    one, other = (fit(part, model, (0.8, 0.6)) for part in parts)
    return corner_distance(one.matrix, other.matrix, size)
