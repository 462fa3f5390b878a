"""Places that somebody has marked in both pictures."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mgfusion.errors import ImageError
from mgfusion.files import PathLike
from mgfusion.registration.alignment import Alignment
from mgfusion.registration.matrices import Matrix, Size, transform

_COLUMNS = ("ir_x", "ir_y", "vis_x", "vis_y")
_WANTED = f"give a CSV file with the columns {','.join(_COLUMNS)}"
_LEAST = 4
_GRID, _MADE = 25, 9  # places on a side that a matrix is tried at, and how many of them stand for it
_LEAST_SEEN = 0.02  # of the infrared must lie upon the visible picture
_DOUBTFUL = 0.02  # of the visible width: a point farther off than this is likely a slip


@dataclass(frozen=True)
class ControlPoints:
    """The same N places in both pictures, (N, 2) each, pixel centres (x, y) counted from 0."""

    ir: npt.NDArray[np.float64]
    vis: npt.NDArray[np.float64]
    name: str

    def csv(self) -> str:
        """The table that :func:`parse_points` reads; to a thousandth of a pixel."""
        rows = np.column_stack([self.ir, self.vis])
        lines = [",".join(_COLUMNS), *(",".join(f"{value:.3f}" for value in row) for row in rows)]
        return "\n".join(lines) + "\n"

    def alignment(self, ir_size: Size, vis_size: Size) -> Alignment:
        """The homography that fits them best; of fewer than six points an affine transform.

        Args:
            ir_size: (width, height) of the infrared picture.
            vis_size: (width, height) of the visible one.

        Raises:
            ImageError: points that lie on one line, outside the pictures, or that no transform fits.
        """
        import cv2

        for points, size, which in ((self.ir, ir_size, "ir"), (self.vis, vis_size, "vis")):
            if ((points < -0.5) | (points > np.array(size) - 0.5)).any():
                raise ImageError(
                    f"{self.name}: {which} points lie outside {size[0]}x{size[1]} pixels; they count from 0"
                )
        matrix = None
        if len(self.ir) >= 6:
            matrix, _ = cv2.findHomography(self.ir, self.vis, 0)
        else:
            one = np.column_stack([self.ir, np.ones(len(self.ir))])
            if np.linalg.matrix_rank(one - one.mean(axis=0), tol=1e-6) >= 2:
                solved = np.linalg.lstsq(one, self.vis, rcond=None)[0].T
                matrix = np.vstack([solved, [0, 0, 1]])
        if matrix is None or not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-9:
            raise ImageError(f"{self.name}: its points lie on a line; mark places spread over the picture")
        off = np.linalg.norm(transform(matrix, self.ir) - self.vis, axis=1)
        worst = int(off.argmax())
        if off[worst] > _DOUBTFUL * vis_size[0]:
            raise ImageError(
                f"{self.name}: point {worst + 1} is {off[worst]:.0f} pixels from where the others put it; "
                "check its row, and that ir and vis are not exchanged"
            )
        return Alignment(matrix / matrix[2, 2], 1.0, ir_size, vis_size, "control points")


def read_points(path: PathLike, *names: str) -> ControlPoints:
    """A CSV file with the columns ``ir_x, ir_y, vis_x, vis_y`` and, if wanted, ``pair``.

    Args:
        path: commas or semicolons, UTF-8.
        names: what the pictures are called, without endings; of a table with a column ``pair`` that has
            several in it only the rows are taken whose ``pair`` is one of them, or one's beginning
            (``01`` of ``01_ir``). None: all rows.

    Raises:
        ImageError: no such file or columns, a cell that is no number, fewer than four points.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImageError(f"{path}: {error.strerror or error}; {_WANTED}") from error
    return parse_points(data, str(path), *names)


def parse_points(table: str | bytes, name: str, *names: str) -> ControlPoints:
    """:func:`read_points` for a table that is at hand; ``name`` is what messages call it.

    Raises:
        ImageError: as there.
    """
    try:
        text = table if isinstance(table, str) else table.decode("utf-8-sig")
        first = text.partition("\n")[0]
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ","))
    except (UnicodeDecodeError, csv.Error) as error:
        why = "is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else f"is no table ({error})"
        raise ImageError(f"{name}: {why}; {_WANTED}") from error
    head = {name.strip().casefold(): name for name in (rows[0] if rows else {}) if name}
    if any(column not in head for column in _COLUMNS):
        raise ImageError(f"{name}: its first line must name the columns {','.join(_COLUMNS)}")
    whose = ""
    if names and "pair" in head and len({row[head["pair"]] for row in rows}) > 1:
        rows = [row for row in rows if _belongs((row[head["pair"]] or "").strip(), names)]
        whose = f" for {' and '.join(names)}"
    try:
        found = np.array([[float(row[head[column]]) for column in _COLUMNS] for row in rows], np.float64)
    except (TypeError, ValueError) as error:
        raise ImageError(f"{name}: a cell is no number ({error}); write pixels such as 120.5") from error
    if len(found) < _LEAST or not np.isfinite(found).all():
        raise ImageError(f"{name}: {len(found)} points{whose}; give at least {_LEAST}, better ten")
    return ControlPoints(found[:, :2], found[:, 2:], name)


def points_of(matrix: Matrix, ir_size: Size, vis_size: Size) -> ControlPoints:
    """Places that both cameras see, which say of a matrix all that there is to say.

    Args:
        matrix: 3x3, infrared pixel centres (x, y, 1) to visible ones.
        ir_size: (width, height).
        vis_size: (width, height).

    Raises:
        ImageError: hardly any of the infrared lies upon the visible picture, or it is turned inside out.
    """
    wide, high = (np.linspace(0, side - 1, _GRID) for side in ir_size)
    ir = np.stack(np.meshgrid(wide, high), 2).reshape(-1, 2)
    whole = bool(np.isfinite(matrix).all()) and float((ir @ matrix[2, :2] + matrix[2, 2]).min()) > 1e-6
    vis = transform(matrix, ir) if whole else ir - np.inf
    seen = ((vis >= 0) & (vis <= np.array(vis_size) - 1)).all(axis=1)
    if seen.mean() < _LEAST_SEEN or abs(np.linalg.det(matrix)) < 1e-9:
        raise ImageError(
            "hardly any of the infrared would lie upon the visible picture; move it back, or start anew"
        )
    ir, vis = ir[seen], vis[seen]
    near = np.linalg.norm(ir - ir.mean(axis=0), axis=1)
    chosen = [int(near.argmax())]
    near = np.full(len(ir), np.inf)
    while len(chosen) < _MADE:  # one after the other, each as far from all others as can be
        near = np.minimum(near, np.linalg.norm(ir - ir[chosen[-1]], axis=1))
        chosen.append(int(near.argmax()))
    return ControlPoints(ir[chosen], vis[chosen], "points")


def _belongs(pair: str, names: tuple[str, ...]) -> bool:
    return bool(pair) and any(name == pair or name.startswith((f"{pair}_", f"{pair}-")) for name in names)
