"""Where ``mgfusion fuse`` writes: what -o means for two files, and for two folders."""

import os
from pathlib import Path

from mgfusion.cli.console import fail


def file_target(output: str | None, vis: Path) -> Path:
    """The file to write for two files; a folder, or a name that ends in a slash, takes <stem>_fused.png."""
    name = f"{vis.stem}_fused.png"
    if output is None:
        return Path(name)
    path = Path(output)
    if path.is_dir():
        return path / name
    if _ends_as_folder(output):
        _refuse_file(path)
        return path / name
    if not path.suffix:
        fail(f"{output}: no such folder, and no picture's ending; give {output}/ or {output}.png", 2)
    return path


def folder_target(output: str | None, ir: Path, vis: Path) -> Path:
    """The folder to write for two folders, which is neither of them."""
    from mgfusion.images.file_formats import FORMAT_OF

    path = Path("fused" if output is None else output)
    _refuse_file(path)
    if path.is_dir():
        if path.samefile(ir) or path.samefile(vis):
            fail(f"{path}: is one of the input folders; give another one with -o", 2)
    elif path.suffix.lower() in FORMAT_OF and not _ends_as_folder(output or ""):
        fail(f"{path}: names a file, and two folders need a folder; give -o {path.with_suffix('')}/", 2)
    return path


def _ends_as_folder(raw: str) -> bool:
    return raw.endswith(tuple(filter(None, (os.sep, os.altsep))))


def _refuse_file(path: Path) -> None:
    if path.exists() and not path.is_dir():
        fail(f"{path}: is a file; give a folder to write into", 2)
