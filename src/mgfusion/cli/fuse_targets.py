"""Where ``mgfusion fuse`` writes: what -o means for two files, and for two folders."""

import os
from pathlib import Path

from mgfusion.cli.console import fail


def chosen_suffix(text: str | None) -> str | None:
    """The ending that --format stands for: ``jpg`` and ``.JPG`` are ``.jpg``."""
    from mgfusion.images.file_formats import FORMAT_OF

    if text is None:
        return None
    suffix = "." + text.strip().lower().removeprefix(".")
    if suffix not in FORMAT_OF:
        fail(f"--format {text!r}: give one of {' '.join(s[1:] for s in FORMAT_OF)}", 2)
    return suffix


def file_target(output: str | None, vis: Path, suffix: str | None = None) -> Path:
    """The file to write for two files; a folder, or a name that ends in a slash, takes <stem>_fused.png."""
    name = f"{vis.stem}_fused{suffix or '.png'}"
    if output is None:
        return Path(name)
    path = Path(output)
    if path.is_dir():
        return path / name
    if _ends_as_folder(output):
        _refuse_file(path)
        return path / name
    if suffix and path.suffix.lower() != suffix:
        fail(
            f"{output}: does not end in {suffix}; leave --format out, or name it {path.with_suffix(suffix)}",
            2,
        )
    if not path.suffix:
        fail(f"{output}: no such folder, and no picture's ending; give {output}/ or {output}.png", 2)
    return path


def folder_target(output: str | None, *inputs: Path) -> Path:
    """The folder to write for folders, which is none of them."""
    from mgfusion.images.file_formats import FORMAT_OF

    path = Path("fused" if output is None else output)
    _refuse_file(path)
    if path.is_dir():
        if any(path.samefile(folder) for folder in inputs):
            fail(f"{path}: is one of the input folders; give another one with -o", 2)
    elif path.suffix.lower() in FORMAT_OF and not _ends_as_folder(output or ""):
        fail(f"{path}: names a file, and folders need a folder; give -o {path.with_suffix('')}/", 2)
    return path


def _ends_as_folder(raw: str) -> bool:
    return raw.endswith(tuple(filter(None, (os.sep, os.altsep))))


def _refuse_file(path: Path) -> None:
    if path.exists() and not path.is_dir():
        fail(f"{path}: is a file; give a folder to write into", 2)
