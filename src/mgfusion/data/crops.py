"""Random crops of cached pairs: the training samples."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from mgfusion.data.opened_pair import open_pair
from mgfusion.data.pairs import Pair
from mgfusion.data.splits import draw_shares
from mgfusion.errors import DataError, ImageError
from mgfusion.images import FloatArray, from_unit, to_unit
from mgfusion.thermal import IrRange


@dataclass(frozen=True)
class Picture:
    """One decoded pair, uint8: ``ir`` (1, H, W), ``vis`` (3 or 1, H, W)."""

    pair: Pair
    ir: Tensor
    vis: Tensor

    def unit(self) -> tuple[Tensor, Tensor]:
        """Both as a batch of one: ``ir`` (1, 1, H, W), ``vis`` (1, 3 or 1, H, W), float in [0, 1]."""
        return self.ir[None].float() / 255, self.vis[None].float() / 255


def load_pictures(pairs: Sequence[Pair], min_size: int = 1, ir_range: IrRange = "auto") -> list[Picture]:
    """Decode every pair once; a network on small crops would else wait for PNG and JPEG.

    Pictures are scaled to [0, 1] as for fusing, see :func:`mgfusion.data.opened_pair.open_pair`, and$
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
        pictures = [_load(pair, min_size, ir_range) for pair in pairs]
    if caught:
        more = f" (the first of {len(caught)} such warnings)" if len(caught) > 1 else ""
        warnings.warn(f"{caught[0].message}{more}", caught[0].category, stacklevel=2)
    return pictures


def _load(pair: Pair, min_size: int, ir_range: IrRange) -> Picture:
    try:
        opened = open_pair(pair.ir, pair.vis, ir_range)
        colour = None if opened.colour is None else to_unit(opened.colour, str(pair.vis))
    except ImageError as error:
        raise DataError(str(error)) from error
    height, width = opened.ir.shape
    if min(height, width) < min_size:
        raise DataError(
            f"{pair.ir} is {width}x{height}, smaller than a crop of {min_size}; set a smaller crop"
        )
    vis = opened.vis[None] if colour is None else np.moveaxis(colour, 2, 0)
    return Picture(pair, _eight_bits(opened.ir[None]), _eight_bits(vis))


def _eight_bits(unit: FloatArray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(from_unit(unit, np.uint8)))


class Crops(Dataset[tuple[Tensor, Tensor, int]]):
    """Sample ``i`` is a function of ``(seed, i)`` alone, so a resumed run sees what an unbroken one would.

    Gives ``ir`` (1, S, S) and ``vis`` (3, S, S), uint8, flipped and turned by a multiple of 90 degrees,
    and the picture's index. A data set is drawn by weight, then a picture of it evenly.

    Args:
        pictures: decoded pairs.
        size: S, pixels.
        weights: data set name -> weight; a set that is not named counts with its number of pictures.
    """

    def __init__(
        self, pictures: Sequence[Picture], size: int, weights: Mapping[str, float], seed: int
    ) -> None:
        self.pictures, self.size, self.seed = pictures, size, seed
        sources = sorted({picture.pair.source for picture in pictures})
        self.members = [[i for i, p in enumerate(pictures) if p.pair.source == source] for source in sources]
        shares = draw_shares({s: len(m) for s, m in zip(sources, self.members, strict=True)}, weights)
        self.share = np.array([shares[source] for source in sources])

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor, int]:
        rng = np.random.default_rng((self.seed, i))
        members = self.members[rng.choice(len(self.members), p=self.share)]
        index = members[rng.integers(len(members))]
        picture = self.pictures[index]
        h, w = picture.ir.shape[-2:]
        top, left = rng.integers(h - self.size + 1), rng.integers(w - self.size + 1)
        flip_x, flip_y, turn = rng.integers(2, size=3)

        def crop(x: Tensor) -> Tensor:
            x = x[:, top : top + self.size, left : left + self.size]
            x = x.flip(-1) if flip_x else x
            x = x.flip(-2) if flip_y else x
            return (x.transpose(-2, -1) if turn else x).contiguous()

        vis = crop(picture.vis)
        return crop(picture.ir), vis.expand(3, -1, -1), index


class EpochSampler(Sampler[int]):
    """Samples ``epoch * length`` onwards, shared out among processes by stride; Lightning calls set_epoch.

    All processes get as many, or one would wait for the others for ever: a rest is left out.
    """

    def __init__(self, length: int, rank: int = 0, world_size: int = 1) -> None:
        self.length, self.rank, self.world_size, self.epoch = length, rank, world_size, 0
        self.shared = length // world_size * world_size
        self.skip = 0
        """Samples of each process left out of the next iteration: those that a resumed epoch has had."""

    def set_epoch(self, epoch: int) -> None:
        """The epoch that the next iteration gives."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        first = self.epoch * self.length
        mine = range(first + self.rank, first + self.shared, self.world_size)[self.skip :]
        self.skip = 0
        return iter(mine)

    def __len__(self) -> int:
        return self.shared // self.world_size
