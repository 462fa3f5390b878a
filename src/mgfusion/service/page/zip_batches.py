"""A zip of pairs in, a zip of fused pictures out; what failed is listed and the rest is done."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from mgfusion.errors import ImageError, MGFusionError
from mgfusion.images import SUFFIXES
from mgfusion.images.name_pairing import partners_among
from mgfusion.service.limits import Limits
from mgfusion.service.worker_jobs import Done, FuseJob

_MOST_FILES = 2000
_MOST_TIMES = 20  # the archive's own size: pictures hardly shrink, bombs do


@dataclass(frozen=True)
class Batch:
    """What came of an archive.

    Attributes:
        data: a zip of the fused pictures.
        done: how many there are.
        problems: a line for each that failed or found no partner.
    """

    data: bytes
    done: int
    problems: tuple[str, ...]


def fuse_zip(
    data: bytes,
    ending: str,
    options: dict[str, Any],
    run: Callable[[FuseJob], Done],
    limits: Limits,
    progress: Callable[[int, int], None],
) -> Batch:
    """Fuse each pair of an archive; nothing of it is written to a disk.

    Names decide what belongs together, as for ``mgfusion fuse`` of one folder.

    Args:
        data: the archive; pictures in folders ``ir`` and ``vis``, or of names that say which is which.
        ending: of the fused pictures' format.
        options: of :class:`mgfusion.Fuser`.
        run: does a job.
        limits: of a picture's bytes.
        progress: called with (done, total).

    Raises:
        ImageError: no zip, too much in it, or nothing that is a pair.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = {Path(*_safe(info.filename)): info for info in archive.infolist() if _is_picture(info)}
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise ImageError(f"not a zip that can be read ({error}); pack the pairs anew") from error
    size = sum(info.file_size for info in entries.values())
    if len(entries) > _MOST_FILES or size > max(_MOST_TIMES * len(data), limits.body):
        raise ImageError(
            f"{len(entries)} pictures of {size >> 20} MiB unpacked are too many; send at most {_MOST_FILES}"
        )
    found = partners_among(sorted(entries), Path())
    problems = [f"{path}: found no partner" for path in (*found.ir_only, *found.vis_only, *found.neither)]
    problems += [
        f"{', '.join(map(str, names))}: may belong to several; rename them" for names in found.ambiguous
    ]
    if not found.pairs:
        raise ImageError(
            "no pair found: put the pictures into folders ir and vis, or name them 0001_ir.png, 0001_vis.png"
        )
    fused = io.BytesIO()
    done = 0
    with zipfile.ZipFile(fused, "w", zipfile.ZIP_STORED) as out:
        for number, (ir, vis) in enumerate(found.pairs):
            progress(number, len(found.pairs))
            try:
                pair = archive.read(entries[ir]), archive.read(entries[vis])
                made = run(FuseJob(*pair, ending, options))
            except (MGFusionError, zipfile.BadZipFile, RuntimeError, EOFError) as error:
                problems.append(f"{ir}, {vis}: {error}")
                continue
            out.writestr(f"{'_'.join(vis.with_suffix('').parts)}{ending}", made.data)
            done += 1
    return Batch(fused.getvalue(), done, tuple(problems))


def _is_picture(info: zipfile.ZipInfo) -> bool:
    parts = _safe(info.filename)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return not info.is_dir() and not hidden and PurePosixPath(info.filename).suffix.lower() in SUFFIXES


def _safe(name: str) -> list[str]:
    """The parts of a name that are neither roots nor ways up."""
    return [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("/", "..")]
