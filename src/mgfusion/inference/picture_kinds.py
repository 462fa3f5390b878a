"""Any kind of picture in as a batch of tensors, and a fused batch back in the kind of the visible one."""

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from mgfusion.errors import ImageError
from mgfusion.images import (
    from_pil,
    from_tensor,
    fused_colour,
    read_image,
    recoloured,
    rounded_rgb,
    source_name,
    to_tensor,
)
from mgfusion.thermal import IrRange, Thermal, infrared_to_unit, read_thermal

if TYPE_CHECKING:
    from torch import Tensor

    from mgfusion.images import FloatArray
    from mgfusion.thermal.isotherm import Isotherm


def name_of(picture: Any, otherwise: str) -> str:
    """What messages call a picture: its path if it has one."""
    return source_name(picture, otherwise)


def opened_infrared(ir: Any) -> Any:
    """Any kind of infrared picture, read where it is a file: a tensor stays, all else is :class:`Thermal`.

    Raises:
        ImageError: a kind that is not one, or a file that cannot be read.
    """
    if isinstance(ir, Thermal) or _is_tensor(ir):
        return ir
    return read_thermal(ir) if _is_file(ir) else Thermal(_as_array(ir, "ir"))


def infrared_batch(ir: Any, ir_range: IrRange, *, invert: bool = False, name: str | None = None) -> "Tensor":
    """Any kind of infrared picture as (B, 1, H, W), float32 in [0, 1].

    Args:
        ir: the picture, or what :func:`opened_infrared` made of it.
        ir_range: see :func:`mgfusion.thermal.infrared_to_unit`.
        invert: hot is black.
        name: what messages call it; its path by default.

    Raises:
        ImageError: a kind, shape, or type that is not one, or a file that cannot be read.
    """
    import torch

    name = name_of(ir, "ir") if name is None else name
    opened = opened_infrared(ir)
    if _is_tensor(opened):
        arrays = [np.moveaxis(item.detach().cpu().numpy(), 0, -1) for item in _as_batch(opened, name)]
    else:
        arrays = [opened.array]
    return torch.cat([to_tensor(infrared_to_unit(a, ir_range, name, invert=invert), name) for a in arrays])


class Visible:
    """The visible picture; ``tensor`` is (B, 1 or 3, H, W), float32 in [0, 1].

    Raises:
        ImageError: a kind, shape, type or range that is not one, or a file that cannot be read.
    """

    def __init__(self, vis: Any) -> None:
        self.vis = vis
        name = name_of(vis, "vis")
        if _is_tensor(vis):
            self.tensor = _unit_batch(_as_batch(vis, name).detach(), name)
        else:
            self.array = _as_array(vis, name)
            self.tensor = to_tensor(self.array, name)

    def like(self, fused: "Tensor") -> Any:
        """(B, C, H, W) in [0, 1] in the kind, depth and rank of what came in; for a path an array."""
        if _is_tensor(self.vis):
            return self._like_tensor(fused)
        array = from_tensor(fused, self.array.dtype)
        return self._of_kind(array[..., None] if self.array.shape[2:] == (1,) and array.ndim == 2 else array)

    def coloured(self, fused: "Tensor") -> Any:
        """Luminance (B, 1, H, W) in [0, 1] in the colours, kind and depth of what came in, which has some.

        The last that is asked of it: ``tensor`` may be gone then.
        """
        if not _is_tensor(self.vis) and self.array.dtype == np.uint8:
            del self.tensor
            return self._of_kind(recoloured(self.array, fused.cpu()))
        return self.like(fused_colour(self.tensor.to(fused.device), fused))

    def _of_kind(self, array: Any) -> Any:
        if hasattr(self.vis, "getbands"):
            from PIL import Image

            return Image.fromarray(array)
        return array

    def marked(self, result: Any, isotherm: "Isotherm", celsius: "FloatArray") -> Any:
        """What :meth:`like` gave, in colour and with a span of temperatures tinted.

        Raises:
            ImageError: a tensor.
        """
        if _is_tensor(self.vis):
            raise ImageError("vis: tensors can't be marked with an isotherm; give an array or a file")
        if not hasattr(self.vis, "getbands"):
            return isotherm.mark(result, celsius)
        from PIL import Image

        return Image.fromarray(isotherm.mark(np.asarray(result), celsius))

    def part(self, result: Any, rows: slice, columns: slice) -> Any:
        """What one of the others gave, cut."""
        if _is_tensor(self.vis):
            return result[..., rows, columns].clone()
        if hasattr(self.vis, "getbands"):
            return result.crop((columns.start, rows.start, columns.stop, rows.stop))
        return result[rows, columns].copy()

    def _like_tensor(self, fused: "Tensor") -> "Tensor":
        import torch

        if self.vis.dtype == torch.uint8:
            fused = rounded_rgb(fused) if fused.shape[1] == 3 else (fused * 255).round()
        fused = fused.to(self.vis.device, self.vis.dtype)
        if self.vis.ndim == 2 and fused.shape[1] == 1:
            return fused[0, 0]
        return fused if self.vis.ndim == 4 else fused[0]


def _is_tensor(picture: Any) -> bool:
    if type(picture).__module__.partition(".")[0] != "torch":
        return False
    import torch

    return isinstance(picture, torch.Tensor)


def _is_file(picture: Any) -> bool:
    """Whether it is a path, a file's bytes, or a file opened for reading."""
    if isinstance(picture, str | os.PathLike | bytes | bytearray | memoryview):
        return True
    return hasattr(picture, "read") and not hasattr(picture, "getbands")


def _as_array(picture: Any, name: str) -> Any:
    if _is_file(picture):
        return read_image(picture)
    if isinstance(picture, np.ndarray):
        return picture
    if hasattr(picture, "getbands"):
        return from_pil(picture)
    got = type(picture).__name__
    raise ImageError(f"{name}: got {got}; give a path, bytes, a Pillow picture, a numpy array or a tensor")


def _as_batch(tensor: "Tensor", name: str) -> "Tensor":
    batch = tensor[(None,) * (4 - tensor.ndim)] if 2 <= tensor.ndim <= 4 else tensor
    if batch.ndim != 4 or batch.shape[1] not in (1, 3) or 0 in batch.shape:
        raise ImageError(
            f"{name}: tensor of shape {tuple(tensor.shape)}; give (H, W), (1|3, H, W) or (B, 1|3, H, W)"
        )
    return batch


def _unit_batch(batch: "Tensor", name: str) -> "Tensor":
    import torch

    if batch.dtype == torch.uint8:
        return batch.float() / 255
    if not batch.is_floating_point():
        raise ImageError(f"{name}: tensor of {batch.dtype}; give float in [0, 1] or uint8")
    low, high = float(batch.min()), float(batch.max())
    if not (low >= 0 and high <= 1):
        raise ImageError(f"{name}: float values from {low:g} to {high:g}; scale them to [0, 1]")
    return batch.float()
