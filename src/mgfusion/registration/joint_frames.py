"""Frames of one rig fitted together: one matrix, and what the infrared lens bends."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mgfusion.errors import DataError
from mgfusion.registration.descriptor_network import packaged_describer
from mgfusion.registration.joint_refinement import Evidence, fit, gather_evidence, likelihood
from mgfusion.registration.lens import Lens
from mgfusion.registration.matrices import Matrix, corner_distance, inverse, product
from mgfusion.registration.picture_planes import Plane
from mgfusion.registration.small_transforms import Model
from mgfusion.registration.warping import unbent
from mgfusion.registration.working_pictures import Working

_CELLS = 2500  # of each frame in the joint fit
_ROUNDS = ((6, (2.0, 1.0)), (4, (1.0, 0.6)), (4, (0.8, 0.6)))  # cells that are looked at, and smoothing
_SURE = 120.0  # nats that a lens must be worth on frames that it was not fitted to; 60 cells count as one
_NARROW = 0.4  # cells: wider smoothing hardly tells a bent corner from a straight one
_SEEN = 0.002  # of the half diagonal: what bends corners by less is not worth a second interpolation


@dataclass(frozen=True)
class RigFrame:
    """A frame of both cameras.

    Attributes:
        name: what messages call it.
        ir, vis: what matching looks at.
        working: the visible picture at the size of the fit.
        described: (D, h, w), its descriptors.
        matrix: infrared to visible pixels, found from this frame alone.
        confidence: of that.
    """

    name: str
    ir: Plane
    vis: Plane
    working: Working
    described: Tensor
    matrix: Matrix
    confidence: float


def joint_fit(
    frames: Sequence[RigFrame],
    matrix: Matrix,
    model: Model,
    lens: Lens | None = None,
    bending: bool = False,
) -> tuple[Matrix, Lens | None]:
    """All frames' evidence, one fit.

    Args:
        frames: of one rig.
        matrix: infrared to visible pixels, nearly right.
        model: the kind of transform.
        lens: what bends the infrared, as far as is known.
        bending: that is fitted, too.

    Returns:
        The matrix and the lens.

    Raises:
        DataError: hardly anything of the infrared lies on the visible pictures.
    """
    first = frames[0]
    working, shrunk = first.working.matrix @ first.vis.matrix, inverse(first.ir.matrix)
    for reach, widths in _ROUNDS:
        every = (_evidence(frame, matrix, lens, reach) for frame in frames)
        parts = [part.at_most(_CELLS) for part in every if part is not None]
        if not parts:
            raise DataError(
                "hardly anything of the infrared lies on the visible pictures; mark points (--points)"
            )
        found = fit(_together(parts), model, widths, bent=_numbers(lens) if bending else None)
        matrix = product([inverse(working), found.matrix, inverse(shrunk)])
        if bending:
            lens = Lens(*(k - moved for k, moved in zip(_numbers(lens), found.bend, strict=True)))
    return matrix, lens


def offsets(frames: Sequence[RigFrame], matrix: Matrix, lens: Lens | None) -> list[float]:
    """How far each frame's own shift lies beside what all of them say, as a share of the visible width."""
    found = []
    for frame in frames:
        evidence = _evidence(frame, matrix, lens, 6)
        if evidence is None:
            found.append(float("inf"))
            continue
        size = frame.ir.picture.shape[1], frame.ir.picture.shape[0]
        own = fit(evidence, "shift", (3.0, 1.0)).matrix
        found.append(corner_distance(own, evidence.matrix, size) / frame.working.picture.shape[1])
    return found


def find_lens(frames: Sequence[RigFrame], matrix: Matrix) -> Lens | None:
    """What the infrared lens bends, if frames say so that it was not fitted to.

    Both halves of the frames must be likelier with the lens and matrix of the other half than with a matrix
    alone: nothing is bent to fit what is near, or to fit noise.
    """
    halves = frames[::2], frames[1::2]
    for fitted, others in (halves, halves[::-1]):
        straight, _ = joint_fit(fitted, matrix, "homography")
        bent, lens = joint_fit(fitted, matrix, "homography", bending=True)
        assert lens is not None
        if lens.bends() < _SEEN or not lens.sound:
            return None
        if _likelihood(others, bent, lens) < _likelihood(others, straight, None) + _SURE:
            return None
    whole = joint_fit(frames, matrix, "homography", bending=True)[1]
    return whole if whole is not None and whole.sound else None


def _likelihood(frames: Sequence[RigFrame], matrix: Matrix, lens: Lens | None) -> float:
    every = (_evidence(frame, matrix, lens, 4) for frame in frames)
    return sum(likelihood(evidence, _NARROW) for evidence in every if evidence is not None)


def _evidence(frame: RigFrame, matrix: Matrix, lens: Lens | None, reach: int) -> Evidence | None:
    here = product([frame.working.matrix, frame.vis.matrix, matrix, inverse(frame.ir.matrix)])
    infrared = unbent(frame.ir.picture, lens)
    return gather_evidence(infrared, frame.described, here, packaged_describer(), reach)


def _together(parts: list[Evidence]) -> Evidence:
    first = parts[0]
    return Evidence(
        np.concatenate([part.points for part in parts]),
        torch.cat([part.chances for part in parts]),
        first.matrix,
        first.outline,
        sum(part.whole for part in parts),
    )


def _numbers(lens: Lens | None) -> tuple[float, float]:
    return (0.0, 0.0) if lens is None else (lens.k1, lens.k2)
