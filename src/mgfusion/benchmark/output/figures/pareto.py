"""Speed against quality: which methods nothing faster beats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mgfusion.benchmark.output.figures.style import OTHER, OURS, PUBLISHED, new_figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Quality:
    """One panel: its axis title, the value of each method, whether higher is better."""

    title: str
    values: Mapping[str, float]
    higher: bool


def frontier(points: Mapping[str, tuple[float, float]], higher: bool) -> list[str]:
    """The methods, fastest first, that no method beats in quality without being slower.

    Args:
        points: method -> (seconds, quality).
    """
    best, names = -np.inf, []
    sign = 1 if higher else -1
    for name in sorted(points, key=lambda n: (points[n][0], -sign * points[n][1])):
        if sign * points[name][1] > best:
            best = sign * points[name][1]
            names.append(name)
    return names


def pareto(
    seconds: Mapping[str, float], qualities: Sequence[Quality], published: Sequence[str], ours: Sequence[str]
) -> "Figure":
    """A panel a quality: CPU seconds for one 640 x 480 pair (logarithmic) across, quality upwards.

    Args:
        seconds: method -> CPU seconds; methods without a positive number are left out.
        published: methods whose times are published ones, drawn hollow.
    """
    with style():
        figure = new_figure(4.6 * len(qualities), 3.9)
        panels = np.atleast_1d(figure.subplots(1, len(qualities))).ravel()
        for panel, quality in zip(panels, qualities, strict=True):
            points = {
                name: (seconds[name], value)
                for name, value in quality.values.items()
                if seconds.get(name, np.nan) > 0 and not np.isnan(value)
            }
            _panel(panel, points, quality, published, ours)
        figure.tight_layout(rect=(0, 0.035, 1, 1))
        note = (
            "filled: measured here, one thread;  hollow: published networks, measured elsewhere on two cores"
        )
        figure.text(0.5, 0.012, note, ha="center", va="bottom", fontsize=7, color="#555555")
        for panel in panels:
            _label(figure, panel)
    return figure


def _panel(
    panel: Any,
    points: Mapping[str, tuple[float, float]],
    quality: Quality,
    published: Sequence[str],
    ours: Sequence[str],
) -> None:
    panel.set_xscale("log")
    front = frontier(points, quality.higher)
    if front:
        xs, ys = zip(*(points[name] for name in front), strict=True)
        right = max(x for x, _ in points.values()) * 1.6
        panel.step([*xs, right], [*ys, ys[-1]], where="post", color="#999999", linewidth=0.9, zorder=1)
    for name, (x, y) in points.items():
        colour = OURS if name in ours else PUBLISHED if name in published else OTHER
        face = "white" if name in published else colour
        size = 46 if name in ours else 24
        panel.scatter([x], [y], s=size, facecolor=face, edgecolor=colour, linewidth=1.1, zorder=3, label=name)
    if not quality.higher:
        panel.invert_yaxis()
    panel.margins(0.12, 0.1)
    panel.set_xlabel("CPU seconds for one 640×480 pair")
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
