"""From two pictures to a matrix: coarse search, a joint fit of each guess, the best one refined."""

from dataclasses import dataclass

import numpy as np

from mgfusion.registration.coarse_search import guesses
from mgfusion.registration.descriptor_network import Describer, FloatArray
from mgfusion.registration.joint_refinement import Evidence, Fit, Model, fit, gather_evidence
from mgfusion.registration.matrices import Matrix, corner_distance, inverse, product
from mgfusion.registration.working_pictures import Working

COARSE, FINE = 240, 640
"""Longer side of the visible picture in pixels, where the infrared is searched, and where it is refined."""
_FINALISTS = 3  # guesses that are looked at in full size
_MORE = 3  # guesses besides one for each scale
_FEW = 6.0  # how much gain a cell few cells must have over many to be believed as much


@dataclass(frozen=True)
class Match:
    """``matrix``: infrared pixels to visible ones; the rest tells how much to believe it.

    Attributes:
        gain: nats a cell by which the fit is likelier than chance.
        lead: how far the best guess is ahead of the second at the finer size, in nats a cell.
        coarse_gain: nats a cell of the best guess, before refinement.
        agreeing: mean share of a cell that follows the transform.
        halves: how far apart the corners of two fits to half of the cells each are, as a share of the
            visible width.
        spread: standard error of the corners by the likelihood's curvature, as a share of the visible width.
        moved: how far the refinement moved the best guess, as a share of the visible width.
        cells: how many cells were looked at.
    """

    matrix: Matrix
    gain: float
    lead: float
    coarse_gain: float
    agreeing: float
    halves: float
    spread: float
    moved: float
    cells: int


def match(
    ir: FloatArray, vis: FloatArray, model: Model, describe: Describer, start: Matrix | None = None
) -> Match | None:
    """Where the infrared picture lies on the visible one.

    Args:
        ir: (H, W), 0 to 255.
        vis: (H, W), 0 to 255.
        model: the kind of transform.
        describe: the network.
        start: a matrix that is nearly right; None searches.

    Returns:
        None where nothing could be fitted at all.
    """
    coarse = Working.of(vis, COARSE)
    described = describe([coarse.picture], "vis")[0]
    if start is None:
        places = [guess.matrix for guess in guesses(ir, coarse.picture, described, describe, _MORE)]
    else:
        places = [product([coarse.matrix, start])]
    first: Model = "shift" if model == "shift" else "similarity"
    tried: list[Fit] = []
    for place in places:
        evidence = gather_evidence(ir, described, place, describe, 6)
        if evidence is not None:
            tried.append(fit(evidence, first, (3.0, 1.5), 4))
    if not tried:
        return None
    tried.sort(key=_worth, reverse=True)
    finalists = [tried[0]]
    for other in tried[1:]:
        if len(finalists) < _FINALISTS and all(_differs(other, one, ir) for one in finalists):
            finalists.append(other)
    fine = Working.of(vis, FINE)
    described = describe([fine.picture], "vis")[0]
    to_fine = product([fine.matrix, inverse(coarse.matrix)])
    begun: list[tuple[Fit, Fit]] = []
    for one in finalists:
        evidence = gather_evidence(ir, described, product([to_fine, one.matrix]), describe, 6)
        if evidence is not None:
            begun.append((fit(evidence, model, (3.0, 1.5, 0.8)), one))
    if not begun:
        return None
    begun.sort(key=lambda pair: pair[0].gain / pair[0].cells, reverse=True)
    found, best = begun[0]
    lead = found.gain / found.cells - (begun[1][0].gain / begun[1][0].cells if len(begun) > 1 else 0.0)
    guess = product([inverse(coarse.matrix), best.matrix])
    matrix = found.matrix
    evidence = None
    for reach, widths in ((4, (1.5, 0.8, 0.6)), (3, (0.8, 0.6))):
        evidence = gather_evidence(ir, described, matrix, describe, reach)
        if evidence is None:
            return None
        found = fit(evidence, model, widths)
        matrix = found.matrix
    assert evidence is not None
    width, size = fine.picture.shape[1], (ir.shape[1], ir.shape[0])
    return Match(
        matrix=product([inverse(fine.matrix), matrix]),
        gain=found.gain / found.cells,
        lead=lead,
        coarse_gain=best.gain / best.cells,
        agreeing=found.agreeing,
        halves=_halves(evidence, model, size) / width,
        spread=found.spread / width,
        moved=corner_distance(guess, product([inverse(fine.matrix), matrix]), size) / vis.shape[1],
        cells=found.cells,
    )


def _worth(found: Fit) -> float:
    return found.gain / found.cells - _FEW / float(np.sqrt(found.cells))


def _differs(one: Fit, other: Fit, ir: FloatArray) -> bool:
    """Two guesses may run to one place."""
    return corner_distance(one.matrix, other.matrix, (ir.shape[1], ir.shape[0])) > 0.04 * COARSE


def _halves(evidence: Evidence, model: Model, size: tuple[int, int]) -> float:
    parts = [evidence.part(half) for half in (0, 1)]
    if not all(part.enough for part in parts):
        return float("inf")
    one, other = (fit(part, model, (0.8, 0.6)) for part in parts)
    return corner_distance(one.matrix, other.matrix, size)
