"""The pictures that methods are compared on: sets of pairs, and how they are read."""

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgfusion.data.layouts import Found, Layout, merge
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
        except DataError as error:
            raise BenchmarkError(str(error)) from error
        if not found:
            raise BenchmarkError(
                f"{root}: no data set; give a folder with ir/ and vi/ (or vis/) in it, one with "
                "test/ir/ and test/vi/, or a folder of such data sets"
            )
        for name in dict.fromkeys(data_set.source for data_set in found):
            whole = merge([data_set for data_set in found if data_set.source == name])
            names = [pair[0] for pair in whole.pairs]
            if name in sets or len(set(names)) < len(names):
                raise BenchmarkError(f"{root}: a second data set named {name!r}; rename one of the folders")
            sets[name] = _pairs(root, whole)
    return dict(sorted(sets.items()))


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
