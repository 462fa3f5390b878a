"""Fuse pictures: files, Pillow pictures, arrays or tensors in, the same kind out."""

import os
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, overload

import numpy as np
import numpy.typing as npt

from mgfusion.errors import ImageError, ModelError, OptionError
from mgfusion.images import FloatArray, check_target, luminance, write_image
from mgfusion.images.file_formats import Source
from mgfusion.inference.infrared_overlay import AlignTo, check_align, common_part, find_overlay
from mgfusion.inference.palette_colour import GREY, VISIBLE, chosen_colour, palette_colour
from mgfusion.inference.picture_kinds import Visible, infrared_batch, name_of, opened_infrared
from mgfusion.inference.radiometric_scene import radiometric_scene
from mgfusion.inference.repaired_batches import repaired_batch, show_visible
from mgfusion.inference.thermal_dial import AS_TRAINED, turn_dial
from mgfusion.inference.tiling import SMALLEST_TILE, even_tile, run_tiled
from mgfusion.thermal import IrRange, Thermal, named_palette
from mgfusion.thermal.isotherm import Isotherm, parse_isotherm
from mgfusion.thermal.units import celsius_of, check_unit

if TYPE_CHECKING:
    import torch
    from PIL import Image
    from torch import Tensor

    from mgfusion.models import MGFusion
    from mgfusion.models.fusion_network import FusionNetwork, Run

PathLike = str | os.PathLike[str]
AnyPicture: TypeAlias = "Source | npt.NDArray[Any] | Image.Image | Tensor"
Depth = TypeVar("Depth", bound=np.generic)

PRECISIONS = ("float32", "bfloat16", "float16")
SMALLEST_SIDE = 16
"""The least height and width, in pixels, that is fused."""
_MEMORY = 2 << 30  # bytes of planes and activations at once, above which pictures are cut into tiles
_PLANES = 28  # bytes a pixel that the pair and what becomes of it take as they are
_LEAST_MEMORY = 1 << 29  # bytes of activations: much smaller tiles cost time
_BEYOND = 0.01  # how far 16 bits may round a value out of [0, 1]
_LOADING = threading.Lock()


class Fuser:
    """A model made ready to fuse any number of pairs.

    The visible picture decides what comes out: its kind, size, bit depth, and its colour, unless ``colour``
    says else. Its BT.601 luminance is the fused one; how its colour follows, see
    :func:`mgfusion.images.fused_colour`.

    Args:
        model: a packaged model's name, a folder with model.safetensors and config.json, or any
            :class:`~mgfusion.models.fusion_network.FusionNetwork`: a callable ``(ir, vis) -> fused``.
            A module is left in its mode and on its device; its weights are shared where they need not move.
        device: ``auto`` (CUDA if there is any, else the CPU) or what PyTorch calls it: ``cpu``, ``cuda:1``.
        gray: the same as ``colour="grey"``.
        tile: side in pixels of the tiles that large pictures are cut into; None leaves that to a memory bound
            of 2 GiB, 0 never cuts. The encoder sees the whole picture in any case.
        ir_range: how 16-bit and float infrared is scaled, see :func:`mgfusion.thermal.infrared_to_unit`.
        invert: the infrared is black-hot, hot is black.
        isotherm: a span of temperatures to mark in the fused picture, such as ``30C..40C``; the infrared must
            hold temperatures, see :func:`mgfusion.thermal.units.celsius_of`.
        ir_unit: of the infrared's numbers, where the file does not say it: ``celsius``, ``kelvin``,
            ``decikelvin`` or ``centikelvin``.
        precision: ``float32``, or inside the network ``bfloat16`` (faster on CPUs that have it, and on GPUs)
            or ``float16`` (on GPUs). The picture moves by less than half a level of 255 on average, single
            pixels by several; docs/performance.md says what that gives.
        thermal: the thermal dial, 0 to 1. 0.5 is what the model was trained for; 0 keeps the visible picture
            but where that shows nothing, 1 lifts every hot target: see
            :func:`~mgfusion.inference.thermal_dial.turn_dial`.
        colour: ``visible``; ``grey`` for the luminance alone, (H, W); or a thermal palette (``inferno``,
            ``iron``, see :func:`mgfusion.thermal.palette_names`) for colours that tell temperatures, with the
            fused picture's detail, (H, W, 3): see
            :func:`~mgfusion.inference.palette_colour.palette_colour`.
        repair: put right what cameras do wrong, where that is sure: dead pixels, stripes, and black borders,
            which show the visible picture; see :func:`mgfusion.thermal.repair_infrared` and docs/faults.md.
        align: how the infrared lies on the visible picture. None: pictures of one size are registered, others
            are aligned, and refused where that is not sure. ``auto`` aligns those of one size too, ``none``
            none, ``resize`` takes both to show the same view; or a :class:`mgfusion.Rig` or its file, a
            :class:`mgfusion.Alignment`, a CSV file of control points. Where the infrared sees nothing the
            result is the visible picture. In a file that holds both, None moves the infrared from where the
            camera lays it to where both pictures agree, if they do for sure; ``none`` leaves it there.
        crop: keep only the part that both cameras see.
        parallax: where the infrared is aligned, move it in places besides, by up to 1 % of the longer side,
            to where both pictures agree, as near and far things never lie on each other all at once. False:
            one transform alone. Registered pictures, ``none`` and ``resize`` stay as they are in any case.

    Raises:
        ModelError: no such model, or it cannot be read.
        OptionError: no such kind of model, an unknown device, precision or colour, a tile that is too small,
            or a ``thermal`` out of range.
    """

    def __init__(
        self,
        model: "PathLike | FusionNetwork" = "mgfusion-base",
        *,
        device: str = "auto",
        gray: bool = False,
        tile: int | None = None,
        ir_range: IrRange = "auto",
        invert: bool = False,
        isotherm: str | Isotherm | None = None,
        ir_unit: str | None = None,
        precision: str = "float32",
        thermal: float = AS_TRAINED,
        colour: str = VISIBLE,
        repair: bool = True,
        align: AlignTo = None,
        crop: bool = False,
        parallax: bool = True,
    ) -> None:
        if not 0 <= thermal <= 1:  # NaN neither
            raise OptionError(f"thermal {thermal:g}: give a number from 0 (visible) to 1 (hot targets)")
        if precision not in PRECISIONS:
            raise OptionError(f"precision {precision!r}: give one of {', '.join(PRECISIONS)}")
        if tile is not None and tile != 0 and tile < SMALLEST_TILE:
            raise OptionError(f"tile {tile}: give at least {SMALLEST_TILE} pixels, or 0 to never cut")
        self.colour = chosen_colour(colour, gray)
        self.palette = None if self.colour in (VISIBLE, GREY) else named_palette(self.colour)
        from mgfusion.models.fusion_network import Traits, name_of_network, own_copy

        self.device = _pick_device(device)
        self.model: Any
        if isinstance(model, str | os.PathLike):
            self.name = os.fspath(model)
            with _LOADING:
                self.model = _load(self.name, str(self.device))
        else:
            self.name = name_of_network(model)
            Traits(model)
            self.model = own_copy(model, self.device)
        self.traits = Traits(self.model)
        if tile and not self.traits.tiles:
            raise OptionError(f"tile {tile}: {self.name} can't be cut into tiles; give 0 or None")
        self.tile, self.ir_range, self.precision = tile, ir_range, precision
        self.thermal = thermal
        self.invert, self.ir_unit = invert, check_unit(ir_unit)
        self.isotherm = parse_isotherm(isotherm) if isinstance(isotherm, str) else isotherm
        self.repair = repair
        self.align, self.crop, self.parallax = check_align(align), crop, parallax

    @property
    def gray(self) -> bool:
        """Whether the luminance alone comes out, even where the visible picture has colour."""
        return self.colour == GREY

    def __repr__(self) -> str:
        return f"Fuser({self.name!r}, device={str(self.device)!r}, precision={self.precision!r})"

    @overload
    def __call__(self, ir: AnyPicture, vis: npt.NDArray[Depth]) -> npt.NDArray[Depth]: ...
    @overload
    def __call__(self, ir: AnyPicture, vis: "Tensor") -> "Tensor": ...
    @overload
    def __call__(self, ir: AnyPicture, vis: "Image.Image") -> "Image.Image": ...
    @overload
    def __call__(self, ir: AnyPicture, vis: Source | None = None) -> npt.NDArray[Any]: ...
    def __call__(self, ir: AnyPicture, vis: Any = None) -> Any:
        """Fuse one pair, a batch of tensors, or one radiometric file that holds both pictures.

        Args:
            ir: infrared, white for hot. A path, a file's bytes or the opened file, a Pillow picture, an
                array (H, W), (H, W, 1) or (H, W, 3) of uint8, uint16 or float, or a tensor (H, W), (C, H, W)
                or (B, C, H, W) of float or uint8 with C 1 or 3. Colour is brought back to the order of
                temperatures where its palette is known, else reduced to luminance.
            vis: visible, of any size; any of the same kinds, RGB or grey, floats in [0, 1]. None: ``ir``
                is a radiometric JPEG that holds it; outside the infrared's view the result is it alone.

        Returns:
            The same kind as ``vis``; for a file an array, which :func:`mgfusion.images.write_image` writes.
            Grey for a grey ``vis``, but with an isotherm or a palette always RGB. Alpha is dropped.

        Raises:
            ImageError: a picture that cannot be read or used, sizes that differ where they must not, or
                pictures of which it can't be told how they lie on each other, a side under 16 pixels, an
                isotherm and an infrared picture that holds no temperatures.
        """
        import torch

        name = name_of(ir, "ir")
        opened = opened_infrared(ir)
        inside = None
        if vis is None:
            scene = radiometric_scene(opened, name, self.align, self.parallax)
            opened, vis, inside = Thermal(scene.celsius, "celsius"), scene.vis, torch.from_numpy(scene.inside)
        celsius = None if self.isotherm is None else _temperatures(opened, self.ir_unit, name)
        if celsius is not None and inside is not None:
            celsius = np.where(inside.numpy() > 0, celsius, np.float32(np.nan))
        source = Visible(vis)
        planes = infrared_batch(opened, self.ir_range, invert=self.invert, name=name)
        colours = source.tensor
        if len(planes) != len(colours):
            raise ImageError(
                f"{len(planes)} infrared and {len(colours)} visible pictures; give as many of each"
            )
        overlay = None
        if inside is None:
            overlay = find_overlay(self.align, planes, colours, name, name_of(vis, "vis"), self.parallax)
        if overlay is not None:  # what cameras do wrong is seen in their own pixels
            planes, share = repaired_batch(planes) if self.repair else (planes, None)
            planes, celsius, inside = overlay.lay(planes, celsius, share)
        _check_sizes(planes, colours, name, name_of(vis, "vis"))
        fused = (self.fuse_tensors if overlay is None else self._fuse_batch)(planes, colours)
        if inside is not None:
            inside = inside.to(fused.device)
            fused = luminance(colours).to(fused.device).lerp(fused, inside)
        if self.palette is not None:
            drawn = palette_colour(planes, fused, self.palette)
            result = source.like(drawn if inside is None else fused.lerp(drawn, inside))
        else:
            grey = self.gray or colours.shape[1] == 1
            del planes, colours  # a large pair's are as large as all that its colours take
            result = source.like(fused) if grey else source.coloured(fused)
        if self.isotherm is not None and celsius is not None:
            result = source.marked(result, self.isotherm, celsius)
        if inside is None or not self.crop:
            return result
        return source.part(result, *common_part(inside.cpu().numpy()))

    def file(self, ir: PathLike, vis: PathLike | None, out: PathLike, *, overwrite: bool = False) -> Path:
        """Fuse two files into a third, atomically; the ending of ``out`` chooses the format.

        Without ``vis`` the infrared one holds both, as for a call.

        Raises:
            ImageError: as for a call; or ``out`` exists and ``overwrite`` is false, is an input, or cannot be
                written.
        """
        out = Path(out)
        inputs = [Path(path) for path in (ir, vis) if path is not None]
        if out.exists() and any(path.exists() and out.samefile(path) for path in inputs):
            raise ImageError(f"{out}: is one of the inputs; choose another name for the fused picture")
        check_target(out, overwrite)
        return write_image(out, self(*inputs), overwrite)

    def fuse_tensors(self, ir: "Tensor", vis: "Tensor", run: "Run | None" = None) -> "Tensor":
        """The fused luminance of repaired infrared, in tiles or parts where large; the thermal dial turned.

        Args:
            ir: (B, 1, H, W), float32 in [0, 1].
            vis: (B, 1 or 3, H, W), float32 in [0, 1].
            run: in place of what the network makes for these pictures (``for_picture``), called in the same
                way; ``vis`` reaches it with the channels that it has here, and infrared unrepaired.

        Returns:
            (B, 1, H, W), float32 in [0, 1], on this object's device.
        """
        if not self.repair or run is not None:
            return self._fuse_batch(ir, vis, run)
        ir, share = repaired_batch(ir)
        fused = self._fuse_batch(ir, vis, run)
        return fused if share is None else show_visible(fused, vis, share)

    def _fuse_batch(self, ir: "Tensor", vis: "Tensor", run: "Run | None" = None) -> "Tensor":
        import torch

        height, width = ir.shape[-2:]
        at_once = self.at_once(height * width)
        done: list[Tensor] = []
        try:
            with torch.inference_mode(), self._autocast():
                for start in range(0, len(ir), at_once):
                    part = slice(start, start + at_once)
                    done.append(self._fuse_part(ir[part].to(self.device), vis[part].to(self.device), run))
        except (RuntimeError, MemoryError) as error:
            out_of_memory = isinstance(error, torch.OutOfMemoryError | MemoryError)
            if not out_of_memory and "DefaultCPUAllocator" not in str(error):
                raise
            raise ImageError(
                f"{width}x{height} pixels: not enough memory on {self.device}; use smaller tiles (512, say)"
            ) from error
        # A copy is an ordinary tensor again, outside inference mode.
        fused = done[0].clone() if len(done) == 1 else torch.cat(done)
        done.clear()
        return turn_dial(fused, ir, vis, self.thermal, self.traits.lift)

    def at_once(self, pixels: int) -> int:
        """How many pictures of so many pixels the memory bound lets be fused together; 1 at least."""
        fits = self._pixels_that_fit(0)
        return 1 if fits is None else max(1, fits // max(1, pixels))

    def _pixels_that_fit(self, pixels: int) -> int | None:
        """Of a picture of so many at once."""
        size = self.traits.bytes_per_pixel
        return None if size is None else int(max(_MEMORY - _PLANES * pixels, _LEAST_MEMORY) // size)

    def _autocast(self) -> "torch.autocast":
        import torch

        low = self.precision != "float32"
        return torch.autocast(self.device.type, getattr(torch, self.precision) if low else None, enabled=low)

    def _fuse_part(self, ir: "Tensor", vis: "Tensor", run: "Run | None") -> "Tensor":
        height, width = ir.shape[-2:]
        fits = self._pixels_that_fit(height * width)
        if self.tile is not None:
            rows = columns = self.tile or max(height, width)
        elif fits is None or not self.traits.tiles or height * width <= fits:
            rows, columns = height, width
        else:
            largest = max(int(fits**0.5) // 64 * 64, SMALLEST_TILE)
            rows, columns = even_tile(height, largest), even_tile(width, largest)
        network: Any = run
        if network is None:
            vis = luminance(vis) if self.traits.vis_channels == 1 else vis.expand(-1, 3, -1, -1)
            network = self.model if self.traits.for_picture is None else self.traits.for_picture(ir, vis)

        def run_at(ir: "Tensor", vis: "Tensor", corner: tuple[int, int]) -> "Tensor":
            placed = (lambda ir, vis: network(ir, vis, corner)) if self.traits.placed else network
            return self._checked(placed, ir, vis)

        if height <= rows and width <= columns:
            return run_at(ir, vis, (0, 0))
        return run_tiled(run_at, ir, vis, (rows, columns)).clamp(0, 1)

    def _checked(self, run: "Run", ir: "Tensor", vis: "Tensor") -> "Tensor":
        """The network's picture, filled up before and cut back after, refused where it is none."""
        import torch

        from mgfusion.models.mgfusion import to_multiple

        multiple = self.traits.multiple
        filled = to_multiple(ir, multiple)
        fused = run(filled, to_multiple(vis, multiple))
        if not isinstance(fused, torch.Tensor) or fused.shape != filled.shape:
            got = tuple(fused.shape) if isinstance(fused, torch.Tensor) else type(fused).__name__
            raise ModelError(f"{self.name}: gave {got}; it must give a tensor {tuple(filled.shape)}")
        fused = fused.float()[..., : ir.shape[-2], : ir.shape[-1]]
        low, high = (float(value) for value in torch.aminmax(fused))
        if not (low >= -_BEYOND and high <= 1 + _BEYOND):
            raise ModelError(f"{self.name}: gave values from {low:g} to {high:g}; they must be in [0, 1]")
        return fused if low >= 0 and high <= 1 else fused.clamp(0, 1)


def _temperatures(opened: Any, unit: str | None, name: str) -> FloatArray:
    if not isinstance(opened, Thermal):
        raise ImageError(f"{name}: tensors can't be marked with an isotherm; give an array or a file")
    return celsius_of(opened, unit, name)


@lru_cache(maxsize=2)
def _load(model: str, device: str) -> "MGFusion":
    from mgfusion.inference.optimised import prepared
    from mgfusion.models import load_model

    loaded = load_model(model, device)
    return prepared(loaded) if device == "cpu" else loaded


def _pick_device(name: str) -> "torch.device":
    import torch

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise OptionError(f"device {name!r}: not available here; use auto, cpu or cuda") from error
    return device


def _check_sizes(ir: "Tensor", vis: "Tensor", ir_name: str, vis_name: str) -> None:
    (ih, iw), (vh, vw) = ir.shape[-2:], vis.shape[-2:]
    if (ih, iw) != (vh, vw):
        raise ImageError(
            f"sizes differ: {ir_name} is {iw}x{ih} and {vis_name} is {vw}x{vh} pixels, and align is "
            "none; leave that out, or register them first"
        )
    if min(vh, vw) < SMALLEST_SIDE:
        least = f"{SMALLEST_SIDE}x{SMALLEST_SIDE}"
        raise ImageError(f"{vis_name}: {vw}x{vh} pixels is too small to fuse; the least is {least}")
