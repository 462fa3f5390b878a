"""Find the infrared and visible pictures of data sets on disk."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mgfusion.images import ImageError, list_images

_IR, _VIS = ("ir", "infrared"), ("vi", "vis", "visible")


class DataError(ValueError):
    """A data set can't be found or used; the message names the folder and says what would work."""


@dataclass(frozen=True, order=True)
class Pair:
    """One scene: the same stem in an infrared and a visible folder."""

    source: str  # the data set's name
    name: str  # the pictures' stem
    ir: Path
    vis: Path


def find_pairs(root: str | Path, split: str = "train") -> list[Pair]:
    """All pairs below a folder, sorted by data set and name.

    Args:
        root: a data set (``<root>/ir`` and ``<root>/vi``, or ``<root>/<split>/ir`` and so on), or a folder of
            data sets. ``vis`` or ``visible`` may stand for ``vi``, ``infrared`` for ``ir``.
        split: the sub-folder to read where a data set has splits.

    Raises:
        DataError: no such folder, or no pairs in it.
    """
    root = Path(root).expanduser()
    if not root.is_dir():
        raise DataError(
            f"{root}: no such folder; give one with ir/ and vi/ in it, or a folder of such data sets"
        )
    pairs = _pairs_of(root, root.name, split)
    if not pairs:
        children = sorted(path for path in root.iterdir() if path.is_dir())
        pairs = [pair for child in children for pair in _pairs_of(child, child.name, split)]
    if not pairs:
        raise DataError(
            f"{root}: no pairs found; expected {split}/ir and {split}/vi (or ir/ and vi/) with pictures of "
            "the same names, here or one folder below"
        )
    return sorted(pairs)


def split_pairs(pairs: Iterable[Pair], fraction: float, seed: int = 0) -> tuple[list[Pair], list[Pair]]:
    """Training and validation pairs, a function of names and seed alone: adding a pair moves no other.

    Args:
        pairs: of any data sets.
        fraction: about this share of each data set goes to validation, in [0, 1).
        seed: another seed, another split.
    """
    train: list[Pair] = []
    validation: list[Pair] = []
    for pair in pairs:
        digest = sha256(f"{seed}/{pair.source}/{pair.name}".encode()).digest()
        share = int.from_bytes(digest[:8], "big") / 2**64
        (validation if share < fraction else train).append(pair)
    return train, validation


def _pairs_of(folder: Path, source: str, split: str) -> list[Pair]:
    for base in (folder / split, folder):
        ir_folder, vis_folder = _first(base, _IR), _first(base, _VIS)
        if ir_folder and vis_folder:
            ir, vis = _by_stem(ir_folder), _by_stem(vis_folder)
            return [Pair(source, stem, ir[stem], vis[stem]) for stem in sorted(ir.keys() & vis.keys())]
    return []


def _first(base: Path, names: tuple[str, ...]) -> Path | None:
    return next((base / name for name in names if (base / name).is_dir()), None)


def _by_stem(folder: Path) -> dict[str, Path]:
    try:
        return {path.stem: path for path in list_images(folder)}
    except ImageError as error:
        raise DataError(str(error)) from error
