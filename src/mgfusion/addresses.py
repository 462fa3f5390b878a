"""Files by path or by address (``s3://bucket/a.png``): listed, read, and written whole or not at all."""

import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mgfusion.errors import ImageError, OutputError
from mgfusion.extras import needs_extra
from mgfusion.files import exists_already, write_whole

_WHOLE = frozenset(["s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "memory", "oss", "oci"])
"""Protocols of which what is written appears whole, so that no second name is needed."""


def is_address(text: str) -> bool:
    """Whether a name is an address of fsspec, and no path: ``s3://...``."""
    protocol, mark, _ = text.partition("://")
    return bool(mark) and len(protocol) > 1


def joined(folder: str, name: str) -> str:
    """A file in a folder, either of them."""
    return f"{folder.rstrip('/')}/{name}" if is_address(folder) else str(Path(folder) / name)


def list_names(folder: str, *, missing: bool = False) -> list[str]:
    """Names of the files in a folder, in no order; subfolders are left out.

    Args:
        missing: that there may be none, which holds nothing.

    Raises:
        ImageError: there is no such folder, or it can't be listed.
    """
    if not is_address(folder):
        import os

        try:
            with os.scandir(folder) as entries:
                return [entry.name for entry in entries if entry.is_file()]
        except FileNotFoundError:
            if missing:
                return []
            raise ImageError(f"{folder}: no such folder; check the name") from None
        except OSError as error:
            raise ImageError(f"{folder}: cannot be listed ({error.strerror or error})") from error
    with _answered(folder, "listed") as (system, path):
        system.invalidate_cache()
        try:
            found = system.ls(path, detail=True)
        except FileNotFoundError:
            if not missing:
                raise
            found = []
    names = (entry["name"].rstrip("/").rpartition("/")[2] for entry in found if entry["type"] == "file")
    return [name for name in names if name]


def exists(address: str) -> bool:
    """Whether there is a file.

    Raises:
        ImageError: an address that can't be asked.
    """
    if not is_address(address):
        return Path(address).exists()
    with _answered(address, "looked for") as (system, path):
        system.invalidate_cache()
        return bool(system.exists(path))


def read_address(address: str) -> bytes:
    """A file's bytes.

    Raises:
        ImageError: it can't be read.
    """
    if not is_address(address):
        try:
            return Path(address).read_bytes()
        except OSError as error:
            raise ImageError(f"{address}: {error.strerror or error}") from error
    with _answered(address, "read") as (system, path):
        data: bytes = system.cat_file(path)
    return data


def write_address(address: str, data: bytes, overwrite: bool = False) -> None:
    """Write a file that appears whole or not at all.

    One that is there and holds just these bytes is as good as written: a job that is done twice, since the
    first worker died before it could tell, does no harm.

    Raises:
        OutputError: another file is there and ``overwrite`` is false, or it can't be written.
    """
    if not is_address(address):
        path = Path(address)
        if overwrite or not (path.is_file() and path.read_bytes() == data):
            write_whole(path, data, overwrite)
        return
    with _answered(address, "written", OutputError) as (system, path):
        if not overwrite and system.exists(path):
            if system.cat_file(path) != data:
                raise exists_already(address)
            return
        if _protocol(address) in _WHOLE:
            system.pipe_file(path, data)
            return
        folder, _, name = path.rpartition("/")
        temporary = f"{folder}/.{name}-{uuid.uuid4().hex}.tmp"
        system.makedirs(folder, exist_ok=True)
        system.pipe_file(temporary, data)
        system.mv(temporary, path)


@contextmanager
def local_copies(*addresses: str) -> Iterator[list[Path]]:
    """Paths of these files while inside; an address is copied into a temporary folder.

    Errors and warnings inside that name a copy name its address instead.

    Raises:
        ImageError: one can't be read.
    """
    with TemporaryDirectory(prefix="mgfusion-") as folder:
        paths, names = [], {}
        for number, address in enumerate(addresses):
            if is_address(address):
                copy = Path(folder, str(number), address.rpartition("/")[2])
                copy.parent.mkdir()
                copy.write_bytes(read_address(address))
                names[str(copy)] = address
                paths.append(copy)
            else:
                paths.append(Path(address))
        with warnings.catch_warnings(record=bool(names)) as caught:
            try:
                yield paths
            except ImageError as error:
                raise type(error)(_renamed(str(error), names)) from error
        for warning in caught or ():
            warnings.warn(_renamed(str(warning.message), names), warning.category, stacklevel=3)


def _renamed(text: str, names: dict[str, str]) -> str:
    for copy, address in names.items():
        text = text.replace(copy, address)
    return text


def _protocol(address: str) -> str:
    return address.partition("://")[0]


@contextmanager
def _answered(address: str, done: str, kind: type[ImageError | OutputError] = ImageError) -> Iterator[Any]:
    """The file system of an address and the path in it; what it raises becomes one line."""
    with needs_extra("cluster", "an address such as s3://"):
        import fsspec
    try:
        yield fsspec.core.url_to_fs(address)
    except (ImageError, OutputError):
        raise
    except ImportError as error:  # which says what to install for this protocol
        raise kind(f"{address}: {error}") from error
    except Exception as error:  # each protocol's library has its own
        why = "no such file or folder" if isinstance(error, FileNotFoundError) else f"{error}"
        raise kind(f"{address}: cannot be {done} ({why or type(error).__name__})") from error
