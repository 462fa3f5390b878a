"""Scores on disk: a CSV that grows row by row while a run goes on, and is read to resume it."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TextIO

from mgfusion.errors import BenchmarkError
from mgfusion.files import write_whole

Key = tuple[str, str, str]
"""(set, method, name of the pair)."""

_KEY = ("set", "method", "name")


class ScoreFile:
    """Rows of numbers by key, in memory and in a file; each addition is on disk at once.

    A line that a run left half-written counts as not done.

    Raises:
        BenchmarkError: the file exists and is no such table.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[Key, dict[str, float]] = {}
        self._columns: list[str] = []
        self._file: TextIO | None = None
        if path.exists():
            self._read()

    def has(self, key: Key, columns: Iterable[str]) -> bool:
        """Whether a row has all these numbers."""
        return key in self.rows and all(column in self.rows[key] for column in columns)

    def add(self, key: Key, numbers: Mapping[str, float]) -> None:
        """Record numbers beside those that the row has already."""
        new = [column for column in numbers if column not in self._columns]
        if self._file is None or new:
            self._columns += new
            self.close()
            self._write()
            self._file = self.path.open("a", newline="", encoding="utf-8")
        row = self.rows.setdefault(key, {})
        row.update(numbers)
        csv.writer(self._file).writerow(self._line(key))
        self._file.flush()

    def drop(self, unwanted: Iterable[Key]) -> None:
        """Forget rows."""
        for key in list(unwanted):
            self.rows.pop(key, None)
        self._write()

    def close(self) -> None:
        """Leave the file sorted."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._write()

    def _read(self) -> None:
        try:
            whole, _, _ = self.path.read_text(encoding="utf-8").rpartition("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise BenchmarkError(f"{self.path}: cannot be read ({error}); move it away") from error
        header, *lines = csv.reader(whole.splitlines()) if whole else [[]]
        if tuple(header[:3]) != _KEY:
            raise BenchmarkError(f"{self.path}: lacks the columns {', '.join(_KEY)}; move it away")
        self._columns = header[3:]
        for line in lines:
            try:
                numbers = {c: float(t) for c, t in zip(self._columns, line[3:], strict=True) if t}
            except ValueError as error:
                raise BenchmarkError(f"{self.path}: cannot be read ({error}); move it away") from error
            self.rows[line[0], line[1], line[2]] = numbers

    def _write(self) -> None:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow((*_KEY, *self._columns))
        writer.writerows(self._line(key) for key in sorted(self.rows))
        write_whole(self.path, text.getvalue(), overwrite=True)

    def _line(self, key: Key) -> list[str]:
        row = self.rows[key]
        return [*key, *(repr(float(row[column])) if column in row else "" for column in self._columns)]
