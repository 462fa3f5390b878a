"""Find the infrared and visible pictures of data sets on disk."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from mgfusion.data.layouts import Found, Layout, read_layout, subfolders
from mgfusion.errors import DataError, ImageError

_DEPTH = 2  # folders below the one that was given: a folder of data sets, each unpacked into one of its own


@dataclass(frozen=True, order=True)
class Pair:
    """One scene, seen by both cameras."""

    source: str  # the data set's name
    name: str  # the pictures' stem, or what else the data set's layout calls the scene
    ir: Path
    vis: Path


def find_pairs(root: str | Path, split: str = "train", layout: Layout | None = None) -> list[Pair]:
    """All pairs below a folder, sorted by data set and name; ``docs/datasets.md`` lists the layouts.

    Args:
        root: a data set, or a folder of data sets: RoadScene, MSRS, LLVIP, M3FD or TNO as downloaded, or
            ``<root>/ir`` and ``<root>/vi``, ``<root>/<split>/ir`` ..., ``<root>/ir/<split>`` ..., in upper or
            lower case, where ``infrared``, ``thermal`` or ``lwir`` may stand for ``ir``, and ``vis``,
            ``visible``, ``visual`` or ``rgb`` for ``vi``.
        split: the part to read where a data set has splits; one without splits is read whole.
        layout: how data sets of your own lie there, see :class:`mgfusion.data.layouts.Layout`.

    Raises:
        DataError: no such folder, or no pairs in it; ``layout`` failed.
    """
    found = find_data_sets(root, split, layout)
    pairs = [Pair(f.source, *pair) for f in found for pair in f.pairs]
    if not pairs:
        raise DataError(
            f"{root}: no pairs found; expected {split}/ir and {split}/vi (or ir/ and vi/) with pictures of "
            "the same names, here or one folder below"
        )
    return sorted(pairs)


def find_data_sets(root: str | Path, split: str = "train", layout: Layout | None = None) -> list[Found]:
    """The data sets that a folder is or holds, with the files that found no partner; may be none.

    Raises:
        DataError: no such folder, or one that cannot be read; ``layout`` failed.
    """
    root = Path(root).expanduser()
    if not root.is_dir():
        raise DataError(
            f"{root}: no such folder; give one with ir/ and vi/ in it, or a folder of such data sets"
        )
    try:
        return _search(root, split, layout, _DEPTH)
    except ImageError as error:
        raise DataError(str(error)) from error
    except OSError as error:
        raise DataError(f"{error.filename}: cannot be listed ({error.strerror})") from error


def _search(folder: Path, split: str, layout: Layout | None, depth: int) -> list[Found]:
    found = (layout and _ask(layout, folder, split)) or read_layout(folder, split)
    if found:
        return [found]
    if not depth:
        return []
    below = subfolders(folder)
    return [data_set for child in below for data_set in _search(child, split, layout, depth - 1)]


def _ask(layout: Layout, folder: Path, split: str) -> Found | None:
    """What somebody's own layout says, checked: it is code that nobody here has seen."""
    name = name_of_layout(layout)
    try:
        found = layout(folder, split)
    except Exception as error:
        raise DataError(f"{folder}: the layout {name} raised {type(error).__name__}: {error}") from error
    if found is None:
        return None
    if not isinstance(found, Found):
        raise DataError(f"{folder}: the layout {name} gave {type(found).__name__}; return a Found or None")
    for pair in found.pairs:
        if len(pair) != 3 or not isinstance(pair[0], str):
            raise DataError(f"{folder}: the layout {name} gave {pair!r}; give (name, infrared, visible)")
    twice = [scene for scene, count in Counter(pair[0] for pair in found.pairs).items() if count > 1]
    if twice:
        raise DataError(f"{folder}: the layout {name} gave two pairs named {twice[0]!r}; names are unique")
    pairs = tuple((scene, Path(ir), Path(vis)) for scene, ir, vis in found.pairs)
    missing = next((path for _, *both in pairs for path in both if not path.is_file()), None)
    if missing:
        raise DataError(f"{missing}: no such file, which the layout {name} gave")
    return replace(found, pairs=pairs)


def name_of_layout(layout: Layout) -> str:
    """``module:object`` of somebody's own layout."""
    return f"{layout.__module__}:{getattr(layout, '__qualname__', type(layout).__qualname__)}"
