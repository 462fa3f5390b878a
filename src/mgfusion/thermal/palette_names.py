"""Palettes under the names that people know, to draw temperatures in."""

from mgfusion.errors import OptionError
from mgfusion.images import Array
from mgfusion.near_misses import did_you_mean
from mgfusion.thermal.palettes import palette, palettes

_OPENCV = "opencv-"
_ALSO = {"ironbow": "iron"}


def palette_names() -> list[str]:
    """The names of :func:`named_palette`: cameras' palettes, matplotlib's and OpenCV's.

    A palette that OpenCV and matplotlib both have is the same to a level, but for ``jet``, ``ocean`` and
    ``pink``, which are OpenCV's, and ``hot``, which is matplotlib's (``rainbow`` is the cameras'); OpenCV's
    of these names have ``opencv-`` before them.
    """
    return sorted({_short(name) for name in palettes()} | set(_ALSO))


def named_palette(name: str) -> Array:
    """(256, 3) RGB uint8, the coldest first.

    Args:
        name: one of :func:`palette_names`, in any case.

    Raises:
        OptionError: there is none of this name.
    """
    wanted = name.lower()
    for full in palettes():
        if wanted in (full.lower(), _short(full).lower()):
            return palette(full)
    if wanted in _ALSO:
        return palette(_ALSO[wanted])
    names = palette_names()
    there_are = f"; there are {', '.join(names)}"
    raise OptionError(f"no palette {name!r}{did_you_mean(name, names) or there_are}")


def _short(full: str) -> str:
    """``inferno`` for ``opencv-inferno``, unless another palette has that name."""
    short = full.removeprefix(_OPENCV)
    return full if short != full and short in palettes() else short
