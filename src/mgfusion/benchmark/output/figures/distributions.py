"""How scores spread over the pictures of a set."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mgfusion.benchmark.analysis.score_arrays import Scores
from mgfusion.benchmark.output.figures.style import OTHER, OURS, TITLES, new_figure, plain_log_axis, style
from mgfusion.evaluation.table_formats import ARROWS
from mgfusion.metrics import METRICS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def distributions(scores: Scores, set_name: str, order: Sequence[str], ours: Sequence[str] = ()) -> "Figure":
    """A panel a metric: for each method, in this order, a box (quartiles, median) and a point a picture."""
    methods = [m for m in order if m in scores.methods and scores.count(set_name, m)]
    columns = min(3, len(scores.metrics))
    lines = -(-len(scores.metrics) // columns)
    with style():
        figure = new_figure(2.6 * columns + 0.8, (0.19 * len(methods) + 0.75) * lines)
        panels = np.atleast_1d(figure.subplots(lines, columns, sharey=True)).ravel()
        for k, (panel, metric) in enumerate(zip(panels, scores.metrics, strict=False)):
            generator = np.random.default_rng(0)
            for i, method in enumerate(methods):
                values = scores.values[set_name][:, scores.methods.index(method), k]
                values = values[~np.isnan(values)]
                if not len(values):
                    continue
                colour = OURS if method in ours else OTHER
                scatter = i + generator.uniform(-0.22, 0.22, len(values))
                panel.scatter(values, scatter, s=3, color=colour, alpha=0.35, linewidths=0, zorder=2)
                panel.boxplot(
                    values,
                    positions=[i],
                    orientation="horizontal",
                    widths=0.55,
                    showfliers=False,
                    patch_artist=True,
                    boxprops={"facecolor": "none", "edgecolor": colour, "linewidth": 0.8},
                    whiskerprops={"color": colour, "linewidth": 0.8},
                    capprops={"color": colour, "linewidth": 0.8},
                    medianprops={"color": colour, "linewidth": 1.8},
                    manage_ticks=False,
                    zorder=3,
                )
            if metric in ("Qcv", "MSE"):
                panel.set_xscale("log")
                plain_log_axis(panel.xaxis)
            panel.set_title(f"{TITLES.get(metric, metric)} {ARROWS[METRICS[metric].better]}")
            panel.grid(axis="x")
            panel.set_axisbelow(True)
            panel.set_yticks(range(len(methods)), methods)
            panel.tick_params(axis="y", length=0)
        for panel in panels[len(scores.metrics) :]:
            panel.set_visible(False)
        panels[0].set_ylim(len(methods) - 0.4, -0.6)
        for panel in panels:
            for label in panel.get_yticklabels():
                if label.get_text() in ours:
                    label.set_fontweight("bold")
        count = len(scores.pictures[set_name])
        pictures = f"{count} picture{'s' * (count != 1)}"
        figure.suptitle(f"{set_name}: {pictures}, {scores.convention} convention", fontsize=10)
        figure.tight_layout(rect=(0, 0, 1, 0.99))
    return figure
