"""Two folders of pictures, paired by stem."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mgfusion.errors import ImageError
from mgfusion.images.file_formats import SUFFIXES, PathLike


@dataclass(frozen=True)
class FolderPairs:
    """What two folders hold: pairs (ir, vis) in the order of their stems, and all that found no partner."""

    pairs: tuple[tuple[Path, Path], ...]
    ir_only: tuple[Path, ...]
    vis_only: tuple[Path, ...]
    ambiguous: tuple[tuple[Path, ...], ...]
    """Files that share a stem in one folder (``a.png``, ``a.jpg``), with the partner they would have had."""


def pair_folders(ir: PathLike, vis: PathLike) -> FolderPairs:
    """Pair the pictures of two folders by stem (``ir/a.png`` with ``vis/a.jpg``); subfolders are not entered.

    Raises:
        ImageError: either is missing, no folder, or not readable.
    """
    ir_files, vis_files = _by_stem(list_images(ir)), _by_stem(list_images(vis))
    pairs: list[tuple[Path, Path]] = []
    alone: dict[str, list[Path]] = {"ir": [], "vis": []}
    ambiguous: list[tuple[Path, ...]] = []
    for stem in sorted(ir_files.keys() | vis_files.keys()):
        irs, viss = ir_files.get(stem, []), vis_files.get(stem, [])
        if len(irs) > 1 or len(viss) > 1:
            ambiguous.append((*irs, *viss))
        elif irs and viss:
            pairs.append((irs[0], viss[0]))
        else:
            alone["ir" if irs else "vis"] += irs or viss
    return FolderPairs(tuple(pairs), tuple(alone["ir"]), tuple(alone["vis"]), tuple(ambiguous))


def list_images(folder: PathLike) -> list[Path]:
    """The files of a folder whose ending is a picture's, sorted by name; no hidden files, no subfolders.

    Raises:
        ImageError: the folder is missing, no folder, or not readable.
    """
    folder = Path(folder)
    try:
        entries = sorted(folder.iterdir())
    except FileNotFoundError as error:
        raise ImageError(f"{folder}: no such folder; check the name") from error
    except NotADirectoryError as error:
        raise ImageError(f"{folder}: is a file; give a folder of pictures") from error
    except OSError as error:
        raise ImageError(f"{folder}: cannot be listed ({error.strerror or error})") from error
    return [p for p in entries if p.suffix.lower() in SUFFIXES and not p.name.startswith(".") and p.is_file()]


def _by_stem(files: Iterable[Path]) -> dict[str, list[Path]]:
    stems: dict[str, list[Path]] = defaultdict(list)
    for file in files:
        stems[file.stem].append(file)
    return stems
