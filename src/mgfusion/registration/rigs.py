"""Two cameras that are fixed to each other: one transform, found from many frames."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mgfusion.errors import DataError, ImageError
from mgfusion.files import PathLike, write_whole
from mgfusion.registration.alignment import Alignment, check_model
from mgfusion.registration.lens import Lens
from mgfusion.registration.matrices import Matrix, Size, resizing

_KIND = "mgfusion rig"
_VERSION, _WITH_LENS = 1, 2  # what knows no lens must not take such a file for one without


@dataclass(frozen=True)
class Rig:
    """How the infrared camera of a rig lies upon its visible one.

    Attributes:
        matrix: 3x3, float64, infrared pixel centres (x, y, 1) to visible ones.
        ir_size: (width, height).
        vis_size: (width, height).
        expected_error: how far off the infrared's corners are likely to be, as a share of the visible width:
            how much transforms found from two halves of the frames differ; NaN from control points.
        used: the frames it rests on.
        left_out: the frames that do not agree with it, and why.
        parallax: by how much single frames lie beside it, as a share of the visible width; their median.
        lens: what bends the infrared picture, where frames say so; ``matrix`` is that of the unbent one.
    """

    matrix: Matrix
    ir_size: Size
    vis_size: Size
    expected_error: float = float("nan")
    used: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = field(default=())
    parallax: float = float("nan")
    lens: Lens | None = None

    def alignment(self, ir_size: Size, vis_size: Size) -> Alignment:
        """For pictures of this rig, also where they were resized as a whole.

        Raises:
            ImageError: sizes of another shape: other cameras, or a cut picture.
        """
        for name, mine, given in (("ir", self.ir_size, ir_size), ("vis", self.vis_size, vis_size)):
            if abs(given[0] / given[1] / (mine[0] / mine[1]) - 1) > 0.02:
                raise ImageError(
                    f"{name}: {given[0]}x{given[1]} pixels, and the rig's are {mine[0]}x{mine[1]}; calibrate "
                    "with pictures as the cameras give them"
                )
        matrix = resizing(self.vis_size, vis_size) @ self.matrix @ resizing(ir_size, self.ir_size)
        return Alignment(matrix / matrix[2, 2], 1.0, ir_size, vis_size, "rig", lens=self.lens)

    def save(self, path: PathLike, *, overwrite: bool = False) -> Path:
        """Write it as JSON, whole or not at all.

        Raises:
            OutputError: the file exists and ``overwrite`` is false, or can't be written.
        """

        def number(value: float) -> float | None:
            return None if np.isnan(value) else round(value, 6)

        content: dict[str, Any] = {
            "kind": _KIND,
            "version": _VERSION if self.lens is None else _WITH_LENS,
            "matrix": self.matrix.tolist(),
            "ir_size": list(self.ir_size),
            "vis_size": list(self.vis_size),
            "expected_error": number(self.expected_error),
            "parallax": number(self.parallax),
            "used": list(self.used),
            "left_out": [list(item) for item in self.left_out],
        }
        if self.lens is not None:
            content["lens"] = [self.lens.k1, self.lens.k2]
        return write_whole(path, json.dumps(content, indent=1) + "\n", overwrite)

    @classmethod
    def load(cls, path: PathLike) -> "Rig":
        """Read what :meth:`save` wrote.

        Raises:
            ImageError: no such file, or it holds no rig.
        """
        path = Path(path)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ImageError(
                f"{path}: cannot be read ({error.strerror or error}); mgfusion calibrate writes such a file"
            ) from error
        except (ValueError, RecursionError) as error:
            raise ImageError(f"{path}: holds no rig; mgfusion calibrate writes such a file") from error
        try:
            return cls._from_json(content)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ImageError(
                f"{path}: holds no rig ({error}); mgfusion calibrate writes such a file"
            ) from error

    @classmethod
    def _from_json(cls, content: Any) -> "Rig":
        if content["kind"] != _KIND or content["version"] not in (_VERSION, _WITH_LENS):
            raise ImageError(f"kind {content['kind']!r}, version {content['version']!r}")
        matrix = np.array(content["matrix"], np.float64)
        if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-12:
            raise ImageError("its matrix is none")
        sizes = [(int(content[name][0]), int(content[name][1])) for name in ("ir_size", "vis_size")]
        if min(min(size) for size in sizes) < 1:
            raise ImageError("its sizes are none")

        lens = None
        if content.get("lens") is not None:
            k1, k2 = map(float, content["lens"])
            lens = Lens(k1, k2)
            if not lens.sound:
                raise ImageError("its lens is none")

        def number(name: str) -> float:
            return float("nan") if content.get(name) is None else float(content[name])

        return cls(
            matrix,
            sizes[0],
            sizes[1],
            number("expected_error"),
            tuple(map(str, content.get("used", []))),
            tuple((str(name), str(why)) for name, why in content.get("left_out", [])),
            number("parallax"),
            lens,
        )


def calibrate(
    pairs: Sequence[tuple[Any, Any]],
    model: str = "homography",
    *,
    names: Sequence[str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Rig:
    """One transform from many pairs of frames of cameras that are fixed to each other.

    Each frame is aligned alone; the transform that most frames agree with starts a joint fit to the evidence
    of all places of all frames that agree. Near objects, which parallax moves, are outvoted by the far ones
    if there are such frames: take pictures of far things, with edges all over the view. What the infrared
    lens bends (two coefficients) is found as well where six frames or more agree, and kept only if it makes
    frames likelier that it was not fitted to.

    Args:
        pairs: (ir, vis), each a path or picture as for :func:`mgfusion.align`; at most some 40 are needed.
        model: see :func:`mgfusion.align`.
        names: what messages and ``used`` call the frames; the infrared's names by default.
        progress: called with the name of each frame that has been looked at.

    Raises:
        DataError: no pair, or frames of which no two agree.
        ImageError: a picture can't be read, or sizes differ from frame to frame.
        OptionError: no such model.
    """
    from mgfusion.registration.rig_calibration import fit_rig

    if not pairs:
        raise DataError("no pairs to calibrate with; give frames of both cameras")
    return fit_rig(pairs, check_model(model), names, progress)
