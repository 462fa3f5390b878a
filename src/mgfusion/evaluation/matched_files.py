"""Fused pictures and their sources: which files belong together."""

from dataclasses import dataclass
from pathlib import Path

from mgfusion.addresses import is_address, joined, list_names
from mgfusion.errors import OptionError
from mgfusion.images.name_pairing import groups_by_stem

Files = tuple[str, str, str]


@dataclass(frozen=True)
class MatchedFiles:
    """What belongs together.

    Attributes:
        places: three folders, or nothing where ``triples`` are files.
        triples: names in these folders: a million whole paths would take memory.
        failures: (name, reason) of what can't be told apart.
        unmatched: files without partners.
    """

    places: Files
    triples: list[Files]
    failures: list[tuple[str, str]]
    unmatched: list[Path | str]

    def name(self, number: int) -> str:
        """Of a picture in tables."""
        return Path(self.triples[number][0]).stem

    def files(self, number: int) -> Files:
        """Of a picture, with their folders."""
        fused, ir, vis = map(joined, self.places, self.triples[number])
        return fused, ir, vis


def match_files(fused: str, ir: str, vis: str) -> MatchedFiles:
    """Three files, or the pictures of three folders by stem, see :func:`mgfusion.images.by_stem`.

    Raises:
        OptionError: files mixed with folders; a folder without a picture; no stem in all three.
        ImageError: a folder that can't be listed.
    """
    places = (fused, ir, vis)
    folders = [is_address(place) or Path(place).is_dir() for place in places]
    if not any(folders):
        return MatchedFiles(("", "", ""), [places], [], [])
    if not all(folders):
        files = ", ".join(place for place, folder in zip(places, folders, strict=True) if not folder)
        raise OptionError(f"{files}: no folder; give three files or three folders")
    found = MatchedFiles(places, [], [], [])
    seen = [False] * 3
    for groups in groups_by_stem(*map(list_names, places)):
        seen = [before or bool(group) for before, group in zip(seen, groups, strict=True)]
        if all(len(group) == 1 for group in groups):
            found.triples.append((groups[0][0], groups[1][0], groups[2][0]))
            continue
        paths = [[joined(place, name) for name in group] for place, group in zip(places, groups, strict=True)]
        if not all(groups):
            found.unmatched.extend(
                path if is_address(path) else Path(path) for group in paths for path in group
            )
        else:
            several = ", ".join(path for group in paths if len(group) > 1 for path in group)
            found.failures.append((Path(groups[0][0]).stem, f"{several}: share a stem; keep one of them"))
    for place, any_picture in zip(places, seen, strict=True):
        if not any_picture:
            raise OptionError(f"{place}: holds no picture; subfolders are not entered")
    if not found.triples and not found.failures:
        raise OptionError(
            f"{fused}, {ir}, {vis}: no stem is in all three; name files that belong together alike"
        )
    return found
