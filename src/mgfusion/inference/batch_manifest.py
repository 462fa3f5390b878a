"""What a large batch has done, a line for each picture, so that it can be gone on with and counted."""

import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from mgfusion.addresses import is_address, joined, read_address, write_address
from mgfusion.errors import ImageError, OptionError, OutputError

_LINES, _SECONDS = 1000, 60
"""An address can't be appended to: so many lines, or what came in so much time, are a file."""


def _is_part(name: str) -> bool:
    return name.startswith("manifest-") and name.endswith(".jsonl")


@dataclass
class EarlierRun:
    """What the manifests in a folder say, those of all runs that were gone on with.

    Attributes:
        settings: of the runs; None where there is no manifest.
        replacing: whether they replaced files, so that one without a line may be older than they.
        run: stands for these runs; one that does all anew has another.
        done: names of pictures with a line that says so, each with what is kept of the line.
        parts: names of the manifests.
    """

    settings: dict[str, Any] | None = None
    replacing: bool = False
    run: str = ""
    done: dict[str, Any] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)


def read_manifests(
    folder: str, names: Iterable[str], keep: Callable[[dict[str, Any]], Any] = lambda line: None
) -> EarlierRun:
    """Read those among the names of a folder's files; a last line that was cut off counts as none.

    Args:
        folder: a path or an address.
        names: of the files in it.
        keep: what of the line of a picture that is done goes into :attr:`EarlierRun.done`; nothing is.

    Raises:
        ImageError: one can't be read.
    """
    found = EarlierRun(parts=sorted(filter(_is_part, names)))
    for part in found.parts:
        for line in _lines(joined(folder, part)):
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if "settings" in record:
                if record["run"] != found.run:
                    found.done.clear()
                found.settings, found.replacing, found.run = (
                    record[key] for key in ("settings", "replacing", "run")
                )
            elif record.get("status") in ("done", "found"):
                found.done[record["out"]] = keep(record)
    return found


def _lines(part: str) -> Iterator[bytes]:
    """One after another: a file of a million lines is larger than what is kept of it."""
    if is_address(part):
        yield from read_address(part).splitlines()
        return
    try:
        with Path(part).open("rb") as file:
            yield from file
    except OSError as error:
        raise ImageError(f"{part}: {error.strerror or error}") from error


def goes_on(
    folder: str, earlier: EarlierRun, settings: Mapping[str, Any], *, overwrite: bool, skip_existing: bool
) -> bool:
    """Whether a run goes on with what is in the folder; else it begins there, or anew.

    Args:
        settings: as JSON gives them back.

    Raises:
        OptionError: a run is in the folder, and it is said neither to go on with it nor to do it anew; or
            it had other settings.
    """
    if earlier.settings is None or overwrite:
        return False
    if not skip_existing:
        raise OptionError(
            f"{folder}: holds a run of --engine ray; go on with it (--skip-existing), do it anew "
            "(--overwrite), or write to another place"
        )
    was = earlier.settings
    other = [f"{key} was {was.get(key)}, now {now}" for key, now in settings.items() if was.get(key) != now]
    if other:
        raise OptionError(
            f"{folder}: holds another run: {'; '.join(other)}; write to another place, or do it anew "
            "(--overwrite)"
        )
    return True


class Manifest:
    """JSON lines of a run, in new files at each start.

    The first line of each file has the run's settings. A line of a local file is there as soon as its picture
    is; those of an address come in parts.
    """

    def __init__(
        self, folder: str, earlier: EarlierRun, settings: Mapping[str, Any], *, replacing: bool, anew: bool
    ) -> None:
        self.folder = folder
        self.number = (
            int(earlier.parts[-1].removeprefix("manifest-").partition(".")[0]) if earlier.parts else 0
        )
        run = uuid.uuid4().hex if anew or not earlier.run else earlier.run
        self.head = json.dumps({"run": run, "settings": settings, "replacing": replacing})
        self.lines: list[str] = []
        self.since = time.monotonic()
        self.file: TextIO | None = None

    def add(self, out: str, status: str, **facts: Any) -> None:
        """A line for the picture ``out``: ``done``, ``failed``, or ``found`` of one that had none."""
        line = json.dumps({"out": out, "status": status, **facts})
        if is_address(self.folder):
            self.lines.append(line)
            if len(self.lines) >= _LINES or time.monotonic() - self.since > _SECONDS:
                self.close()
            return
        if self.file is None:
            path = Path(self._next())
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self.file = path.open("x", encoding="utf-8")
            except OSError as error:
                raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
            self.file.write(f"{self.head}\n")
        self.file.write(f"{line}\n")
        self.file.flush()

    def close(self) -> None:
        """Write what is left."""
        if self.file is not None:
            self.file.close()
            self.file = None
        if self.lines:
            write_address(self._next(), "\n".join([self.head, *self.lines, ""]).encode())
            self.lines, self.since = [], time.monotonic()

    def _next(self) -> str:
        self.number += 1
        return joined(self.folder, f"manifest-{self.number:06}.jsonl")
