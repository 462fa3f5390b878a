"""The held-out pictures that a run is validated on."""

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from mgfusion.data.decoded_pictures import Picture, load_pictures
from mgfusion.data.pairs import Pair
from mgfusion.training.recipe import TrainConfig

SMALLEST = 48
"""Pixels: below about this VIF is undefined."""


def validation_pictures(pairs: Sequence[Pair], config: TrainConfig) -> list[Picture]:
    """At most ``config.validation_pictures`` of each data set, evenly spread, cut to ``validation_size``.

    Args:
        pairs: the held-out ones.

    Returns:
        Decoded pairs, the centres of pictures that are larger; none where ``config.validate_every`` is 0.

    Raises:
        DataError: as :func:`mgfusion.data.decoded_pictures.load_pictures` says.
    """
    if not config.validate_every:
        return []
    chosen: list[Pair] = []
    for source in sorted({pair.source for pair in pairs}):
        members = [pair for pair in pairs if pair.source == source]
        count = min(len(members), config.validation_pictures)
        chosen += [members[i * len(members) // count] for i in range(count)]
    return [
        Picture(p.pair, _centre(p.ir, config.validation_size), _centre(p.vis, config.validation_size))
        for p in load_pictures(chosen, SMALLEST, config.ir_range)
    ]


def _centre(picture: Tensor, size: int) -> Tensor:
    top, left = (max(0, length - size) // 2 for length in picture.shape[-2:])
    return picture[..., top : top + size, left : left + size].clone()


class WholePictures(Dataset[tuple[Tensor, Tensor, int]]):
    """``ir`` (1, H, W) and ``vis`` (1 or 3, H, W), uint8, and the picture's index."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self.pictures = pictures

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor, int]:
        return self.pictures[i].ir, self.pictures[i].vis, i


def validation_loader(pictures: Sequence[Picture], rank: int, world_size: int) -> DataLoader[Any]:
    """One picture a batch, shared out by stride; some come twice, so that every process has as many."""
    rounds = math.ceil(len(pictures) / world_size)
    mine = [(rank + k * world_size) % len(pictures) for k in range(rounds)]
    return DataLoader(WholePictures(pictures), batch_size=1, sampler=mine)
