"""How the infrared picture of one pair lies upon the visible one, and how sure that is."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from mgfusion.errors import ImageError, OptionError
from mgfusion.registration.confidence import TRUSTED_FROM, confidence_of
from mgfusion.registration.lens import Lens
from mgfusion.registration.matrices import Matrix, Size, corners, inverse, product, resizing, transform
from mgfusion.registration.small_transforms import UNKNOWNS, Model

if TYPE_CHECKING:
    from mgfusion.registration.matching import Match
    from mgfusion.registration.picture_planes import Plane

MODELS = tuple(reversed(UNKNOWNS))


@dataclass(frozen=True)
class Alignment:
    """What :func:`align` found.

    Attributes:
        matrix: 3x3, float64, infrared pixel centres (x, y, 1) to visible ones; the first pixel's is (0, 0).
        confidence: 0 to 1, how likely it is that the matrix brings the infrared's corners, on average, to
            within 1 % of the visible width of where they belong.
        ir_size: (width, height).
        vis_size: (width, height).
        source: what it rests on, in words.
        lens: what bends the infrared picture, where a rig's calibration found that; ``matrix`` is then that
            of the picture without it.
        exact: somebody said that both lie like that, pixel by pixel: nothing is moved in places besides.
    """

    matrix: Matrix
    confidence: float
    ir_size: Size
    vis_size: Size
    source: str = "matched"
    match: "Match | None" = field(default=None, repr=False, compare=False)
    lens: Lens | None = None
    exact: bool = False

    @property
    def trusted(self) -> bool:
        """Whether it is sure enough to be used without asking: the confidence is at least 0.8."""
        return self.confidence >= TRUSTED_FROM

    @property
    def corners(self) -> npt.NDArray[np.float64]:
        """Where the infrared's corners lie in the visible picture, (4, 2), clockwise from the top left."""
        at = corners(self.ir_size)
        return transform(self.matrix, at if self.lens is None else self.lens.ideal(at, self.ir_size))

    def warp(
        self, ir: npt.NDArray[Any], size: Size | None = None
    ) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
        """The infrared picture as the visible camera would have seen it.

        Args:
            ir: (H, W) or (H, W, C), uint8, uint16 or float, of ``ir_size``.
            size: (width, height) of the result; that of the visible picture by default. Another one stands
                for the same view at another resolution.

        Returns:
            The picture, (height, width) or (height, width, C), of the same type; outside the infrared's view
            its border goes on. And a mask (height, width), true where there is infrared.

        Raises:
            ImageError: ``ir`` has another size.
            OptionError: ``size`` is none.
        """
        from mgfusion.registration.warping import warp_picture

        ir = np.asarray(ir)
        if ir.ndim not in (2, 3) or (ir.shape[1], ir.shape[0]) != self.ir_size:
            width, height = self.ir_size
            raise ImageError(
                f"ir: array of shape {ir.shape}; give ({height}, {width}) or ({height}, {width}, C)"
            )
        if size is None:
            return warp_picture(ir, self.matrix, self.vis_size, self.lens)
        if len(size) != 2 or min(size) < 1:
            raise OptionError(f"size {size!r}: give (width, height) in pixels")
        wanted = int(size[0]), int(size[1])
        return warp_picture(ir, resizing(self.vis_size, wanted) @ self.matrix, wanted, self.lens)

    def summary(self) -> str:
        """What was found, in a few words."""
        at = self.corners
        width = float(np.linalg.norm(at[1] - at[0]) + np.linalg.norm(at[2] - at[3])) / 2
        turn = float(np.degrees(np.arctan2(*(at[1] - at[0])[::-1])))
        middle = at.mean(axis=0) - (np.array(self.vis_size) - 1) / 2
        return (
            f"infrared covers {100 * width / self.vis_size[0]:.0f} % of the width, turned {turn:.1f} degrees"
            f", {middle[0]:+.0f},{middle[1]:+.0f} pixels off the middle; confidence {self.confidence:.2f}"
        )


def align(ir: Any, vis: Any, model: Model = "homography") -> Alignment:
    """Find how an infrared picture lies upon the visible one of the same scene.

    Learned descriptors of both, correlated over shifts, scales (the infrared sees 0.3 to 1.15 of the visible
    width) and rotations (up to some 12 degrees); the best guesses are fitted to the evidence of all places at
    once, see :mod:`mgfusion.registration.joint_refinement`, and the edges of both have a say in the end, see
    :mod:`mgfusion.registration.edge_refinement`. Pixels are taken to be square.

    Args:
        ir: infrared; a path, a file's bytes or the opened file, a Pillow picture, an array (H, W) or
            (H, W, 3) of any unit, or a tensor (H, W) or (C, H, W). White-hot or black-hot.
        vis: visible, of any size; any of the same kinds.
        model: what lies between both views: ``homography``, ``affine``, ``similarity`` (scale, rotation,
            shift), ``shift`` (scale from the search). Fewer unknowns are safer where pictures show little.

    Returns:
        The best alignment there is; where nothing is known ``trusted`` is false and the matrix resizes.

    Raises:
        ImageError: a picture that can't be read or used, or a side under 32 pixels.
        OptionError: no such model.
    """
    from mgfusion.registration.picture_planes import infrared_plane, visible_plane

    return align_planes(infrared_plane(ir), visible_plane(vis), check_model(model))


def check_model(model: str) -> Model:
    """The kind of transform that a word names.

    Raises:
        OptionError: none.
    """
    if model not in MODELS:
        raise OptionError(f"model {model!r}: give one of {', '.join(MODELS)}")
    return cast(Model, model)


def align_planes(ir: "Plane", vis: "Plane", model: Model = "homography") -> Alignment:
    """:func:`align` for planes.

    Args:
        ir: infrared.
        vis: visible.
        model: the kind of transform.
    """
    from mgfusion.registration.descriptor_network import packaged_describer
    from mgfusion.registration.edge_refinement import refine_by_edges
    from mgfusion.registration.matching import match

    found = match(ir.picture, vis.picture, model, packaged_describer())
    if found is None:
        return Alignment(resizing(ir.size, vis.size), 0.0, ir.size, vis.size)
    refined = refine_by_edges(ir.picture, vis.picture, found.matrix, model)
    matrix = product([inverse(vis.matrix), refined, ir.matrix])
    return Alignment(matrix, confidence_of(found), ir.size, vis.size, match=found)


def resized(ir_size: Size, vis_size: Size) -> Alignment:
    """Both pictures taken to show the same view, at two resolutions."""
    return Alignment(resizing(ir_size, vis_size), 1.0, ir_size, vis_size, "resized", exact=True)
