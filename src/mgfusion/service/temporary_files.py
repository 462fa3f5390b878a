"""Temporary files of a service in one folder of its own, gone when it ends; and what a killed one left."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from mgfusion.errors import OutputError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows, where what others left is not known from what they use
    fcntl = None

_LOCK = "in-use"


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A private folder that this process and its children put temporary files into; removed at the end.

    Folders of services that have ended without removing theirs are removed first.

    Raises:
        OutputError: it can't be made, or its name is somebody else's.
    """
    root = Path(tempfile.gettempdir()) / f"mgfusion-serve-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    kept = {name: os.environ.get(name) for name in ("TMPDIR", "GRADIO_TEMP_DIR")}
    try:
        root.mkdir(mode=0o700, exist_ok=True)
        if root.is_symlink() or (hasattr(os, "getuid") and root.stat().st_uid != os.getuid()):
            raise OutputError(f"{root}: belongs to somebody else; set TMPDIR to a folder of your own")
        with (root / "starting").open("w") as turn:  # one service after another, so that none looks left over
            _lock(turn.fileno(), wait=True)
            _remove_left_over(root)
            folder = Path(tempfile.mkdtemp(dir=root))
            lock = (folder / _LOCK).open("w")
            _lock(lock.fileno(), wait=True)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"{root}: temporary files can't be written ({error.strerror or error}); set TMPDIR"
        ) from error
    os.environ["TMPDIR"] = str(folder)
    os.environ["GRADIO_TEMP_DIR"] = str(folder / "page")
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield folder
    finally:
        tempfile.tempdir = before
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        lock.close()
        shutil.rmtree(folder, ignore_errors=True)


def _remove_left_over(root: Path) -> None:
    if fcntl is None:
        return
    for folder in root.iterdir():
        if not folder.is_dir() or folder.is_symlink():
            continue
        with contextlib.suppress(OSError), (folder / _LOCK).open("w") as lock:
            if _lock(lock.fileno(), wait=False):
                shutil.rmtree(folder, ignore_errors=True)


def _lock(file: int, wait: bool) -> bool:
    """Take a file's lock, which ends with the process; False where another has it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True
