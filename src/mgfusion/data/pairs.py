"""Find the infrared and visible pictures of data sets on disk."""

from dataclasses import dataclass
from pathlib import Path

from mgfusion.data.layouts import Found, read_layout, subfolders
from mgfusion.errors import DataError, ImageError

_DEPTH = 2  # folders below the one that was given: a folder of data sets, each unpacked into one of its own


@dataclass(frozen=True, order=True)
class Pair:
    """One scene, seen by both cameras."""

    source: str  # the data set's name
    name: str  # the pictures' stem, or what else the data set's layout calls the scene
    ir: Path
    vis: Path


def find_pairs(root: str | Path, split: str = "train") -> list[Pair]:
    """All pairs below a folder, sorted by data set and name; ``docs/datasets.md`` lists the layouts.

    Args:
        root: a data set, or a folder of data sets: RoadScene, MSRS, LLVIP, M3FD or TNO as downloaded, or
            ``<root>/ir`` and ``<root>/vi``, ``<root>/<split>/ir`` ..., ``<root>/ir/<split>`` ..., in upper or
            lower case, where ``infrared``, ``thermal`` or ``lwir`` may stand for ``ir``, and ``vis``,
            ``visible``, ``visual`` or ``rgb`` for ``vi``.
        split: the part to read where a data set has splits; one without splits is read whole.

    Raises:
        DataError: no such folder, or no pairs in it.
    """
    pairs = [Pair(f.source, *pair) for f in find_data_sets(root, split) for pair in f.pairs]
    if not pairs:
        raise DataError(
            f"{root}: no pairs found; expected {split}/ir and {split}/vi (or ir/ and vi/) with pictures of "
            "the same names, here or one folder below"
        )
    return sorted(pairs)


def find_data_sets(root: str | Path, split: str = "train") -> list[Found]:
    """The data sets that a folder is or holds, with the files that found no partner; may be none.

    Raises:
        DataError: no such folder, or one that cannot be read.
    """
    root = Path(root).expanduser()
    if not root.is_dir():
        raise DataError(
            f"{root}: no such folder; give one with ir/ and vi/ in it, or a folder of such data sets"
        )
    try:
        return _search(root, split, _DEPTH)
    except ImageError as error:
        raise DataError(str(error)) from error
    except OSError as error:
        raise DataError(f"{error.filename}: cannot be listed ({error.strerror})") from error


def _search(folder: Path, split: str, depth: int) -> list[Found]:
    found = read_layout(folder, split)
    if found:
        return [found]
    if not depth:
        return []
    return [data_set for child in subfolders(folder) for data_set in _search(child, split, depth - 1)]
