"""A folder of decoded pairs that runs and their processes share: made once, then read in parts."""

import json
import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from mgfusion.data.decoded_pictures import check_size, load_picture, warn_once
from mgfusion.data.pairs import Pair
from mgfusion.engines.job_outcomes import Failed
from mgfusion.engines.run_jobs import run_jobs
from mgfusion.engines.tuning import usable_cores
from mgfusion.errors import DataError, OutputError
from mgfusion.models import MGFusion
from mgfusion.thermal import IrRange
from mgfusion.training.code_version import code_version
from mgfusion.training.decoded_size import decoded_bytes, gigabytes
from mgfusion.training.stored_embeddings import (
    StoredRows,
    embedding_file,
    encoder_name,
    write_embeddings,
)
from mgfusion.training.stored_pictures import StoredPicture, is_of, read_picture, write_picture

T = TypeVar("T")

_SPARE = 1 << 30
"""Bytes that are left free on a disk."""


@dataclass
class PictureStore:
    """Decoded pairs below ``folder``, one file each.

    A file is named after the paths of its pair and the run's ``ir_range``, and says the sizes and times of
    the two files and this package's version. Where these are otherwise now it is made anew, which is told.
    Several processes may fill one folder: files appear whole, each process begins at another place, and
    leaves out what is there.

    Attributes:
        report: called with a line of what is to be done.
        share: (number, count) of this process among those that fill the folder.
    """

    folder: Path
    ir_range: IrRange = "auto"
    report: Callable[[str], None] = lambda _: None
    share: tuple[int, int] = (0, 1)
    _version: str = field(default_factory=lambda: str(code_version()["version"]))

    def load(self, pairs: Sequence[Pair], min_size: int = 1) -> list[StoredPicture]:
        """All pairs, decoded where they have not been.

        Raises:
            DataError: as :func:`mgfusion.data.decoded_pictures.load_pictures`.
            OutputError: the folder can't be written, or its disk has no room for them.
        """
        records = [self.record_of(pair) for pair in pairs]
        found = [
            read_picture(pair, self.file_of(pair), record)
            for pair, record in zip(pairs, records, strict=True)
        ]
        missing = [(pair, record) for pair, record, at in zip(pairs, records, found, strict=True) if not at]
        if missing:
            self._decode(self._in_turn(missing), min_size)
        pictures = []
        for pair, record, at in zip(pairs, records, found, strict=True):
            picture = at or read_picture(pair, self.file_of(pair), record)
            if picture is None:
                raise OutputError(
                    f"{self.file_of(pair)}: was changed or deleted meanwhile; start the run again"
                )
            check_size(pair, picture.size, min_size)
            pictures.append(picture)
        return pictures

    def _decode(self, missing: Sequence[tuple[Pair, str]], min_size: int) -> None:
        self._check_room([pair for pair, _ in missing])
        changed = sum(self.file_of(pair).exists() for pair, _ in missing)
        again = f"; {changed} of them again, since they or mgfusion's version have changed" if changed else ""
        self.report(
            f"decoding {len(missing)} pairs into {self.folder} "
            f"({gigabytes(decoded_bytes(pair for pair, _ in missing))}){again}"
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            decode = partial(self._decode_one, min_size=min_size)
            for outcome in run_jobs(decode, missing, engine="threads", workers=usable_cores()):
                if isinstance(outcome, Failed):
                    raise outcome.error
        warn_once(caught)

    def _decode_one(self, job: tuple[Pair, str], min_size: int) -> None:
        pair, record = job
        file = self.file_of(pair)
        if not is_of(file, record):  # another process was faster
            write_picture(load_picture(pair, min_size, self.ir_range), file, record)

    def _check_room(self, pairs: Sequence[Pair]) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise OutputError(f"{self.folder}: can't be a folder of pictures ({error.strerror})") from error
        needed = decoded_bytes(pairs)
        if needed + _SPARE > free:
            raise OutputError(
                f"{self.folder}: the decoded pictures take {gigabytes(needed)}, and {gigabytes(free)} are "
                "free; give a folder on a larger disk (--decoded)"
            )

    def embed(self, model: MGFusion, pictures: Sequence[StoredPicture]) -> tuple[StoredRows, StoredRows]:
        """Embeddings of whole pictures by the model's encoder, made where they have not been.

        Raises:
            EncoderError: see :meth:`mgfusion.models.MGFusion.embed`.
            OutputError: the folder can't be written.
        """
        name = encoder_name(model, pictures[0])
        for picture in self._in_turn(pictures):
            file = embedding_file(picture, name)
            if not is_of(file, picture.record):
                write_embeddings(model, picture, file)
        files = [(embedding_file(picture, name), picture.record) for picture in pictures]
        return StoredRows(files, "ir"), StoredRows(files, "vis")

    def _in_turn(self, items: Sequence[T]) -> list[T]:
        number, count = self.share
        first = number * len(items) // count
        return [*items[first:], *items[:first]]

    def record_of(self, pair: Pair) -> str:
        """Stands for the sizes and times of a pair's files, and for how they are decoded."""
        try:
            stats = [path.stat() for path in (pair.ir, pair.vis)]
        except OSError as error:
            raise DataError(f"{error.filename}: cannot be read ({error.strerror})") from error
        sources = [(stat.st_size, stat.st_mtime_ns) for stat in stats]
        what = json.dumps([sources, self.ir_range, self._version])
        return sha256(what.encode()).hexdigest()

    def file_of(self, pair: Pair) -> Path:
        """Where a pair lies, whatever its files are now."""
        what = json.dumps([str(pair.ir.absolute()), str(pair.vis.absolute()), self.ir_range])
        name = sha256(what.encode()).hexdigest()[:32]
        return self.folder / name[:2] / f"{name[2:]}.safetensors"
