"""Draw the diagrams of the docs: ``python scripts/diagrams.py``. Plain SVG, no scripts, the reader's fonts.

The network is laid out by hand; the package is drawn from the layers that import-linter holds and from the
rooms' docstrings, so it is what is true today.
"""

import ast
import textwrap
import tomllib
from html import escape
from pathlib import Path

from mgfusion.files import write_whole

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
INK, PALE, LINE = "#22262b", "#ffffff", "#5b6570"
IR, VIS, GUIDE, FUSED, ROOM = "#f6d5c3", "#cfe3f5", "#e3d7f1", "#d9ecd3", "#f2f0ea"


class Drawing:
    """Boxes, arrows and words; the size is given, the order is that of drawing."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'role="img" font-family="Helvetica, Arial, sans-serif" font-size="14" fill="{INK}">',
            f"<title>{escape(title)}</title>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="{LINE}"/></marker></defs>',
            f'<rect width="{width}" height="{height}" rx="10" fill="{PALE}"/>',
        ]

    def box(
        self, x: float, y: float, w: float, h: float, colour: str, *lines: str, bold: bool = True
    ) -> None:
        """A box with lines of words in its middle; the first is bold."""
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="6" fill="{colour}" stroke="{LINE}"/>'
        )
        top = y + h / 2 - 8.5 * (len(lines) - 1) + 5
        for number, line in enumerate(lines):
            self.words(x + w / 2, top + 17 * number, line, "middle", not number, 14 - bool(number))

    def words(
        self, x: float, y: float, text: str, anchor: str = "start", bold: bool = False, size: int = 13
    ) -> None:
        """One line of words."""
        weight = ' font-weight="bold"' if bold else ""
        self.parts.append(
            f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}"{weight}>{escape(text)}</text>'
        )

    def arrow(self, *points: tuple[float, float], dashed: bool = False) -> None:
        """A line through points that ends in a tip."""
        path = " ".join(f"{x},{y}" for x, y in points)
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="1.6" '
            f'marker-end="url(#tip)"{dash}/>'
        )

    def text(self) -> str:
        """The SVG."""
        return "\n".join([*self.parts, "</svg>"]) + "\n"


def network() -> str:
    """The paper's network, from two pictures to one."""
    d = Drawing(940, 348, "The network: two encoders, a frozen image encoder as guide, fusion and decoder")
    d.box(20, 20, 120, 56, IR, "infrared", "one channel")
    d.box(20, 244, 120, 56, VIS, "visible", "luminance")
    d.box(190, 20, 110, 56, IR, "IRE", "features")
    d.box(190, 244, 110, 56, VIS, "VIE", "features")
    d.box(
        20, 120, 280, 80, GUIDE, "frozen image encoder", "sees both pictures whole;", "one embedding of each"
    )
    d.box(355, 20, 165, 56, IR, "CII", "features + W·semantics")
    d.box(355, 244, 165, 56, VIS, "CII", "features + W·semantics")
    d.box(355, 128, 165, 64, GUIDE, "adapters", "embeddings to channels")
    d.box(570, 120, 140, 80, FUSED, "CFF", "channels and places", "weighed, joined")
    d.box(750, 130, 70, 60, FUSED, "FD", "decoder")
    d.box(845, 130, 80, 60, FUSED, "fused", "luminance")
    d.arrow((140, 48), (190, 48))
    d.arrow((140, 272), (190, 272))
    d.arrow((80, 76), (80, 120))
    d.arrow((80, 244), (80, 200))
    d.arrow((300, 48), (355, 48))
    d.arrow((300, 272), (355, 272))
    d.arrow((300, 160), (355, 160))
    d.arrow((437, 128), (437, 76))
    d.arrow((437, 192), (437, 244))
    d.arrow((520, 160), (570, 160))
    d.arrow((520, 48), (640, 48), (640, 120))
    d.arrow((520, 272), (640, 272), (640, 200))
    d.arrow((710, 160), (750, 160))
    d.arrow((820, 160), (845, 160))
    d.words(445, 106, "eq. 1, 2")
    d.words(445, 222, "eq. 1, 2")
    d.words(528, 152, "eq. 3")
    d.box(740, 244, 185, 56, VIS, "colour", "the visible picture's")
    d.arrow((140, 286), (160, 286), (160, 326), (832, 326), (832, 300), dashed=True)
    d.arrow((885, 244), (885, 190), dashed=True)
    return d.text()


def package() -> str:
    """The rooms of ``src/mgfusion``, the higher ones importing the lower."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = [
        [name.strip().removeprefix("mgfusion.") for name in layer.split("|")]
        for layer in linter["contracts"][0]["layers"]
    ]
    width, gap = 940, 16
    heights = [{1: 50, 2: 68, 3: 68}.get(len(rooms), 86) for rooms in layers]
    d = Drawing(width, sum(heights) + gap * len(layers) + 34, "The rooms of the package, by their imports")
    y = 14
    for rooms, height in zip(layers, heights, strict=True):
        w = (width - 60 - 10 * (len(rooms) - 1)) / len(rooms)
        for place, room in enumerate(rooms):
            lines = textwrap.wrap(_first_sentence(room), int(w / 6.4), max_lines=3, placeholder=" ...")
            d.box(30 + place * (w + 10), y, w, height, ROOM, room, *lines)
        y += height + gap
        if rooms is not layers[-1]:
            d.arrow((width / 2, y - gap), (width / 2, y))
    d.words(width / 2, y + 8, "imports run downwards only", "middle")
    return d.text()


def _first_sentence(room: str) -> str:
    """What a room or file says of itself."""
    folder = ROOT / "src" / "mgfusion" / room
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(said.split("\n\n")[0].split()).partition(". ")[0].rstrip(".").replace("``", "")


def main() -> None:
    for name, draw in (("network", network), ("package", package)):
        write_whole(IMAGES / f"{name}.svg", draw(), overwrite=True)


if __name__ == "__main__":
    main()
