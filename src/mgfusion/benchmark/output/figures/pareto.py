"""Cost against quality: which methods nothing cheaper beats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mgfusion.benchmark.output.figures.style import OTHER, OURS, PUBLISHED, new_figure, plain_log_axis, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HOLLOW = ("o", "s", "D", "^", "v")
"""A marker for each kind of thing that was measured elsewhere."""


@dataclass(frozen=True)
class Quality:
    """One panel: its axis title, the value of each method, whether higher is better."""

    title: str
    values: Mapping[str, float]
    higher: bool


def frontier(points: Mapping[str, tuple[float, float]], higher: bool) -> list[str]:
    """The methods, cheapest first, that no method beats in quality without costing more.

    Args:
        points: method -> (cost, quality).
    """
    best, names = -np.inf, []
    sign = 1 if higher else -1
    for name in sorted(points, key=lambda n: (points[n][0], -sign * points[n][1])):
        if sign * points[name][1] > best:
            best = sign * points[name][1]
            names.append(name)
    return names


def pareto(
    units: Mapping[str, float],
    qualities: Sequence[Quality],
    published: Mapping[str, str],
    ours: Sequence[str],
) -> "Figure":
    """A panel a quality: the cost of one 640 x 480 pair in units (logarithmic) across, quality upwards.

    Args:
        units: method -> units, see :class:`mgfusion.benchmark.run.method_cost.Cost`; methods without a
            positive number are left out.
        published: methods that were measured elsewhere, drawn hollow -> what was measured, for the legend.
    """
    kinds = list(dict.fromkeys(published.values()))
    markers = {name: _HOLLOW[kinds.index(what) % len(_HOLLOW)] for name, what in published.items()}
    drawn: set[str] = set()
    with style():
        figure = new_figure(4.6 * len(qualities), 4.1)
        panels = np.atleast_1d(figure.subplots(1, len(qualities))).ravel()
        for panel, quality in zip(panels, qualities, strict=True):
            points = {
                name: (units[name], value)
                for name, value in quality.values.items()
                if units.get(name, np.nan) > 0 and not np.isnan(value)
            }
            drawn.update(points)
            _panel(panel, points, quality, markers, ours)
        lines = _legend(figure, {n: m for n, m in markers.items() if n in drawn}, published)
        figure.tight_layout(rect=(0, (0.02 + 0.17 * lines) / 4.1, 1, 1))
        for panel in panels:
            plain_log_axis(panel.xaxis)
            _label(figure, panel)
    return figure


def _legend(figure: "Figure", markers: Mapping[str, str], published: Mapping[str, str]) -> int:
    """What filled and hollow markers mean, below the panels; gives the number of lines."""
    from matplotlib.lines import Line2D

    def handle(marker: str, face: str, edge: str, label: str) -> Line2D:
        return Line2D([], [], linestyle="", marker=marker, mfc=face, mec=edge, markersize=5, label=label)

    handles = [handle("o", OTHER, OTHER, "measured here: files to fused luminance, conversions included")]
    for marker in dict.fromkeys(markers.values()):
        what = next(published[name] for name, own in markers.items() if own == marker) or "not said what"
        label = f"published networks, measured in the same unit elsewhere: {what}"
        handles.append(handle(marker, "white", PUBLISHED, label))
    figure.legend(handles=handles, loc="lower center", frameon=False, fontsize=7, labelspacing=0.3)
    return len(handles)


def _panel(
    panel: Any,
    points: Mapping[str, tuple[float, float]],
    quality: Quality,
    hollow: Mapping[str, str],
    ours: Sequence[str],
) -> None:
    panel.set_xscale("log")
    front = frontier(points, quality.higher)
    if front:
        xs, ys = zip(*(points[name] for name in front), strict=True)
        right = max(x for x, _ in points.values()) * 1.6
        panel.step([*xs, right], [*ys, ys[-1]], where="post", color="#999999", linewidth=0.9, zorder=1)
    for name, (x, y) in points.items():
        colour = OURS if name in ours else PUBLISHED if name in hollow else OTHER
        face = "white" if name in hollow else colour
        size = 46 if name in ours else 24
        look = {"s": size, "facecolor": face, "edgecolor": colour, "linewidth": 1.1, "zorder": 3}
        panel.scatter([x], [y], marker=hollow.get(name, "o"), label=name, **look)
    if not quality.higher:
        panel.invert_yaxis()
    panel.margins(0.12, 0.1)
    panel.set_xlabel("cost of one 640×480 pair, in products of two 2048×2048 matrices")
    panel.set_ylabel(quality.title)
    panel.grid(True, which="major")
    panel.set_axisbelow(True)


def _label(figure: "Figure", panel: Any) -> None:
    """Names beside the points, where they hide least of each other and of the points."""
    from matplotlib.patheffects import withStroke
    from matplotlib.transforms import Bbox

    halo = withStroke(linewidth=2, foreground="white")

    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    frame = panel.get_window_extent(renderer)
    spots = [s for s in panel.collections if s.get_label() and not s.get_label().startswith("_")]
    at = {s.get_label(): panel.transData.transform(s.get_offsets()[0]) for s in spots}
    taken = [Bbox.from_extents(x - 4, y - 4, x + 4, y + 4) for x, y in at.values()]
    places = [(6, 2, "left"), (-6, 2, "right"), (6, -8, "left"), (-6, -8, "right"), (0, 7, "center")]
    places += [(0, -12, "center"), (7, 12, "left"), (7, -18, "left"), (-7, 12, "right")]
    for spot in spots:
        name = spot.get_label()
        colour = spot.get_edgecolor()[0]
        best, least = None, np.inf
        for dx, dy, side in places:
            text = panel.annotate(
                name,
                spot.get_offsets()[0],
                (dx, dy),
                textcoords="offset points",
                ha=side,
                fontsize=7,
                color=colour,
                annotation_clip=False,
                path_effects=[halo],
            )
            box = text.get_window_extent(renderer)
            hidden = sum(_shared(box, other) for other in taken)
            outside = box.width * box.height - _shared(box, frame)
            nearest = min(at, key=lambda other: _distance(box, at[other]))
            cost = hidden + 3 * outside + (100 if nearest != name else 0)
            if cost < least:
                if best is not None:
                    best.remove()
                best, least = text, cost
            else:
                text.remove()
        if best is not None:
            taken.append(best.get_window_extent(renderer))


def _shared(a: Any, b: Any) -> float:
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    return float(max(0.0, width) * max(0.0, height))


def _distance(box: Any, point: Any) -> float:
    x, y = point
    return float(np.hypot(max(box.x0 - x, 0, x - box.x1), max(box.y0 - y, 0, y - box.y1)))
