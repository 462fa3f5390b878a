"""Files of any kind written whole or not at all."""

import os
import uuid
from pathlib import Path

from mgfusion.errors import OutputError

PathLike = str | os.PathLike[str]


def write_whole(path: PathLike, data: bytes | str, overwrite: bool = False) -> Path:
    """Write a file that appears whole or not at all: a temporary file beside it takes its name at the end.

    Missing folders are made. The file has the permissions of any new one, as the umask says. Of a symbolic
    link the file that it points to is written.

    Args:
        path: where to.
        data: bytes, or text, which is written as UTF-8 with its line ends as they are.
        overwrite: replace a file that is there; what is no file, a folder or a device, is never replaced.

    Returns:
        ``path``.

    Raises:
        OutputError: it exists and ``overwrite`` is false, is no file, or cannot be written.
    """
    path = Path(path)
    content = data.encode() if isinstance(data, str) else data
    try:
        target = path.resolve() if overwrite else path
        if target.exists() and not target.is_file():
            raise OutputError(f"{path}: is a folder or a device; give a file name")
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.parent / f".mgfusion-{uuid.uuid4().hex}.tmp"
        try:
            temporary.write_bytes(content)
            _put_in_place(temporary, target, overwrite)
        finally:  # after an interrupt, too
            temporary.unlink(missing_ok=True)
    except FileExistsError as error:
        if os.path.lexists(path):
            raise exists_already(path) from error
        raise OutputError(
            f"{path}: cannot be written (a folder above it is a file); choose another folder"
        ) from error
    except OutputError:
        raise
    except (OSError, RuntimeError) as error:  # RuntimeError: a symbolic link that leads to itself
        why = getattr(error, "strerror", None) or error
        raise OutputError(f"{path}: cannot be written ({why}); choose another folder") from error
    return path


def place_whole(made: PathLike, path: PathLike, overwrite: bool = False) -> Path:
    """Give a finished file its name, as :func:`write_whole` does it; ``made`` is on the same file system.

    Raises:
        OutputError: as for :func:`write_whole`.
    """
    path, made = Path(path), Path(made)
    try:
        target = path.resolve() if overwrite else path
        if target.exists() and not target.is_file():
            raise OutputError(f"{path}: is a folder or a device; give a file name")
        _put_in_place(made, target, overwrite)
    except FileExistsError as error:
        raise exists_already(path) from error
    except OutputError:
        raise
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or error
        raise OutputError(f"{path}: cannot be written ({why}); choose another folder") from error
    made.unlink(missing_ok=True)
    return path


def exists_already(path: PathLike) -> OutputError:
    """The error that says that a file is not overwritten unasked."""
    return OutputError(f"{path}: exists already; choose another name or allow overwriting (--overwrite)")


def _put_in_place(temporary: Path, path: Path, overwrite: bool) -> None:
    if not overwrite:
        try:
            path.hardlink_to(temporary)  # unlike a rename, fails where another process wrote it meanwhile
            return
        except FileExistsError:
            raise
        except OSError as error:  # a file system without hard links
            if os.path.lexists(path):
                raise exists_already(path) from error
    temporary.replace(path)
