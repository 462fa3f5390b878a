"""One decoded pair as a file that crops are read from, so that no process holds it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mgfusion.data.decoded_pictures import Picture, TrainingPicture
from mgfusion.data.pairs import Pair
from mgfusion.errors import DataError
from mgfusion.files import write_whole
from mgfusion.images import Array, luminance
from mgfusion.losses import Whole, whole
from mgfusion.thermal.hot_spots import HotSpot

_BLOB, _RING = 1, 2


@dataclass(frozen=True)
class StoredPicture:
    """A :class:`mgfusion.data.decoded_pictures.TrainingPicture` in a file of safetensors.

    The file is mapped only while something is cut from it: pages that stay mapped count as the process's
    memory, and those of closed files are the system's, shared by all processes and given up when it needs
    room.

    Attributes:
        record: stands for what it was decoded from and how; the file must still have it when it is read.
        size: height and width.
        facts: the ten numbers of :class:`mgfusion.losses.Whole` but for its count.
        hot: whether its hot targets are wanted; the file has them in any case.
    """

    pair: Pair
    file: Path
    record: str
    size: tuple[int, int]
    facts: tuple[float, ...]
    hot: bool = False

    @property
    def spots(self) -> tuple[HotSpot, ...]:
        """Its hot targets where they are wanted."""
        if not self.hot:
            return ()
        with opened(self.file, self.record) as file:
            windows, contrasts, masks = (file.get_tensor(name) for name in ("windows", "contrasts", "masks"))
        return tuple(_spots(windows, contrasts, masks))

    def with_spots(self) -> "StoredPicture":
        """The same with its hot targets."""
        return replace(self, hot=True)

    def cut(self, top: int, left: int, side: int) -> tuple[Array, Array]:
        """A square of both: (1, side, side) and (3 or 1, side, side), uint8."""
        rows, columns = slice(top, top + side), slice(left, left + side)
        with opened(self.file, self.record) as file:
            ir, vis = (file.get_slice(name)[:, rows, columns] for name in ("ir", "vis"))
        return ir, vis

    def unit(self) -> tuple[Tensor, Tensor]:
        """Both whole, see :meth:`mgfusion.data.decoded_pictures.Picture.unit`."""
        with opened(self.file, self.record) as file:
            ir, vis = (torch.from_numpy(file.get_tensor(name)) for name in ("ir", "vis"))
        return ir[None].float() / 255, vis[None].float() / 255


def write_picture(picture: Picture, file: Path, record: str) -> None:
    """Put a pair, its hot targets and what the loss must know of it into a file, whole or not at all.

    Raises:
        OutputError: it can't be written.
    """
    spots = picture.with_spots().spots
    facts = facts_of(picture)
    masks = [spot.blob * np.uint8(_BLOB) | spot.ring * np.uint8(_RING) for spot in spots]
    edges = [[part.start, part.stop] for spot in spots for part in spot.window]
    write_arrays(
        file,
        record,
        ir=picture.ir.numpy(),
        vis=picture.vis.numpy(),
        windows=np.array(edges, np.int64).reshape(-1, 4),
        contrasts=np.array([spot.contrast for spot in spots], np.float64),
        masks=np.concatenate([mask.ravel() for mask in masks]) if masks else np.zeros(0, np.uint8),
        facts=torch.cat([part.flatten() for part in facts[:3]]).numpy(),
    )


def read_picture(pair: Pair, file: Path, record: str) -> StoredPicture | None:
    """The picture that lies in a file; None where there is none, another one, or only a part of one."""
    try:
        with opened(file, record) as found:
            _, height, width = found.get_slice("ir").get_shape()
            return StoredPicture(
                pair, file, record, (height, width), tuple(found.get_tensor("facts").tolist())
            )
    except DataError:
        return None


def facts_of(picture: TrainingPicture, counts: float = 1.0) -> Whole:
    """Facts of a whole picture, in memory or in a file, (1, ...) each, see :func:`mgfusion.losses.whole`."""
    if isinstance(picture, StoredPicture):
        numbers = torch.tensor([picture.facts])
        ranges, means, side = numbers[:, :6].reshape(1, 3, 2), numbers[:, 6:9], numbers[:, 9]
        return Whole(ranges, means, side, torch.full((1,), counts))
    ir, vis = picture.unit()
    return whole(ir, luminance(vis), counts)


def is_of(file: Path, record: str) -> bool:
    """Whether a file is there, whole, and of this record."""
    try:
        with opened(file, record):
            return True
    except DataError:
        return False


def _spots(windows: Array, contrasts: Array, masks: Array) -> Iterator[HotSpot]:
    start = 0
    for (top, bottom, left, right), contrast in zip(windows.tolist(), contrasts.tolist(), strict=True):
        end = start + (bottom - top) * (right - left)
        mask = masks[start:end].reshape(bottom - top, right - left)
        window = slice(top, bottom), slice(left, right)
        yield HotSpot(window, (mask & _BLOB).astype(bool), (mask & _RING).astype(bool), contrast)
        start = end


def write_arrays(file: Path, record: str, **arrays: Array) -> None:
    """Put arrays into a file of ``record``, whole or not at all.

    Raises:
        OutputError: it can't be written.
    """
    from safetensors.numpy import save

    write_whole(file, save(arrays, metadata={"record": record}), overwrite=True)


@contextmanager
def opened(file: Path, record: str) -> Iterator[Any]:
    """A file that says that it is of ``record``; its arrays are numpy's.

    Raises:
        DataError: it isn't there, isn't whole, or is of another.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, "np") as found:
            if (found.metadata() or {}).get("record") != record:
                raise DataError(f"{file}: is of other pictures than this run began with; start it again")
            yield found
    except (OSError, SafetensorError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(
            f"{file}: can't be read ({why}); a folder of decoded pictures (--decoded) stays while runs use it"
        ) from error
