"""Pairs of files written down in a table."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from mgfusion.errors import ImageError
from mgfusion.images.file_formats import PathLike

_COLUMNS = ("ir", "vis", "out")


@dataclass(frozen=True)
class PairRow:
    """A row of the table; ``vis`` is None where ``ir`` is a radiometric file that holds both."""

    ir: Path
    vis: Path | None
    out: Path | None


def read_pairs_csv(path: PathLike) -> list[PairRow]:
    """Rows of a CSV file with the columns ``ir``, ``vis`` and, if wanted, ``out``.

    ``out`` is a name in the output folder, with or without an ending. Commas or semicolons, UTF-8. Paths are
    from the table's own folder; whether the files are there is left to who reads them.

    Raises:
        ImageError: no such file, no such columns, a row without an infrared file, or no rows.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ImageError(f"{path}: no such file; give a CSV file with the columns ir,vis") from error
    except UnicodeDecodeError as error:
        raise ImageError(f"{path}: is no text in UTF-8; give a CSV file with the columns ir,vis") from error
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror or error})") from error
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text), delimiter=";" if ";" in first else ",")
    try:
        head = [cell.strip().casefold() for cell in next(rows, [])]
        cells = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ImageError(f"{path}: is no CSV file ({error})") from error
    if "ir" not in head or "vis" not in head or "\0" in text:
        raise ImageError(f"{path}: its first line is {first.strip()[:60]!r}; it must name the columns ir,vis")
    found = []
    for number, row in enumerate(cells, 2):
        named = dict(zip(head, row, strict=False))
        ir, vis, out = (named.get(column, "") for column in _COLUMNS)
        if not ir:
            raise ImageError(f"{path}: row {number} names no infrared file; fill its column ir")
        beside = path.parent
        found.append(PairRow(beside / ir, beside / vis if vis else None, Path(out) if out else None))
    if not found:
        raise ImageError(f"{path}: has no rows below its first line; write a pair a line")
    return found
