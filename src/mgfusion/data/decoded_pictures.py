"""Pairs decoded once and kept: what training cuts its samples from."""

import mmap
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from mgfusion.data.opened_pair import open_pair
from mgfusion.data.pairs import Pair
from mgfusion.errors import DataError, ImageError
from mgfusion.images import Array, FloatArray, from_unit, to_unit
from mgfusion.thermal import IrRange
from mgfusion.thermal.hot_spots import HotSpot, hot_spots


class TrainingPicture(Protocol):
    """A decoded pair that crops are cut from, wherever its pixels lie."""

    @property
    def pair(self) -> Pair:
        """Whose."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, pixels."""

    @property
    def spots(self) -> Sequence[HotSpot]:
        """Its hot targets where they were sought."""

    def cut(self, top: int, left: int, side: int) -> tuple[Array, Array]:
        """A square of both: (1, side, side) and (3 or 1, side, side), uint8."""

    def unit(self) -> tuple[Tensor, Tensor]:
        """Both whole, see :meth:`Picture.unit`."""

    def with_spots(self) -> "TrainingPicture":
        """The same with its hot targets."""


@dataclass(frozen=True)
class Picture:
    """One decoded pair, uint8: ``ir`` (1, H, W), ``vis`` (3 or 1, H, W); hot targets
    where they were sought.
    """

    pair: Pair
    ir: Tensor
    vis: Tensor
    spots: tuple[HotSpot, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, pixels."""
        height, width = self.ir.shape[-2:]
        return height, width

    def cut(self, top: int, left: int, side: int) -> tuple[Array, Array]:
        """A square of both, views of (1, side, side) and (3 or 1, side, side), uint8."""
        rows, columns = slice(top, top + side), slice(left, left + side)
        return self.ir[:, rows, columns].numpy(), self.vis[:, rows, columns].numpy()

    def with_spots(self) -> "Picture":
        """The same with its hot targets."""
        return replace(self, spots=tuple(hot_spots(self.ir[0].numpy())))

    def unit(self) -> tuple[Tensor, Tensor]:
        """Both as a batch of one: ``ir`` (1, 1, H, W), ``vis`` (1, 3 or 1, H, W), float in [0, 1]."""
        return self.ir[None].float() / 255, self.vis[None].float() / 255


def load_pictures(pairs: Sequence[Pair], min_size: int = 1, ir_range: IrRange = "auto") -> list[Picture]:
    """Decode every pair once; a network on small crops would else wait for PNG and JPEG.

    Pictures are scaled to [0, 1] as for fusing, see :func:`mgfusion.data.opened_pair.open_pair`, and
    only then kept with 8 bits. What is to be warned of is said once, of the first picture that has it.

    Args:
        pairs: the files.
        min_size: the least height and width.
        ir_range: see :func:`mgfusion.thermal.infrared_to_unit`.

    Raises:
        DataError: a picture can't be read, or the two of a pair differ in size, or one is under ``min_size``.
        OptionError: ``ir_range`` is none.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pictures = [load_picture(pair, min_size, ir_range) for pair in pairs]
    warn_once(caught)
    return pictures


def warn_once(caught: Sequence[warnings.WarningMessage]) -> None:
    """Warn of the first of many alike, and of how many there were."""
    if caught:
        more = f" (the first of {len(caught)} such warnings)" if len(caught) > 1 else ""
        warnings.warn(f"{caught[0].message}{more}", caught[0].category, stacklevel=3)


def load_picture(pair: Pair, min_size: int = 1, ir_range: IrRange = "auto") -> Picture:
    """One pair of :func:`load_pictures`; the same errors."""
    try:
        opened = open_pair(pair.ir, pair.vis, ir_range)
        colour = None if opened.colour is None else to_unit(opened.colour, str(pair.vis))
    except ImageError as error:
        raise DataError(str(error)) from error
    check_size(pair, opened.ir.shape, min_size)
    vis = opened.vis[None] if colour is None else np.moveaxis(colour, 2, 0)
    return Picture(pair, _eight_bits(opened.ir[None]), _eight_bits(vis))


def check_size(pair: Pair, size: tuple[int, ...], min_size: int) -> None:
    """DataError for a pair of this height and width from which no crop of ``min_size`` can be cut."""
    height, width = size
    if min(height, width) < min_size:
        raise DataError(
            f"{pair.ir} is {width}x{height}, smaller than a crop of {min_size}; set a smaller crop"
        )


def _eight_bits(unit: FloatArray) -> Tensor:
    """As uint8, in memory of its own.

    In the heap they would lie in the gaps that the larger arrays of decoding leave, so that those of the next
    picture find none: hundreds of pictures took four times their size.
    """
    array = from_unit(unit, np.uint8)
    flags = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
    kept = np.frombuffer(mmap.mmap(-1, array.nbytes, **flags), np.uint8).reshape(array.shape)
    kept[...] = array
    return torch.from_numpy(kept)
