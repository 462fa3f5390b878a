"""The work of :func:`mgfusion.registration.rigs.calibrate`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from mgfusion.errors import DataError, ImageError
from mgfusion.images import source_name
from mgfusion.registration.alignment import align_planes
from mgfusion.registration.descriptor_network import packaged_describer
from mgfusion.registration.joint_refinement import Evidence, Model, fit, gather_evidence
from mgfusion.registration.matching import FINE
from mgfusion.registration.matrices import Matrix, Size, corner_distance, inverse, product
from mgfusion.registration.picture_planes import Plane, infrared_plane, visible_plane
from mgfusion.registration.rigs import Rig
from mgfusion.registration.working_pictures import Working

_AGREE = 0.03  # of the visible width: frames this near to each other may be of one rig
_NEAR = 0.02  # a frame whose own place is farther off than this has near objects, or is no pair
_CELLS = 2500  # of each frame in the joint fit
_ROUNDS = 3


@dataclass(frozen=True)
class _Frame:
    name: str
    ir: Plane
    vis: Plane
    working: Working
    matrix: Matrix  # infrared to visible pixels, found from this frame alone
    confidence: float


def fit_rig(
    pairs: Sequence[tuple[Any, Any]],
    model: Model,
    names: Sequence[str] | None,
    progress: Callable[[str], None] | None,
) -> Rig:
    """See :func:`mgfusion.registration.rigs.calibrate`."""
    frames: list[_Frame] = []
    sizes: tuple[Size, Size] | None = None
    for number, (ir, vis) in enumerate(pairs):
        name = names[number] if names else source_name(ir, f"frame {number + 1}")
        one, other = infrared_plane(ir), visible_plane(vis)
        found = align_planes(one, other, "similarity" if model == "homography" else model)
        if sizes is None:
            sizes = found.ir_size, found.vis_size
        elif sizes != (found.ir_size, found.vis_size):
            raise ImageError(
                f"{name}: {found.ir_size[0]}x{found.ir_size[1]} and {found.vis_size[0]}x{found.vis_size[1]} "
                f"pixels, the first frame {sizes[0][0]}x{sizes[0][1]} and {sizes[1][0]}x{sizes[1][1]}; give "
                "frames of one rig as its cameras give them"
            )
        frames.append(
            _Frame(name, one, other, Working.of(other.picture, FINE), found.matrix, found.confidence)
        )
        if progress:
            progress(name)
    assert sizes is not None
    ir_size, vis_size = sizes
    matrix, agreeing = _consensus(frames, ir_size, vis_size[0])
    if len(frames) > 1 and len(agreeing) < 2:
        raise DataError(
            f"no two of {len(frames)} frames agree on how the cameras lie; give frames with edges all over "
            "the view, of far things, or mark points (--points)"
        )
    left = [(frame.name, "its own place is elsewhere") for frame in frames if frame not in agreeing]
    matrix, offs = _joint(agreeing, matrix, model)
    near = [frame for frame, off in zip(agreeing, offs, strict=True) if off <= _NEAR]
    if len(near) >= 2 and len(near) < len(agreeing):
        left += [
            (frame.name, f"lies {100 * off:.1f} % of the width beside the others (near objects?)")
            for frame, off in zip(agreeing, offs, strict=True)
            if off > _NEAR
        ]
        agreeing = near
        matrix, offs = _joint(agreeing, matrix, model)
    error = float("nan")
    if len(agreeing) >= 4:
        halves = [_joint(agreeing[part::2], matrix, model)[0] for part in (0, 1)]
        # halves differ by twice what the whole is off: each has half of the frames
        error = corner_distance(halves[0], halves[1], ir_size) / vis_size[0] / 2
    return Rig(
        matrix,
        ir_size,
        vis_size,
        error,
        tuple(frame.name for frame in agreeing),
        tuple(left),
        float(np.median(offs)),
    )


def _consensus(frames: list[_Frame], size: Size, width: int) -> tuple[Matrix, list[_Frame]]:
    """The frame's transform that most of the others are near to, by their confidence; and those others."""

    def near(one: _Frame) -> list[_Frame]:
        return [f for f in frames if corner_distance(one.matrix, f.matrix, size) < _AGREE * width]

    best = max(frames, key=lambda one: sum(0.05 + frame.confidence for frame in near(one)))
    return best.matrix, near(best)


def _joint(frames: list[_Frame], matrix: Matrix, model: Model) -> tuple[Matrix, list[float]]:
    """All frames' evidence, one fit; and how far each frame's own shift lies beside it (share of width)."""
    describe = packaged_describer()
    described = [describe([frame.working.picture], "vis")[0] for frame in frames]
    first = frames[0]
    working = first.working.matrix @ first.vis.matrix
    shrunk = inverse(first.ir.matrix)
    width = first.working.picture.shape[1]
    parts: list[Evidence] = []
    for reach, widths in ((6, (2.0, 1.0)), (4, (1.0, 0.6)), (4, (0.8, 0.6)))[:_ROUNDS]:
        here = product([working, matrix, shrunk])
        parts = []
        for frame, map_ in zip(frames, described, strict=True):
            evidence = gather_evidence(frame.ir.picture, map_, here, describe, reach)
            if evidence is not None:
                parts.append(evidence.at_most(_CELLS))
        if not parts:
            raise DataError(
                "hardly anything of the infrared lies on the visible pictures; mark points (--points)"
            )
        whole = Evidence(
            np.concatenate([part.points for part in parts]),
            torch.cat([part.chances for part in parts]),
            here,
            parts[0].outline,
            sum(part.whole for part in parts),
        )
        matrix = product([inverse(working), fit(whole, model, widths).matrix, inverse(shrunk)])
    final = product([working, matrix, shrunk])
    offs = []
    for frame, map_ in zip(frames, described, strict=True):
        evidence = gather_evidence(frame.ir.picture, map_, final, describe, 6)
        size = frame.ir.picture.shape[1], frame.ir.picture.shape[0]
        own = None if evidence is None else fit(evidence, "shift", (3.0, 1.0)).matrix
        offs.append(float("inf") if own is None else corner_distance(own, final, size) / width)
    return matrix, offs
