"""The work of :func:`mgfusion.registration.rigs.calibrate`."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mgfusion.errors import DataError, ImageError
from mgfusion.images import source_name
from mgfusion.registration.alignment import align_planes
from mgfusion.registration.descriptor_network import packaged_describer
from mgfusion.registration.joint_frames import RigFrame, find_lens, joint_fit, offsets
from mgfusion.registration.lens import Lens
from mgfusion.registration.matching import FINE
from mgfusion.registration.matrices import Matrix, Size, corner_distance
from mgfusion.registration.near_shift import lies_beside
from mgfusion.registration.picture_planes import infrared_plane, visible_plane
from mgfusion.registration.rigs import Rig
from mgfusion.registration.small_transforms import Model
from mgfusion.registration.working_pictures import Working

_AGREE = 0.03  # of the visible width: frames this near to each other may be of one rig
_NEAR = 0.01  # a frame whose own place is farther off than this has near objects, or is no pair
_FRAMES_FOR_LENS = 6


def fit_rig(
    pairs: Sequence[tuple[Any, Any]],
    model: Model,
    names: Sequence[str] | None,
    progress: Callable[[str], None] | None,
) -> Rig:
    """See :func:`mgfusion.registration.rigs.calibrate`."""
    frames: list[RigFrame] = []
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
        working = Working.of(other.picture, FINE)
        described = packaged_describer()([working.picture], "vis")[0]
        frames.append(RigFrame(name, one, other, working, described, found.matrix, found.confidence))
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
    while True:  # those that are left out may have drawn the transform away from others, or towards them
        matrix, lens, offs = _fitted(agreeing, matrix, model)
        near = [frame for frame, off in zip(agreeing, offs, strict=True) if off <= _NEAR]
        if len(near) < 2 or len(near) == len(agreeing):
            break
        left += [
            (
                frame.name,
                f"lies {100 * off:.1f} % of the width beside the others (near objects, or out of step?)",
            )
            for frame, off in zip(agreeing, offs, strict=True)
            if off > _NEAR
        ]
        agreeing = near
    error = float("nan")
    if len(agreeing) >= 4:
        halves = [joint_fit(agreeing[part::2], matrix, model, lens)[0] for part in (0, 1)]
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
        lens,
    )


def _fitted(frames: list[RigFrame], matrix: Matrix, model: Model) -> tuple[Matrix, Lens | None, list[float]]:
    """What all frames agree on, and how far each lies beside it, as a share of the visible width."""
    matrix, _ = joint_fit(frames, matrix, model)
    lens = find_lens(frames, matrix) if model == "homography" and len(frames) >= _FRAMES_FOR_LENS else None
    if lens is not None:
        matrix, _ = joint_fit(frames, matrix, model, lens)
    offs = offsets(frames, matrix, lens)
    # a fit that begins far off may stop before it is there
    every = (lies_beside(frame.ir, frame.vis, matrix, lens) for frame in frames)
    return (
        matrix,
        lens,
        [off if other <= _NEAR else max(off, other) for off, other in zip(offs, every, strict=True)],
    )


def _consensus(frames: list[RigFrame], size: Size, width: int) -> tuple[Matrix, list[RigFrame]]:
    """The frame's transform that most of the others are near to, by their confidence; and those others."""

    def near(one: RigFrame) -> list[RigFrame]:
        return [f for f in frames if corner_distance(one.matrix, f.matrix, size) < _AGREE * width]

    best = max(frames, key=lambda one: sum(0.05 + frame.confidence for frame in near(one)))
    return best.matrix, near(best)
