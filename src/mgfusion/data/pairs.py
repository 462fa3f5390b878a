"""Find the infrared and visible pictures of data sets on disk."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mgfusion.data.layouts import Found, read_layout, subfolders
from mgfusion.images import ImageError

_DEPTH = 2  # folders below the one that was given: a folder of data sets, each unpacked into one of its own


class DataError(ValueError):
    """A data set can't be found or used; the message names the folder and says what would work."""


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


def draw_shares(counts: Mapping[str, int], weights: Mapping[str, float]) -> dict[str, float]:
    """Data set -> the share of the training crops that it gives; the shares add up to 1.

    Args:
        counts: data set -> number of its training pairs.
        weights: data set -> weight; one that is not named counts with its number of pairs.

    Raises:
        DataError: a weight for a data set that is not there, one below 0, or none above 0.
    """
    unknown = sorted(set(weights) - set(counts))
    if unknown:
        raise DataError(
            f"weights name {', '.join(unknown)}, but the data sets are {', '.join(sorted(counts))}; "
            "set weights={} to draw by number of pairs"
        )
    drawn = {source: float(weights.get(source, count)) for source, count in sorted(counts.items())}
    if min(drawn.values()) < 0 or not sum(drawn.values()):
        raise DataError(f"weights {dict(weights)} for {', '.join(drawn)}: give none below 0 and one above")
    return {source: weight / sum(drawn.values()) for source, weight in drawn.items()}


def describe_split(
    train: Sequence[Pair], validation: Sequence[Pair], weights: Mapping[str, float]
) -> list[str]:
    """One line a data set: its pairs for training and validation, and its share of the training crops.

    Raises:
        DataError: as :func:`draw_shares`.
    """
    counts, held = (Counter(pair.source for pair in pairs) for pairs in (train, validation))
    return [
        f"{source}: {counts[source]} training pairs, {held[source]} for validation, {share:.1%} of the crops"
        for source, share in draw_shares(counts, weights).items()
    ]


def _search(folder: Path, split: str, depth: int) -> list[Found]:
    found = read_layout(folder, split)
    if found:
        return [found]
    if not depth:
        return []
    return [data_set for child in subfolders(folder) for data_set in _search(child, split, depth - 1)]
