"""Random crops of decoded pairs: the training samples."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from mgfusion.data.decoded_pictures import TrainingPicture
from mgfusion.data.hot_masks import hot_masks
from mgfusion.data.sensor_faults import random_fault
from mgfusion.data.splits import draw_shares
from mgfusion.images import Array
from mgfusion.thermal.hot_spots import HotSpot

MOST_HALVINGS = 2


class Crop(NamedTuple):
    """One sample; a batch of them has one more dimension in front.

    Attributes:
        ir: (1, S, S), uint8, and
        vis: (3, S, S), uint8: what the network sees, perhaps with a sensor's fault.
        clean_ir, clean_vis: the same without the fault, which the fused picture is compared with.
        picture: its number.
        halvings: 1 where the crop shows its picture at half its size, 2 at a quarter, else 0.
        blobs, rings: (S, S), uint8, see :func:`mgfusion.data.hot_masks.hot_masks`.
        transposed: whether rows are the picture's columns.
        place: (4,), where the top, bottom, left and right edges lie in the picture, transposed if the crop
            is, as shares of its height and width; bottom above top where the crop is upside down.
    """

    ir: Tensor
    vis: Tensor
    clean_ir: Tensor
    clean_vis: Tensor
    picture: int
    halvings: int
    blobs: Tensor
    rings: Tensor
    transposed: bool
    place: Tensor


class Crops(Dataset[Crop]):
    """Sample ``i`` is a function of ``(seed, i)`` alone, so a resumed run sees what an unbroken one would.

    Crops are flipped and turned by a multiple of 90 degrees. A data set is drawn by weight, then one of its
    pictures evenly.

    Args:
        pictures: decoded pairs.
        size: S, pixels.
        weights: data set name -> weight; a set that is not named counts with its number of pictures.
        seed: see above.
        hot: share of the crops that are placed on a hot target.
        halved: share of the crops that show pictures at half or a quarter of their size, where these are
            large enough: so a hot target and what surrounds it are seen in a large picture, too.
        faults: share of the crops that a sensor's fault is put into.
    """

    def __init__(
        self,
        pictures: Sequence[TrainingPicture],
        size: int,
        weights: Mapping[str, float],
        seed: int,
        *,
        hot: float = 0.0,
        halved: float = 0.0,
        faults: float = 0.0,
    ) -> None:
        self.pictures, self.size, self.seed = pictures, size, seed
        self.hot, self.halved, self.faults = hot, halved, faults
        sources = sorted({picture.pair.source for picture in pictures})
        self.members = [[i for i, p in enumerate(pictures) if p.pair.source == source] for source in sources]
        shares = draw_shares({s: len(m) for s, m in zip(sources, self.members, strict=True)}, weights)
        self.share = np.array([shares[source] for source in sources])

    def __getitem__(self, i: int) -> Crop:
        rng = np.random.default_rng((self.seed, i))
        members = self.members[rng.choice(len(self.members), p=self.share)]
        index = members[rng.integers(len(members))]
        picture = self.pictures[index]
        (height, width), spots = picture.size, picture.spots
        # What is off draws no number, so that a recipe without it sees the samples that it always saw.
        halvings = 0
        if self.halved and rng.random() < self.halved:
            halvings = int(rng.integers(1, MOST_HALVINGS + 1))
            while self.size << halvings > min(height, width):
                halvings -= 1
        side = self.size << halvings
        top, left = self._place(height, width, spots, side, rng)
        blobs, rings = hot_masks(spots, top, left, side)
        ir, vis = picture.cut(top, left, side)
        for _ in range(halvings):
            ir, vis = (_halved(x) for x in (ir, vis))
            blobs, rings = blobs[::2, ::2], rings[::2, ::2]
        flip_x, flip_y, turn = rng.integers(2, size=3)

        def turned(x: Array) -> Array:
            x = x[..., ::-1] if flip_x else x
            x = x[..., ::-1, :] if flip_y else x
            return np.ascontiguousarray(x.swapaxes(-2, -1) if turn else x)

        ir, vis = turned(ir), turned(vis)
        seen_ir, seen_vis = ir, vis
        if self.faults and rng.random() < self.faults:
            colour = np.moveaxis(vis, 0, 2) if len(vis) == 3 else vis[0]
            heat, colour = random_fault(ir[0], colour, rng)
            seen_ir, seen_vis = heat[None], np.moveaxis(colour, 2, 0) if colour.ndim == 3 else colour[None]
        crops = [torch.from_numpy(np.ascontiguousarray(x)) for x in (seen_ir, seen_vis, ir, vis)]
        crops[1], crops[3] = (x.expand(3, -1, -1) for x in (crops[1], crops[3]))
        blob_marks, ring_marks = (torch.from_numpy(turned(x)) for x in (blobs, rings))
        rows, columns = (top / height, (top + side) / height), (left / width, (left + side) / width)
        edges = (rows[::-1] if flip_y else rows), (columns[::-1] if flip_x else columns)
        place = torch.tensor(edges[::-1] if turn else edges).flatten()
        return Crop(
            crops[0],
            crops[1],
            crops[2],
            crops[3],
            index,
            halvings,
            blob_marks,
            ring_marks,
            bool(turn),
            place,
        )

    def _place(
        self, height: int, width: int, spots: Sequence[HotSpot], side: int, rng: np.random.Generator
    ) -> tuple[int, int]:
        """Top and left of a crop: anywhere, or somewhere around a hot target."""
        if not (self.hot and spots) or rng.random() >= self.hot:
            return int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
        window = spots[int(rng.integers(len(spots)))].window
        place = []
        for part, length in zip(window, (height, width), strict=True):
            middle = (part.start + part.stop - side) // 2 + int(rng.integers(-side // 4, side // 4 + 1))
            place.append(min(max(middle, 0), length - side))
        return place[0], place[1]


def _halved(x: Array) -> Array:
    """(C, 2 S, 2 S) uint8 at half its size: the mean of four pixels."""
    channels, side, _ = x.shape
    total = x.reshape(channels, side // 2, 2, side // 2, 2).sum((2, 4), dtype=np.uint16)
    return np.asarray((total + 2) // 4, np.uint8)


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
