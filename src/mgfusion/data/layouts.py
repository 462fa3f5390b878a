"""How data sets lie on disk: the official folder layouts, and plain pairs of folders."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mgfusion.data import tno_layout
from mgfusion.images import list_images, pair_folders

SPLITS = ("train", "val", "test", "valid", "validation", "eval")
"""Names of folders that hold a part of a data set, never a data set of their own."""

_IR, _VIS = ("ir", "infrared", "thermal", "lwir"), ("vi", "vis", "visible", "visual", "rgb")

# The first row that fits counts. "{split}" stands for the split's name; each place is a path below the data
# set, upper and lower case alike. RoadScene comes first, because its infrared/ and visible/ are the frames
# before registration; of its two crops the low-resolution one has the size of the infrared pictures.
_LAYOUTS: tuple[tuple[str | None, tuple[str, ...], tuple[str, ...]], ...] = (
    ("RoadScene", ("cropinfrared",), ("crop_LR_visible", "crop_HR_visible")),
    (None, tuple(f"{{split}}/{name}" for name in _IR), tuple(f"{{split}}/{name}" for name in _VIS)),
    (None, tuple(f"{name}/{{split}}" for name in _IR), tuple(f"{name}/{{split}}" for name in _VIS)),
    (None, _IR, _VIS),
)
_KNOWN = ("RoadScene", "MSRS", "LLVIP", "M3FD", "TNO")
_COPY_OF = re.compile(rf"({'|'.join(_KNOWN)})[-_ ]?(main|master|dataset|image[-_ ]fusion[-_ ]dataset)?", re.I)
_M3FD_PART = re.compile(r"M3FD[-_ ](Fusion|Detection)", re.I)
_M3FD_CONDITIONS = ("Challenge", "Daytime", "Night", "Overcast")
_NUMBERED = re.compile(r"(ir|vis|vi)[-_ ]?(\d+)", re.I)


@dataclass(frozen=True)
class Found:
    """One data set, or one split of it."""

    source: str
    """The official name where the layout or the folder's name tells it, else the folder's name."""
    split: str
    """Empty where the layout has no splits."""
    pairs: tuple[tuple[str, Path, Path], ...]
    """(name, infrared, visible)"""
    ir_only: tuple[Path, ...] = ()
    vis_only: tuple[Path, ...] = ()
    ambiguous: tuple[tuple[Path, ...], ...] = ()
    """Files of which no two can be told to be the pair (``a.png`` and ``a.jpg`` in one folder)."""

    def __bool__(self) -> bool:
        """Whether there is any picture at all."""
        return bool(self.pairs or self.ir_only or self.vis_only or self.ambiguous)


class Layout(Protocol):
    """How a data set of one's own lies on disk: any callable ``(folder, split) -> Found | None``.

    It is asked of each folder before the layouts above are: of the one that was given, and where that is no
    data set, of those below it, two levels down. ``split`` is ``train`` for training, ``test`` for the
    benchmark, and each of ``SPLITS`` for the check.

    Returns:
        What the folder holds of that split, all of it where there are no splits (``Found.split`` is then
        empty); None where it is no data set of this kind. A name stands once in a data set's split: the held
        out pairs are drawn by it, and fused pictures get it.
    """

    def __call__(self, folder: Path, split: str, /) -> Found | None:
        """Look at one folder."""
        ...


def read_layout(folder: Path, split: str) -> Found | None:
    """The data set that ``folder`` itself is, or None.

    Raises:
        ImageError: a folder of pictures cannot be read.
    """
    source, prefix = _names(folder)
    if tno_layout.is_original(folder):
        return Found("TNO", "", *tno_layout.read_scenes(folder))
    for known, ir_places, vis_places in _LAYOUTS:
        ir, vis = (_first(folder, places, split) for places in (ir_places, vis_places))
        if ir is None or vis is None:
            continue
        found = _two_folders(known or source, split if "{split}" in ir_places[0] else "", prefix, ir, vis)
        if found:
            return found
    return _m3fd_scenes(folder) or _numbered(folder, source)


def merge(parts: Sequence[Found]) -> Found:
    """One or more parts of one data set as one; it has the first one's name and split."""
    return Found(
        parts[0].source,
        parts[0].split,
        tuple(pair for part in parts for pair in part.pairs),
        tuple(path for part in parts for path in part.ir_only),
        tuple(path for part in parts for path in part.vis_only),
        tuple(group for part in parts for group in part.ambiguous),
    )


def subfolders(folder: Path) -> Iterator[Path]:
    """The folders below that may be data sets: no splits, nothing hidden."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name.lower() not in SPLITS and not path.name.startswith("."):
            yield path


def _names(folder: Path) -> tuple[str, str]:
    """The data set's name, and what stands before each pair's name: M3FD's two parts use the same numbers."""
    folder = folder.resolve()
    name = folder.parent.name if folder.name.lower() in SPLITS else folder.name
    if part := _M3FD_PART.fullmatch(name):
        return "M3FD", f"{part[1].title()}_"
    if copy := _COPY_OF.fullmatch(name):
        return next(known for known in _KNOWN if known.lower() == copy[1].lower()), ""
    return name, ""


def _first(folder: Path, places: tuple[str, ...], split: str) -> Path | None:
    for place in places:
        path: Path | None = folder
        for part in place.format(split=split).split("/"):
            path = path and find_folder(path, part)
        if path:
            return path
    return None


def find_folder(parent: Path, name: str) -> Path | None:
    """``parent/name``, or the first folder there of that name in upper and lower case mixed."""
    if (parent / name).is_dir():
        return parent / name
    return next((p for p in sorted(parent.iterdir()) if p.name.lower() == name.lower() and p.is_dir()), None)


def _two_folders(source: str, split: str, prefix: str, ir: Path, vis: Path) -> Found:
    files = pair_folders(ir, vis)
    pairs = tuple((prefix + one.stem, one, other) for one, other in files.pairs)
    return Found(source, split, pairs, files.ir_only, files.vis_only, files.ambiguous)


def _m3fd_scenes(folder: Path) -> Found | None:
    """M3FD by scenes (``Challenge/Beach/Ir``), named ``Challenge_Beach_01863``."""
    conditions = [path for name in _M3FD_CONDITIONS if (path := find_folder(folder, name))]
    scenes = [scene for path in conditions for scene in subfolders(path)] if len(conditions) > 1 else []
    parts = []
    for scene in scenes:
        ir, vis = find_folder(scene, "Ir"), find_folder(scene, "Vis")
        if ir and vis:
            parts.append(_two_folders("M3FD", "", f"{scene.parent.name}_{scene.name}_", ir, vis))
    return merge(parts) if parts else None


def _numbered(folder: Path, source: str) -> Found | None:
    """``IR1.png`` and ``VIS1.png`` side by side in one folder, named by number."""
    ir: dict[str, list[Path]] = defaultdict(list)
    vis: dict[str, list[Path]] = defaultdict(list)
    for path in list_images(folder):
        if match := _NUMBERED.fullmatch(path.stem):
            (ir if match[1].lower() == "ir" else vis)[match[2]].append(path)
    both = sorted(ir.keys() & vis.keys())
    if not both:
        return None
    ir_only, vis_only = (
        tuple(path for number in sorted(one.keys() - other.keys()) for path in one[number])
        for one, other in ((ir, vis), (vis, ir))
    )
    alone = [number for number in both if len(ir[number]) == len(vis[number]) == 1]
    pairs = tuple((number, ir[number][0], vis[number][0]) for number in alone)
    ambiguous = tuple((*ir[number], *vis[number]) for number in both if number not in alone)
    return Found(source, "", pairs, ir_only, vis_only, ambiguous)
