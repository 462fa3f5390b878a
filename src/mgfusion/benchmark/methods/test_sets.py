"""The pictures that methods are compared on: sets of pairs, and how they are read."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgfusion.data.layouts import Found, Layout, merge
from mgfusion.data.pairs import find_data_sets
from mgfusion.errors import BenchmarkError, DataError
from mgfusion.images import from_unit, read_image, to_grey, to_unit
from mgfusion.thermal import infrared_to_unit

Grey = NDArray[np.uint8]
"""(H, W) uint8 luminance."""


@dataclass(frozen=True)
class Pair:
    """One pair of a set: the name that its fused pictures get, and both files."""

    set: str
    name: str
    ir: Path
    vis: Path


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


def read_grey(path: Path) -> Grey:
    """A picture as 8-bit luminance.

    Published methods and their scores start from ``cv2.imread(path, cv2.IMREAD_GRAYSCALE)``, whose luminance,
    made by the decoder, differs from BT.601 by up to one grey level; so 8-bit files are read like that.
    Deeper files are scaled by :func:`mgfusion.thermal.infrared_to_unit` and rounded.

    Raises:
        ImageError: it cannot be read.
    """
    import cv2

    array = read_image(path)  # reads what OpenCV cannot, and says what is wrong
    if array.dtype == np.uint8:
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if grey is not None and grey.shape == array.shape[:2]:
            return np.asarray(grey, np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # infrared in colour: the scores take its luminance
        return from_unit(infrared_to_unit(to_grey(array, str(path)), name=str(path)), np.uint8)


def unit_pair(pair: Pair) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both pictures as float32 luminance in [0, 1], (H, W)."""
    return to_unit(read_grey(pair.ir)), to_unit(read_grey(pair.vis))


def to_eight_bits(array: NDArray[Any], name: str) -> Grey:
    """A fused picture of any kind as it is saved and scored: (H, W) uint8 luminance."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return from_unit(to_unit(to_grey(array, name), name), np.uint8)
