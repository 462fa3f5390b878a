"""Figures 4 to 7 of the paper: source and fused pictures, a column a method, with enlarged regions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.benchmark.output.figures.regions import View
from mgfusion.benchmark.output.figures.shown_pictures import shown
from mgfusion.benchmark.output.figures.style import BOXES, new_figure, style
from mgfusion.benchmark.run.planning import Plan

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMN, _GAP, _TITLE, _LABEL = 1.25, 0.035, 0.22, 0.3  # inches


def grid(plan: Plan, methods: Sequence[Method], views: Sequence[View], ours: str | None = None) -> "Figure":
    """Rows of pictures; below each picture its boxes, enlarged and framed in their colours.

    Args:
        views: one row each, with boxes.
        ours: the method whose title is bold.
    """
    from matplotlib.patches import Rectangle

    names = ["Infrared", "Visible", *(m.name for m in methods)]
    rows = []
    for view in views:
        pair = next(p for p in plan.sets[view.set] if p.name == view.name)
        rows.append((view, shown(plan, methods, pair)))
    heights = [_row_height(view, pictures["Visible"].shape) for view, pictures in rows]
    width = _LABEL + len(names) * (_COLUMN + _GAP)
    height = _TITLE + sum(heights) + _GAP * len(rows)
    with style():
        figure = new_figure(width, height)
        top = height - _TITLE
        for number, ((view, pictures), tall) in enumerate(zip(rows, heights, strict=True)):
            label = f"{view.set}\n{view.name}"
            figure.text(_LABEL / 2 / width, (top - tall / 2) / height, label, rotation=90, ha="center",
                        va="center", fontsize=6.5)  # fmt: skip
            for column, name in enumerate(names):
                left = _LABEL + column * (_COLUMN + _GAP)
                if number == 0:
                    bold = "bold" if name == ours else "normal"
                    figure.text((left + _COLUMN / 2) / width, (height - 0.06) / height, name, ha="center",
                                va="top", fontsize=8.5, fontweight=bold)  # fmt: skip
                if name not in pictures:
                    continue
                picture = pictures[name]
                full = _COLUMN * picture.shape[0] / picture.shape[1]
                axes = figure.add_axes((left / width, (top - full) / height, _COLUMN / width, full / height))
                _show(axes, picture)
                for box, colour in zip(view.boxes, BOXES, strict=False):
                    corner = (box.x - 0.5, box.y - 0.5)
                    axes.add_patch(
                        Rectangle(corner, box.w, box.h, fill=False, edgecolor=colour, linewidth=0.9)
                    )
                _enlarged(figure, picture, view, left, top - full - _GAP, width, height)
            top -= tall + _GAP
    return figure


def _row_height(view: View, shape: tuple[int, ...]) -> float:
    full = _COLUMN * shape[0] / shape[1]
    return full + (_GAP + _zoom_height(view) if view.boxes else 0)


def _zoom_height(view: View) -> float:
    """The enlarged boxes stand side by side and fill the column."""
    each = (_COLUMN - _GAP * (len(view.boxes) - 1)) / len(view.boxes)
    return max(each * box.h / box.w for box in view.boxes)


def _enlarged(
    figure: "Figure", picture: Any, view: View, left: float, top: float, width: float, height: float
) -> None:
    each = (_COLUMN - _GAP * (len(view.boxes) - 1)) / max(1, len(view.boxes))
    for i, (box, colour) in enumerate(zip(view.boxes, BOXES, strict=False)):
        x, tall = left + i * (each + _GAP), each * box.h / box.w
        axes = figure.add_axes((x / width, (top - tall) / height, each / width, tall / height))
        _show(axes, box.cut(picture), colour)


def _show(axes: Any, picture: Any, frame: str | None = None) -> None:
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="lanczos", aspect="auto")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(frame is not None)
        spine.set_color(frame or "none")
        spine.set_linewidth(1.4)
