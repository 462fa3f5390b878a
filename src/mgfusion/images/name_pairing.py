"""Infrared and visible files that belong together by their names, whatever cameras call them."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mgfusion.errors import ImageError
from mgfusion.images.file_formats import SUFFIXES, PathLike
from mgfusion.images.folders import FolderPairs, list_images

# Words of a name that say which camera it is, and nothing of the scene. T, W and V are DJI's (thermal, wide,
# visible; its zoom picture shows another view), FLIR and DC those of FLIR's cameras.
_INFRARED = frozenset(["ir", "infrared", "thermal", "therm", "thermo", "lwir", "mwir", "tir", "flir", "t"])
_VISIBLE = frozenset(["vis", "vi", "visible", "visual", "rgb", "color", "colour", "eo", "dc", "w", "v"])
_LETTERS = frozenset("twv")  # mean a camera only as the last word: DJI_0001_T
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")  # imgIR0012: img, IR, 0012


@dataclass(frozen=True)
class _Named:
    path: Path
    sides: frozenset[str]
    """``ir``, ``vis``, both or none, as its name and folders say."""
    scene: tuple[str, ...]
    """The words of its name, and of its folders, that say nothing of the camera; numbers without zeros."""

    @property
    def numberless(self) -> tuple[str, ...]:
        return tuple("#" if word.isdigit() else word for word in self.scene)

    @property
    def number(self) -> int | None:
        numbers = [word for word in self.scene if word.isdigit()]
        return int(numbers[-1]) if numbers else None


def find_partners(ir: PathLike, vis: PathLike | None = None, *, recursive: bool = False) -> FolderPairs:
    """Which infrared picture belongs to which visible one.

    In this order, each for what the one before left over: files of one stem (``ir/a.png``, ``vis/A.jpg``); of
    one name but for the words that name a camera (``0001_ir.png``, ``0001-rgb.jpg``; ``DJI_0007_T.JPG``,
    ``DJI_0007_W.JPG``) and zeros before numbers; and, where all that is left has two kinds of name whose
    numbers are in step (``FLIR0002.jpg``, ``DC_0003.jpg``; ``FLIR0004.jpg``, ``DC_0005.jpg``), of these. What
    may belong to several is not guessed.

    Args:
        ir: the infrared folder, or one folder with both kinds.
        vis: the visible folder.
        recursive: with the subfolders. Those at the same place belong together, and in one folder those that
            differ in words that name a camera (``day/thermal``, ``day/rgb``).

    Raises:
        ImageError: a folder is missing, no folder, or not readable.
    """
    if vis is None:
        root = Path(ir)
        return partners_among(_pictures(root, recursive), root)
    irs = [_read_name(path, Path(ir)) for path in _pictures(Path(ir), recursive)]
    viss = [_read_name(path, Path(vis)) for path in _pictures(Path(vis), recursive)]
    found = _Matches([], [])
    irs, viss = found.match(irs, viss, lambda n: _same_place(n.path, Path(ir), Path(vis)))
    return _by_name(found, irs, viss, ())


def partners_among(paths: Iterable[Path], root: Path) -> FolderPairs:
    """:func:`find_partners` for names of one folder with both kinds, which need not be on a disk.

    Args:
        paths: below ``root``; what lies in subfolders belongs together as with ``recursive``.
        root: what is above all of them and says nothing.
    """
    named = [_read_name(path, root) for path in paths]
    irs = [name for name in named if name.sides == {"ir"}]
    viss = [name for name in named if name.sides == {"vis"}]
    neither = tuple(name.path for name in named if len(name.sides) != 1)
    return _by_name(_Matches([], []), irs, viss, neither)


@dataclass(frozen=True)
class NamePairs:
    """What :class:`mgfusion.images.folders.FolderPairs` says of two folders, as names in them.

    Half of the memory of paths: a million pairs take 0.4 GB.
    """

    pairs: list[tuple[str, str]]
    ir_only: tuple[str, ...]
    vis_only: tuple[str, ...]
    ambiguous: tuple[tuple[str, ...], ...]


def partners_by_name(ir: Iterable[str], vis: Iterable[str]) -> NamePairs:
    """:func:`find_partners` for the names of the files in two folders, wherever these are.

    What is no picture by its ending, or hidden, is left out.
    """
    stems, twice = zip(*(_stems(names) for names in (ir, vis)), strict=True)
    pairs, ambiguous = [], []
    for stem in [stem for stem in stems[0] if stem in stems[1]]:
        names = tuple(side.pop(stem) for side in stems)
        several = [side.pop(stem, [name]) for side, name in zip(twice, names, strict=True)]
        if len(several[0]) == len(several[1]) == 1:
            pairs.append((names[0], names[1]))
        else:
            ambiguous.append((*several[0], *several[1]))
    irs, viss = [
        [_read_name(Path(name), Path()) for stem in side for name in more.get(stem, [side[stem]])]
        for side, more in zip(stems, twice, strict=True)
    ]
    found = _by_name(_Matches([], []), irs, viss, ())
    pairs += [(str(one), str(other)) for one, other in found.pairs]
    return NamePairs(
        sorted(pairs, key=lambda pair: pair[1]),
        tuple(map(str, found.ir_only)),
        tuple(map(str, found.vis_only)),
        (*ambiguous, *(tuple(map(str, same)) for same in found.ambiguous)),
    )


def groups_by_stem(*folders: Iterable[str]) -> Iterator[tuple[list[str], ...]]:
    """:func:`mgfusion.images.by_stem` for the names of the files in folders, wherever these are.

    What is no picture by its ending, or hidden, is left out.
    """
    found = [_stems(names) for names in folders]
    for stem in sorted(set().union(*(one for one, _ in found))):
        yield tuple(
            sorted(several.get(stem, [])) or ([one[stem]] if stem in one else []) for one, several in found
        )


def _stems(names: Iterable[str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Stem -> a picture's name, and stem -> all their names where several share it."""
    one: dict[str, str] = {}
    several: dict[str, list[str]] = {}
    for name in names:
        stem, dot, ending = name.rpartition(".")
        if not stem or f"{dot}{ending}".lower() not in SUFFIXES or name.startswith("."):
            continue
        if stem.casefold() in one:
            several.setdefault(stem.casefold(), [one[stem.casefold()]]).append(name)
        else:
            one[stem.casefold()] = name
    return one, several


def _by_name(
    found: "_Matches", irs: list[_Named], viss: list[_Named], neither: tuple[Path, ...]
) -> FolderPairs:
    irs, viss = found.match(irs, viss, lambda n: n.scene)
    irs, viss = found.match_in_step(irs, viss)
    return FolderPairs(
        tuple(sorted(found.pairs, key=lambda pair: pair[1])),
        tuple(name.path for name in irs),
        tuple(name.path for name in viss),
        tuple(found.ambiguous),
        neither,
    )


@dataclass
class _Matches:
    pairs: list[tuple[Path, Path]]
    ambiguous: list[tuple[Path, ...]]

    def match(
        self, irs: list[_Named], viss: list[_Named], key: Callable[[_Named], object]
    ) -> tuple[list[_Named], list[_Named]]:
        """Pairs of one key; several of one key are ambiguous. Returns what is left over."""
        groups: dict[object, tuple[list[_Named], list[_Named]]] = defaultdict(lambda: ([], []))
        for side, names in enumerate((irs, viss)):
            for name in names:
                groups[key(name)][side].append(name)
        left: tuple[list[_Named], list[_Named]] = ([], [])
        for one, other in groups.values():
            if len(one) == len(other) == 1:
                self.pairs.append((one[0].path, other[0].path))
            elif one and other:
                self.ambiguous.append(tuple(name.path for name in (*one, *other)))
            else:
                left[0].extend(one)
                left[1].extend(other)
        return left

    def match_in_step(self, irs: list[_Named], viss: list[_Named]) -> tuple[list[_Named], list[_Named]]:
        """Pairs whose numbers differ by one and the same, where every file has its partner."""
        kinds = {name.numberless for name in irs}, {name.numberless for name in viss}
        if len(irs) != len(viss) or not irs or any(len(kind) != 1 for kind in kinds):
            return irs, viss
        one, other = (_by_number(names) for names in (irs, viss))
        if one is None or other is None:
            return irs, viss
        steps = {b - a for a, b in zip(sorted(one), sorted(other), strict=True)}
        if len(steps) != 1 or (len(irs) == 1 and abs(steps.pop()) > 1):
            return irs, viss
        self.pairs += [(one[a].path, other[b].path) for a, b in zip(sorted(one), sorted(other), strict=True)]
        return [], []


def _by_number(names: list[_Named]) -> dict[int, _Named] | None:
    """None where a name has no number, or two have the same."""
    found = {name.number: name for name in names if name.number is not None}
    return found if len(found) == len(names) else None


def _pictures(folder: Path, recursive: bool) -> list[Path]:
    if not recursive:
        return list_images(folder)
    files = list_images(folder)  # says what is wrong with the folder itself
    try:
        below = sorted(
            path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()
        )
    except OSError as error:
        raise ImageError(f"{error.filename}: cannot be listed ({error.strerror or error})") from error
    hidden = [p for p in below if any(part.startswith(".") for part in p.relative_to(folder).parts)]
    return sorted({*files, *below} - set(hidden))


def _same_place(path: Path, *roots: Path) -> tuple[str, ...]:
    root = next(root for root in roots if path.is_relative_to(root))
    return tuple(part.casefold() for part in path.relative_to(root).with_suffix("").parts)


def _read_name(path: Path, root: Path) -> _Named:
    sides: set[str] = set()
    scene: list[str] = []
    parts = path.relative_to(root).with_suffix("").parts
    for depth, part in enumerate(parts):
        words = [word.casefold() for word in _WORD.findall(part)]
        for at, word in enumerate(words):
            means = word not in _LETTERS or (at == len(words) - 1 and at > 0)
            if word in _INFRARED and means:
                sides.add("ir")
            elif word in _VISIBLE and means:
                sides.add("vis")
            else:
                scene.append(word.lstrip("0") or "0" if word.isdigit() else word)
        if depth < len(parts) - 1:
            scene.append("/")
    return _Named(path, frozenset(sides), tuple(scene))
