"""Folders of pictures, matched by stem."""

from collections import defaultdict
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
    """Files that share a stem in one folder (``a.png``, ``A.jpg``), with the partner they would have had."""
    neither: tuple[Path, ...] = ()
    """Files of one folder with both kinds whose names say of neither kind, or of both, that they are it."""


def pair_folders(ir: PathLike, vis: PathLike) -> FolderPairs:
    """Pair the pictures of two folders by stem, see :func:`by_stem`.

    Raises:
        ImageError: either is missing, no folder, or not readable.
    """
    pairs: list[tuple[Path, Path]] = []
    alone: dict[str, list[Path]] = {"ir": [], "vis": []}
    ambiguous: list[tuple[Path, ...]] = []
    for irs, viss in by_stem(ir, vis):
        if len(irs) > 1 or len(viss) > 1:
            ambiguous.append((*irs, *viss))
        elif irs and viss:
            pairs.append((irs[0], viss[0]))
        else:
            alone["ir" if irs else "vis"] += irs or viss
    return FolderPairs(tuple(pairs), tuple(alone["ir"]), tuple(alone["vis"]), tuple(ambiguous))


def by_stem(*folders: PathLike) -> list[tuple[list[Path], ...]]:
    """The pictures of several folders that belong together: ``ir/a.png``, ``vis/A.JPG``; no subfolders.

    Upper and lower case are one, as on the disks of cameras, Windows and macOS. Files of one folder that
    differ by nothing else, or by their endings alone, share a stem: which of them is meant is not guessed.

    Returns:
        For each stem, in order, a list of files for each folder: empty where it has none, longer than one
        where several share the stem.

    Raises:
        ImageError: a folder is missing, no folder, or not readable.
    """
    found: dict[str, tuple[list[Path], ...]] = defaultdict(lambda: tuple([] for _ in folders))
    for i, folder in enumerate(folders):
        for file in list_images(folder):
            found[file.stem.casefold()][i].append(file)
    return [found[stem] for stem in sorted(found)]


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
