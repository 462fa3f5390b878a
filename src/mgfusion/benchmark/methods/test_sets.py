"""The pictures that methods are compared on: sets of pairs, and how they are read."""

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgfusion.data.layouts import SPLITS, Found, Layout, merge
from mgfusion.data.opened_pair import read_luminance
from mgfusion.data.pairs import Pair, find_data_sets
from mgfusion.errors import BenchmarkError, DataError
from mgfusion.images import from_unit, to_grey, to_unit

Grey = NDArray[np.uint8]
"""(H, W) uint8 luminance."""


def find_sets(roots: Iterable[Path], layout: Layout | None = None) -> dict[str, tuple[Pair, ...]]:
    """The sets below each root, by name, in alphabetical order.

    A root is a data set or a folder of data sets, as :func:`mgfusion.data.pairs.find_pairs` reads them: its
    ``test`` split, or all of a set without splits.

    ``layout`` reads data sets of one's own, see :class:`mgfusion.data.layouts.Layout`.

    Raises:
        BenchmarkError: nothing found, ``layout`` failed, a set without a pair, or two sets of one name.
    """
    sets: dict[str, tuple[Pair, ...]] = {}
    for root in roots:
        try:
            found = find_data_sets(root, "test", layout) if root.is_dir() else []
            if not found:
                raise BenchmarkError(f"{root}: {_why_none(root, layout)}")
        except DataError as error:
            raise BenchmarkError(str(error)) from error
        for name in dict.fromkeys(data_set.source for data_set in found):
            whole = merge([data_set for data_set in found if data_set.source == name])
            names = [pair[0] for pair in whole.pairs]
            if name in sets or len(set(names)) < len(names):
                raise BenchmarkError(f"{root}: a second data set named {name!r}; rename one of the folders")
            sets[name] = _pairs(root, whole)
    return dict(sorted(sets.items()))


def _why_none(root: Path, layout: Layout | None) -> str:
    """What there is instead of a test split, and what would work."""
    others = {name: find_data_sets(root, name, layout) for name in SPLITS} if root.is_dir() else {}
    there = {name: found for name, found in others.items() if found}
    if not there:
        return (
            "no data set; give a folder with ir/ and vi/ (or vis/) in it, one with test/ir/ and test/vi/, or "
            "a folder of such data sets"
        )
    name, sets = max(there.items(), key=lambda item: item[0] != "train")
    parts = [infrared.parent.parent for found in sets for _, infrared, _ in found.pairs[:1]]
    way = f"rename {name} to test to compare on it"
    if parts and all(part.name.lower() == name for part in parts):
        way = f"give {', '.join(map(str, parts))} to compare on that part"
    return f"has {' and '.join(there)} and no test, on which methods are compared; {way}"


def _pairs(root: Path, found: Found) -> tuple[Pair, ...]:
    left_out = (*found.ir_only, *found.vis_only, *(p for group in found.ambiguous for p in group))
    if left_out:
        warnings.warn(
            f"{found.source} in {root}: {len(left_out)} pictures without just one partner are left out, "
            f"{left_out[0].name} first",
            stacklevel=2,
        )
    if not found.pairs:
        raise BenchmarkError(f"{root}: no infrared picture of {found.source} has a visible one of its name")
    return tuple(Pair(found.source, *pair) for pair in found.pairs)


def read_fused(path: Path) -> Grey:
    """The luminance of a fused picture's file, see :func:`mgfusion.data.opened_pair.luminance_of`.

    Raises:
        ImageError: it cannot be read.
    """
    return from_unit(read_luminance(path), np.uint8)


def to_eight_bits(array: NDArray[Any], name: str) -> Grey:
    """A fused picture of any kind as it is saved and scored: (H, W) uint8 luminance."""
    return from_unit(to_unit(to_grey(array, name), name), np.uint8)
