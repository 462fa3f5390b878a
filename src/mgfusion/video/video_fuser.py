"""Fuse frames as they come: a Fuser that remembers, so that its picture is steady."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mgfusion.engines.tuning import computes_bfloat16
from mgfusion.errors import ImageError, OptionError
from mgfusion.images import (
    Array,
    FloatArray,
    native,
    to_grey,
    to_tensor,
    unit_luminance,
)
from mgfusion.inference.fuser import SMALLEST_SIDE, Fuser, PathLike
from mgfusion.inference.infrared_overlay import AlignTo, known_alignment
from mgfusion.inference.palette_colour import VISIBLE, palette_colour
from mgfusion.inference.picture_kinds import Visible
from mgfusion.inference.thermal_dial import AS_TRAINED
from mgfusion.thermal import IrRange, infrared_to_unit, repair_infrared
from mgfusion.thermal.ranges import without_false_colour
from mgfusion.video.fixed_overlay import FixedOverlay
from mgfusion.video.scene_cuts import is_cut, thumbnail
from mgfusion.video.steady_guidance import SteadyGuidance
from mgfusion.video.steady_range import KINDS, SteadyRange
from mgfusion.video.steady_repair import SteadyRepair
from mgfusion.video.still_blend import StillBlend

if TYPE_CHECKING:
    from torch import Tensor

    from mgfusion.models.fusion_network import FusionNetwork, Run

_STEP = 0.04  # seconds between frames whose times are not given
_LONG = 2.0  # seconds after which what was remembered says nothing


def quick_precision(device: str) -> str:
    """bfloat16 where the processor or GPU computes in it, else float32; by what PyTorch calls a device."""
    import torch

    if device.startswith("cuda") or (device == "auto" and torch.cuda.is_available()):
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    return "bfloat16" if computes_bfloat16() else "float32"


@dataclass(frozen=True)
class Prepared:
    """A pair made ready, in order of time; what follows may run side by side for several."""

    ir: FloatArray
    """(H, W) in [0, 1], on the visible picture's grid."""
    y: FloatArray
    """(H, W) in [0, 1]"""
    vis: "Tensor"
    run: "Run | None"
    cut: bool
    visible: FloatArray | None = None
    """(H, W) in [0, 1], how much of the fused picture is to be the visible one; None: nothing."""

    def in_palette(self, shown: FloatArray, table: Array) -> "Tensor":
        """The fused luminance (H, W) in the palette's colours where there is infrared, (1, 3, H, W)."""
        import torch

        y = torch.from_numpy(shown)[None, None]
        drawn = palette_colour(torch.from_numpy(self.ir)[None, None], y, table)
        return drawn if self.visible is None else drawn.lerp(y, torch.from_numpy(self.visible))


class VideoFuser:
    """A :class:`mgfusion.Fuser` for frames that follow each other: cameras of a robot, a video.

    Call it with each pair as it comes. What it remembers keeps the picture steady: the infrared range follows
    slowly and goes along with jumps of the camera's own gain, embeddings are taken at scene cuts and every
    ``embed_every`` frames, and where neither source moves the fused picture hardly does. No frame is waited
    for. One thread may call it at a time.

    Args:
        model, device, gray, tile, invert, thermal, repair, colour: as for :class:`mgfusion.Fuser`.
        precision: as for it, or ``auto``: the fastest that the device computes in, see
            :func:`quick_precision`.
        ir_range: ``auto``: counts and degrees by a range that is steady over time, 8 bits as they are.
            ``full`` or (low, high): fixed, see :func:`mgfusion.thermal.infrared_to_unit`.
        align: how the infrared lies on the visible frame, the same for all: a :class:`mgfusion.Rig` or its
            file, a :class:`mgfusion.Alignment`, a CSV file of control points, or ``resize``. Where the
            infrared sees nothing the visible frame is shown. None or ``none``: frames are registered and of
            one size.
        transform: in place of ``align`` 3x3, float: infrared pixel centres (x, y) to visible ones. May be
            set anew at any time.
        steady: False fuses each frame for itself.
        embed_every: frames from one look of the encoder to the next; models without one don't care.

    Raises:
        ModelError, OptionError: as for :class:`mgfusion.Fuser`; or a transform that is no 3x3 matrix,
            ``align="auto"``, or a Fuser that marks isotherms, which frames are not marked with.
    """

    def __init__(
        self,
        model: "PathLike | FusionNetwork | Fuser" = "mgfusion-fast",
        *,
        device: str = "auto",
        gray: bool = False,
        tile: int | None = None,
        ir_range: IrRange = "auto",
        invert: bool = False,
        precision: str = "auto",
        thermal: float = AS_TRAINED,
        repair: bool = True,
        colour: str = VISIBLE,
        align: AlignTo = None,
        transform: Any = None,
        steady: bool = True,
        embed_every: int = 25,
    ) -> None:
        if embed_every < 1:
            raise OptionError(f"embed_every {embed_every}: give 1 frame or more")
        self.fuser = (
            model
            if isinstance(model, Fuser)
            else Fuser(
                model,
                device=device,
                gray=gray,
                tile=tile,
                ir_range=ir_range,
                invert=invert,
                precision=quick_precision(device) if precision == "auto" else precision,
                thermal=thermal,
                repair=repair,
                colour=colour,
                align=align,
            )
        )
        if self.fuser.isotherm is not None:
            raise OptionError("isotherm: frames can't be marked; give a Fuser without one")
        if self.fuser.align == "auto":
            raise OptionError(
                "align auto: all frames lie alike; give a rig.json (mgfusion calibrate finds it from some of "
                "them), a table of control points, or resize"
            )
        self.steady, self.embed_every = steady, embed_every
        self._overlay: FixedOverlay | None = None
        self.transform = transform
        self.reset()

    @property
    def transform(self) -> Array | None:
        """Infrared pixel centres to visible ones, 3x3 float64, or None."""
        return self._transform

    @transform.setter
    def transform(self, matrix: Any) -> None:
        self._overlay = None
        if matrix is None:
            self._transform: Array | None = None
            return
        matrix = np.asarray(matrix, np.float64)
        if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-12:
            raise OptionError(f"transform of shape {matrix.shape}: give a 3x3 matrix that can be inverted")
        self._transform = matrix

    def reset(self) -> None:
        """Forget every frame: the next one begins a new video."""
        self._range: SteadyRange | None = None
        self._guidance = SteadyGuidance(self.fuser, self.embed_every)
        self._blend = StillBlend()
        self._repair = SteadyRepair(self.embed_every)
        self._thumbnail: FloatArray | None = None
        self._time: float | None = None

    def __call__(self, ir: Any, vis: Any, time: float | None = None) -> Any:
        """Fuse the next pair.

        Args:
            ir: (H, W), (H, W, 1) or (H, W, 3), uint8, uint16 or float: counts, degrees, or [0, 1].
            vis: (H, W) or (H, W, 3) RGB, uint8, uint16 or float in [0, 1].
            time: of the frame, seconds on any clock that does not jump; 25 frames a second if left out.

        Returns:
            An array of the kind of ``vis``; (H, W) of its type if grey was asked for, (H, W, 3) with a
            palette.

        Raises:
            ImageError: a picture that can't be used, sizes that differ and nothing says how one lies on the
                other, or that are of another shape than the rig's.
        """
        vis = native(vis)
        source = Visible(vis)
        y = unit_luminance(vis if vis.ndim == 2 or vis.shape[2] == 3 else vis[..., 0], "vis")
        prepared = self.prepare(ir, y, lambda: source.tensor, time)
        fused = self.finish(prepared, self.fuse_prepared(prepared))
        planes = to_tensor(fused)
        if self.fuser.palette is not None:
            return source.like(prepared.in_palette(fused, self.fuser.palette))
        return (
            source.coloured(planes)
            if source.tensor.shape[1] == 3 and not self.fuser.gray
            else source.like(planes)
        )

    def prepare(
        self, ir: Array, y: FloatArray, rgb: "Callable[[], Tensor]", time: float | None = None
    ) -> Prepared:
        """The first of three steps, which remembers: call it in order of time.

        Args:
            ir: as for a call.
            y: the visible frame's luminance, (H, W), float32 in [0, 1].
            rgb: gives (1, 3, H, W) in [0, 1], or (1, 1, H, W) of a grey frame; called only where colour
                counts.
            time: as for a call.
        """
        import torch

        seconds = _STEP if time is None or self._time is None else time - self._time
        if not 0 <= seconds <= _LONG:
            self.reset()
            seconds = _STEP
        self._time = time
        hot = self._to_unit(ir, seconds)
        hot = 1 - hot if self.fuser.invert else hot
        overlay = self._placed(hot, y)
        small = thumbnail(y)
        # A start is a cut, too: the frame before it may still be on its way to be finished.
        cut = self._thumbnail is None or is_cut(self._thumbnail, small)
        self._thumbnail = small
        visible: FloatArray | None = None
        if self.fuser.repair and (self.steady or overlay is not None):  # in the camera's own pixels
            hot, visible = self._repair.follow(hot, cut) if self.steady else repair_infrared(hot)
        if overlay is not None:
            hot, visible = overlay.lay(hot, visible)
        if not self.steady:
            vis = rgb() if self.fuser.traits.vis_channels == 3 else torch.from_numpy(y)[None, None]
            return Prepared(hot, y, vis, None, cut, visible)
        run = self._guidance.for_frame(torch.from_numpy(hot)[None, None], rgb, cut)
        vis = rgb().expand(-1, 3, -1, -1) if self._guidance.needs_colour else torch.from_numpy(y)[None, None]
        return Prepared(hot, y, vis, run, cut, visible)

    def fuse_prepared(self, prepared: Prepared) -> FloatArray:
        """The second step, which remembers nothing: threads may share it. (H, W), float32 in [0, 1]."""
        import torch

        ir = torch.from_numpy(prepared.ir)[None, None]
        fused = self.fuser.fuse_tensors(ir, prepared.vis, prepared.run)
        plane: FloatArray = fused[0, 0].cpu().numpy()
        return plane if prepared.visible is None else plane + prepared.visible * (prepared.y - plane)

    def finish(self, prepared: Prepared, fused: FloatArray) -> FloatArray:
        """The last step, which remembers: call it in order of time. (H, W), float32 in [0, 1]."""
        if not self.steady:
            return fused
        return self._blend.follow(fused, prepared.ir, prepared.y, prepared.cut)

    def _to_unit(self, ir: Array, seconds: float) -> FloatArray:
        ir = native(ir)
        fixed = self.fuser.ir_range
        if not self.steady or fixed != "auto":
            return infrared_to_unit(ir, fixed, "ir")
        if ir.dtype not in (np.uint8, np.uint16) and ir.dtype.kind != "f":
            return infrared_to_unit(ir, fixed, "ir")  # says what is wrong
        grey = to_grey(without_false_colour(ir, "ir"), "ir")
        if grey.dtype.kind == "f":
            finite = np.isfinite(grey)
            if not finite.any():
                raise ImageError("ir: holds no finite value; read it again")
            if not finite.all():
                grey = np.where(finite, grey, grey[finite].min())
            scaled = grey.astype(np.float32)
            if self._range is None:
                inside = float(grey.min()) >= 0 and float(grey.max()) <= 1
                self._range = SteadyRange("levels" if inside else "degrees")
        else:
            scaled = grey.astype(np.float32)
            scaled *= np.float32(1 / np.iinfo(grey.dtype).max)
            if self._range is None:
                self._range = SteadyRange("counts" if grey.dtype == np.uint16 else "levels")
        low, high = self._range.follow(scaled, seconds)
        if (low, high) != (0.0, 1.0):
            scaled -= np.float32(low)
            scaled *= np.float32(1 / (high - low))
        return np.clip(scaled, 0, 1, out=scaled)

    def _placed(self, ir: FloatArray, y: FloatArray) -> FixedOverlay | None:
        """How the infrared lies on the visible frame; None: pixel on pixel."""
        (height, width), (ir_height, ir_width) = y.shape, ir.shape
        if min(height, width) < SMALLEST_SIDE:
            raise ImageError(
                f"{width}x{height} pixels is too small to fuse; the least is {SMALLEST_SIDE} each"
            )
        align, sizes = self.fuser.align, ((ir_width, ir_height), (width, height))
        if self._transform is None and (align is None or align == "none"):
            if ir.shape != y.shape:
                raise ImageError(
                    f"sizes differ: infrared is {ir_width}x{ir_height} and visible is {width}x{height}; give "
                    "align: a rig.json (of mgfusion calibrate), or resize if both show the same view"
                )
            return None
        if self._overlay is None or (self._overlay.ir_size, self._overlay.vis_size) != sizes:
            if self._transform is not None:
                self._overlay = FixedOverlay(self._transform, *sizes)
            else:
                assert align is not None
                known = known_alignment(align, *sizes)
                self._overlay = FixedOverlay(known.matrix, *sizes, known.lens)
        return self._overlay

    def state(self) -> dict[str, Array]:
        """All that is remembered, as arrays: a video goes on from it as if never interrupted."""
        parts: dict[str, Array] = {}
        if self._time is not None:
            parts["time"] = np.array([self._time])
        if self._thumbnail is not None:
            parts["thumbnail"] = self._thumbnail
        if self._range is not None:
            parts |= {"kind": np.array([KINDS.index(self._range.kind)]), **self._range.state()}
        return {**parts, **self._guidance.state(), **self._blend.state(), **self._repair.state()}

    def restore(self, state: dict[str, Array]) -> None:
        """Go on from :meth:`state`."""
        self.reset()
        self._time = float(state["time"][0]) if "time" in state else None
        self._thumbnail = state.get("thumbnail")
        if "kind" in state:
            self._range = SteadyRange(KINDS[int(state["kind"][0])])
            self._range.restore(state)
        self._guidance.restore(state)
        self._blend.restore(state)
        self._repair.restore(state)
