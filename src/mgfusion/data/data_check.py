"""What is wrong with data sets on disk: the work behind ``mgfusion data check``."""

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mgfusion.data.layouts import SPLITS, Found, Layout
from mgfusion.data.pairs import Pair, find_data_sets
from mgfusion.engines.job_outcomes import Failed, is_out_of_memory
from mgfusion.engines.run_jobs import run_jobs
from mgfusion.engines.tuning import usable_cores
from mgfusion.errors import DataError, ImageError
from mgfusion.images import read_image


@dataclass(frozen=True)
class Problem:
    """One line: the file, and what is wrong with it."""

    source: str
    path: Path
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


@dataclass(frozen=True)
class Summary:
    """What one data set holds."""

    source: str
    splits: Mapping[str, int]
    """Split -> number of pairs; a data set without splits has them under the empty name."""
    sizes: tuple[tuple[int, int], ...]
    """All (width, height) of its readable pictures."""
    kinds: tuple[str, str]
    """Depths and colours of the infrared and of the visible pictures: ``8-bit grey``."""
    problems: int

    def __str__(self) -> str:
        count = sum(self.splits.values())
        named = ", ".join(f"{split} {pairs}" for split, pairs in self.splits.items() if split)
        ir, vis = self.kinds
        return (
            f"{self.source}: {count} pairs ({named or 'no splits'}), {_sizes(self.sizes)}, "
            f"infrared {ir}, visible {vis}; {self.problems or 'no'} problem{'s' * (self.problems != 1)}"
        )


@dataclass(frozen=True)
class _Picture:
    size: tuple[int, int]
    kind: str
    digest: bytes


_Both = tuple[_Picture | str, _Picture | str]
"""Infrared and visible, or why one can't be read."""


@dataclass(frozen=True)
class _Listed(Pair):
    """A pair, and the split that it is in."""

    split: str


Progress = Callable[[int, int], None]


def check_data(
    roots: Iterable[str | Path],
    split: str | None = None,
    *,
    layout: Layout | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[list[Summary], list[Problem]]:
    """Find unpaired, unreadable, mis-sized and duplicate pictures, and pairs that are in two splits.

    Every picture is decoded once. Two pictures are the same when their decoded pixels are, whatever their
    names, formats and data sets.

    Args:
        roots: data sets or folders of data sets, see :func:`mgfusion.data.pairs.find_pairs`.
        split: look at this split alone; at all of them where None.
        layout: how data sets of your own lie there, see :class:`mgfusion.data.layouts.Layout`.
        workers: threads; as many as processors where None.
        progress: called with (done, total) after each pair.

    Returns:
        A summary of each data set, and the problems: first unpaired files, then unreadable and mis-sized
        ones, then duplicates; each kind in the order of data sets, splits and names.

    Raises:
        DataError: a root that is missing or holds no data set; ``layout`` failed.
    """
    data_sets = [found for root in roots for found in _all_splits(Path(root), split, layout)]
    data_sets.sort(key=lambda found: found.source)
    listed = [_Listed(f.source, *pair, f.split) for f in data_sets for pair in f.pairs]
    pairs = list({(p.split, p.ir.absolute(), p.vis.absolute()): p for p in listed}.values())
    problems = list(dict.fromkeys(problem for found in data_sets for problem in _unpaired(found)))
    read: list[_Both] = []
    for both in _read_all(pairs, workers):
        read.append(both)
        if progress:
            progress(len(read), len(pairs))
    for pair, both in zip(pairs, read, strict=True):
        problems += _unfit(pair, *both)
    problems += _repeated(pairs, read)
    sources = list(dict.fromkeys(found.source for found in data_sets))
    return [_summary(source, pairs, read, problems) for source in sources], problems


def _all_splits(root: Path, split: str | None, layout: Layout | None) -> list[Found]:
    found: list[Found] = []
    for name in SPLITS if split is None else (split,):
        found += (f for f in find_data_sets(root, name, layout) if f not in found)
    if not found:
        looked = f"{split}/ir and {split}/vi" if split else "ir/ and vi/, or train/ir and train/vi"
        raise DataError(f"{root}: no data set found; expected {looked}, here or one folder below")
    return found


def _unpaired(found: Found) -> Iterator[Problem]:
    for path in found.ir_only:
        yield Problem(found.source, path, "infrared without a visible picture of the same name")
    for path in found.vis_only:
        yield Problem(found.source, path, "visible without an infrared picture of the same name")
    for first, *others in found.ambiguous:
        names = ", ".join(map(str, others))
        yield Problem(found.source, first, f"can't tell which are the pair, left out together with {names}")


def _read_all(pairs: Sequence[_Listed], workers: int | None) -> Iterator[_Both]:
    # The outer context puts the warning filters back that threads inside read_image race to restore.
    with warnings.catch_warnings():
        found = run_jobs(_read_both, pairs, engine="threads", workers=workers or usable_cores(), ordered=True)
        for outcome in found:
            if isinstance(outcome, Failed):
                why = f"can't be checked with its partner: {outcome.line()}"
                yield why, why
            else:
                yield outcome.result


def _read_both(pair: _Listed) -> _Both:
    return _read(pair.ir), _read(pair.vis)


def _read(path: Path) -> _Picture | str:
    try:
        array = read_image(path)
    except ImageError as error:
        if is_out_of_memory(error):
            raise
        return str(error).removeprefix(f"{path}: ")
    height, width = array.shape[:2]
    colour = "colour" if array.ndim == 3 else "grey"
    depth = "float" if array.dtype.kind == "f" else f"{8 * array.dtype.itemsize}-bit"
    return _Picture((width, height), f"{depth} {colour}", _digest(array))


def _digest(array: npt.NDArray[Any]) -> bytes:
    if array.ndim == 3 and (array == array[..., :1]).all():
        array = array[..., 0]  # grey that one of two copies stores as colour
    head = f"{array.shape} {array.dtype} ".encode()
    return sha256(head + np.ascontiguousarray(array).tobytes()).digest()


def _unfit(pair: _Listed, ir: _Picture | str, vis: _Picture | str) -> Iterator[Problem]:
    for path, picture in ((pair.ir, ir), (pair.vis, vis)):
        if isinstance(picture, str):
            yield Problem(pair.source, path, picture)
    if isinstance(ir, str) or isinstance(vis, str):
        return
    if ir.size != vis.size:
        sizes = f"{_sizes([ir.size])}, but {pair.vis} is {_sizes([vis.size])}"
        yield Problem(pair.source, pair.ir, f"is {sizes}; register them to one size")
    if ir.digest == vis.digest:
        yield Problem(pair.source, pair.ir, f"same picture as its visible partner {pair.vis}")


def _repeated(pairs: Sequence[_Listed], read: Sequence[_Both]) -> Iterator[Problem]:
    """Pairs that were there before under another name, and single pictures that belong to two pairs."""
    seen: tuple[dict[bytes, _Listed], dict[bytes, _Listed]] = ({}, {})
    for pair, (ir, vis) in zip(pairs, read, strict=True):
        if isinstance(ir, str) or isinstance(vis, str):
            continue
        same_ir = seen[0].setdefault(ir.digest, pair)
        same_vis = seen[1].setdefault(vis.digest, pair)
        if same_ir is same_vis is not pair:
            where = f", which is in {same_ir.split}" if same_ir.split else ""
            leaks = pair.split and same_ir.split and pair.split != same_ir.split
            leak = f" (this one is in {pair.split}: a leak)" if leaks else ""
            yield Problem(pair.source, pair.ir, f"same pair as {same_ir.ir}{where}{leak}")
            continue
        if same_ir is not pair:
            yield Problem(pair.source, pair.ir, f"same infrared picture as {same_ir.ir}")
        if same_vis is not pair:
            yield Problem(pair.source, pair.vis, f"same visible picture as {same_vis.vis}")


def _summary(
    source: str,
    pairs: Sequence[_Listed],
    read: Sequence[_Both],
    problems: Sequence[Problem],
) -> Summary:
    own = [both for pair, both in zip(pairs, read, strict=True) if pair.source == source]
    kept = [[p for p in pictures if isinstance(p, _Picture)] for pictures in zip(*own, strict=True)]
    ir, vis = kept or ([], [])
    kinds = [" or ".join(sorted({p.kind for p in pictures})) or "unreadable" for pictures in (ir, vis)]
    return Summary(
        source,
        Counter(pair.split for pair in pairs if pair.source == source),
        tuple(sorted({p.size for p in (*ir, *vis)})),
        (kinds[0], kinds[1]),
        sum(problem.source == source for problem in problems),
    )


def _sizes(sizes: Sequence[tuple[int, int]]) -> str:
    if not sizes:
        return "no sizes"
    (width, height), (last_width, last_height) = sizes[0], sizes[-1]
    if len(sizes) == 1:
        return f"{width}x{height}"
    return f"{len(sizes)} sizes from {width}x{height} to {last_width}x{last_height}"
