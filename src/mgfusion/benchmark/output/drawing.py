"""All figures of a run, written to ``figures/`` of its output."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mgfusion.benchmark.analysis.resampling import Ranking, metrics_of_means, ranks_of_means
from mgfusion.benchmark.analysis.score_arrays import Means, Scores
from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.benchmark.methods.openers import covers
from mgfusion.benchmark.output.figures.regions import View
from mgfusion.benchmark.output.figures.shown_pictures import pick_views, with_boxes
from mgfusion.benchmark.run.method_cost import Cost
from mgfusion.benchmark.run.planning import Plan
from mgfusion.evaluation.table_formats import Table

MOST_COLUMNS = 7
"""Methods in a grid beside the two sources: more are too small on a page."""

Parts = list[Table | tuple[Path, str] | str]


def draw(
    plan: Plan,
    all_scores: Mapping[str, Scores],
    means: Means,
    costs: Mapping[str, Cost],
    published: Mapping[str, str],
    rankings: Mapping[str, Ranking],
    ours: Sequence[str],
    views: Sequence[View],
) -> list[tuple[str, Parts]]:
    """Draw grids, distributions and, where costs are known, cost against quality.

    Args:
        published: methods whose cost was measured elsewhere -> what was measured.
    """
    convention, scores = next(iter(all_scores.items()))
    order = rankings[convention].methods if convention in rankings else scores.methods
    sections: list[tuple[str, Parts]] = []
    if costs:
        sections.append(("Cost and quality", _pareto(plan.out, scores, means, costs, published, ours)))
    sections.append(("Distributions", _distributions(plan.out, scores, order, ours)))
    sections.append(("Grids", _grids(plan, order, ours, views)))
    return [section for section in sections if section[1]]


def grid_methods(plan: Plan, set_name: str, order: Sequence[str], ours: Sequence[str]) -> list[Method]:
    """Who gets a column: ours, and of the others, published results first, then the best ranked."""
    here = {m.name: m for m in plan.methods if not m.ablation and covers(m, set_name)}
    ranked = [n for n in order if n in here] + [n for n in here if n not in order]
    others = [n for n in ranked if n not in ours]
    others.sort(key=lambda n: here[n].kind == "classical")
    kept = others[: max(0, MOST_COLUMNS - len(ours))]
    return [here[n] for n in (*sorted(kept, key=ranked.index, reverse=True), *(n for n in ours if n in here))]


def _grids(plan: Plan, order: Sequence[str], ours: Sequence[str], views: Sequence[View]) -> Parts:
    from mgfusion.benchmark.output.figures.grids import grid
    from mgfusion.benchmark.output.figures.style import save

    parts: Parts = []
    for name in plan.sets:
        methods = grid_methods(plan, name, order, ours)
        if not methods:
            continue
        rows = [view for view in views if view.set == name] or pick_views(plan, methods, name, 2)
        rows = [with_boxes(plan, methods, view) for view in rows]
        if rows:
            figure = grid(plan, methods, rows, ours[0] if ours else None)
            path = save(figure, plan.out / "figures" / f"grid-{name}", dpi=250)
            how = "chosen by hand" if any(v.set == name for v in views) else "where the methods disagree most"
            parts.append((path, f"{name}: source and fused pictures, regions enlarged ({how})."))
    return parts


def _distributions(out: Path, scores: Scores, order: Sequence[str], ours: Sequence[str]) -> Parts:
    from mgfusion.benchmark.output.figures.distributions import distributions
    from mgfusion.benchmark.output.figures.style import save

    parts: Parts = []
    everyone = [*order, *(m for m in scores.methods if m not in order)]
    for name in scores.pictures:
        figure = distributions(scores, name, everyone, ours)
        path = save(figure, out / "figures" / f"distributions-{name}")
        caption = (
            f"{name}: scores by picture, {scores.convention} convention; boxes show quartiles and median, "
            "whiskers 1.5 of their range."
        )
        parts.append((path, caption))
    return parts


def _pareto(
    out: Path,
    scores: Scores,
    means: Means,
    costs: Mapping[str, Cost],
    published: Mapping[str, str],
    ours: Sequence[str],
) -> Parts:
    from mgfusion.benchmark.output.figures.pareto import Quality, pareto
    from mgfusion.benchmark.output.figures.style import save

    sets = tuple(scores.pictures)
    ranks = ranks_of_means(scores, means, sets)
    units = {name: cost.units for name, cost in costs.items()}
    counted = len(metrics_of_means(scores, means))
    qualities = [Quality(f"mean rank ({counted} metrics, {len(sets)} data sets)", ranks, False)]
    if "Qabf" in scores.metrics:
        at = scores.metrics.index("Qabf")
        values = {}
        for name in ranks:
            own = [_mean(scores, means, s, name, "Qabf", at) for s in sets]
            values[name] = float(np.mean(own))
        qualities.append(Quality(f"$Q_{{AB/F}}$ (mean of {len(sets)} data sets)", values, True))
    if not any(units.get(name, 0) > 0 for name in ranks):
        return []
    path = save(pareto(units, qualities, published, ours), out / "figures" / "pareto")
    caption = (
        f"Cost against quality, {scores.convention} convention; the line joins what nothing cheaper beats. "
        "Cost: CPU time of one 640x480 pair on one thread, in products of two 2048x2048 float32 matrices "
        "on the same thread; the legend says what was measured."
    )
    return [(path, caption)]


def _mean(scores: Scores, means: Means, set_name: str, method: str, metric: str, at: int) -> float:
    if method in scores.complete(set_name):
        return float(scores.means(set_name)[scores.methods.index(method), at])
    return means[scores.convention, set_name, method][metric]
