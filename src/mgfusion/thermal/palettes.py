"""Colour tables in which thermal cameras and programs draw temperatures, cold first."""

from functools import lru_cache

import numpy as np

from mgfusion.errors import OptionError
from mgfusion.images import Array

# Straight lines in RGB between a few points, at shares of the way from coldest to hottest. Cameras differ a
# little in what they call by one name; a table that is another one is left unrecognised rather than guessed.
_CONTROL_POINTS = {
    # The lower-resolution cameras' iron: black, violet, red, orange, yellow, white.
    "iron": "0 000000, .004 000009, .119 1f0076, .254 740188, .365 b5078d, .397 c2107f, .5 df373b, "
    ".508 e03931, .627 ee6d0c, .762 f7ab0d, .881 ffe01e, .889 ffe327, 1 ffffff",
    # The same name in cameras whose coldest is dark blue.
    "iron-blue": "0 001118, .049 020455, .108 340087, .157 56009d, .22 8000a9, .332 ba1694, .498 ef5240, "
    ".632 ff8c05, .753 ffc100, .816 ffd819, .883 ffed4f, .951 fafda8, 1 f4ffff",
    "rainbow": "0 000080, .125 0000ff, .375 00ffff, .5 00ff00, .625 ffff00, .875 ff0000, 1 ffffff",
    "rainbow-high-contrast": "0 000000, .121 e700e7, .242 000099, .363 00e5e5, .484 004f00, .614 e5e800, "
    ".744 790000, .87 d82f2f, 1 fcf8f7",
    "arctic": "0 000060, .25 0000ff, .5 00d0ff, .6 80e0d0, .75 e0a000, .9 ffd860, 1 ffffff",
    "lava": "0 001018, .15 003048, .3 402060, .45 a01030, .6 e02800, .75 ff8000, .9 ffd800, 1 ffffff",
    # Matplotlib's, as its documentation defines them.
    "hot": "0 0b0000, .365079 ff0000, .746032 ffff00, 1 ffffff",
    "afmhot": "0 000000, .25 800000, .5 ff8000, .75 ffff80, 1 ffffff",
    "gist_heat": "0 000000, .5 bf0000, .666667 ff5500, .75 ff8000, 1 ffffff",
    "gnuplot2": "0 000000, .25 0000ff, .42 8700ff, .57 ff4db2, .92 ffff00, 1 ffffff",
    "CMRmap": "0 000000, .125 262680, .25 4d26bf, .375 993380, .5 ff4026, .625 e68000, .75 e6bf1a, "
    ".875 e6e680, 1 ffffff",
}
# OpenCV's; without those that end where they start, whose coldest and hottest are one colour.
_OPENCV = (
    "INFERNO", "JET", "HOT", "MAGMA", "PLASMA", "TURBO", "VIRIDIS", "RAINBOW", "BONE", "PINK", "PARULA",
    "CIVIDIS", "OCEAN", "COOL", "AUTUMN", "WINTER", "SUMMER", "SPRING", "DEEPGREEN",
)  # fmt: skip


@lru_cache(maxsize=1)
def palettes() -> dict[str, Array]:
    """Every palette that is recognised, the likelier first: (256, 3) RGB uint8 by name, from cold to hot."""
    import cv2

    levels = np.arange(256, dtype=np.uint8)[:, None]
    tables: dict[str, Array] = {}
    for name in _OPENCV:
        bgr = cv2.applyColorMap(levels, getattr(cv2, f"COLORMAP_{name}"))
        tables[f"opencv-{name.lower()}"] = np.ascontiguousarray(bgr[:, 0, ::-1])
    tables.update((name, _between(points)) for name, points in _CONTROL_POINTS.items())
    return tables


def palette(name: str) -> Array:
    """One of :func:`palettes`, (256, 3) RGB uint8.

    Raises:
        OptionError: there is none of this name.
    """
    if name not in palettes():
        raise OptionError(f"no palette {name!r}; there are {', '.join(palettes())}")
    return palettes()[name]


def _between(text: str) -> Array:
    at, colours = zip(*(point.split() for point in text.split(", ")), strict=True)
    rgb = np.array([[int(colour[i : i + 2], 16) for i in (0, 2, 4)] for colour in colours])
    shares = np.linspace(0, 1, 256)
    channels = [np.interp(shares, np.array(at, float), rgb[:, c]) for c in range(3)]
    table: Array = np.rint(np.stack(channels, axis=1)).astype(np.uint8)
    return table
