"""The paper's tables from a run's scores, the rank table, and the table of costs."""

from collections.abc import Mapping, Sequence

import numpy as np

from mgfusion.benchmark.analysis import paper_numbers
from mgfusion.benchmark.analysis.resampling import Ranking, paired_difference, rank
from mgfusion.benchmark.analysis.score_arrays import Means, Scores
from mgfusion.benchmark.run.method_cost import Cost
from mgfusion.evaluation.metric_columns import metric_columns
from mgfusion.evaluation.table_formats import Cell, Column, Table
from mgfusion.metrics import METRICS

PAPER_TABLES = (("table1", ("LLVIP", "M3FD")), ("table2", ("MSRS", "RoadScene")), ("table3", ("TNO",)))


def grouped_sets(names: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """The sets as the paper's tables pair them, then any others, one table each."""
    groups = [(key, tuple(s for s in sets if s in names)) for key, sets in PAPER_TABLES]
    known = {s for _, sets in PAPER_TABLES for s in sets}
    groups += [(f"table-{name}", (name,)) for name in names if name not in known]
    return [(key, sets) for key, sets in groups if sets]


def comparison_tables(scores: Scores, means: Means) -> list[Table]:
    """Tables 1 to 3: each method's means on each set, the best three marked.

    ``means`` adds rows of methods whose pictures are not here; such a row says so.
    """
    tables = []
    for key, sets in grouped_sets(list(scores.pictures)):
        rows, notes = _rows(scores, sets, means)
        notes += weighed_notes(scores, sets)
        counts = ", ".join(f"{s} {len(scores.pictures[s])}" for s in sets)
        title = f"Means on {' and '.join(sets)} ({counts} pairs; {scores.convention} convention)"
        columns = [Column("Method")] + [c for s in sets for c in metric_columns(scores.metrics, s)]
        tables.append(
            Table(f"{key}-{scores.convention}", title, tuple(columns), marked(rows, columns), tuple(notes))
        )
    return tables


def weighed_notes(scores: Scores, sets: Sequence[str]) -> list[str]:
    """What means are over where they are not over pictures, and over how many."""
    notes = []
    for weight in dict.fromkeys(METRICS[name].weight or "" for name in scores.weights):
        weighed = [name for name in scores.weights if METRICS[name].weight == weight]
        by_set = scores.weights[weighed[0]]
        # the most of any method: one that lacks pictures has fewer
        counts = [f"{s} {np.nansum(by_set[s], axis=0).max(initial=0):.0f}" for s in sets]
        notes.append(f"{', '.join(weighed)}: means over {METRICS[weight].title} ({', '.join(counts)}).")
    return notes


def _rows(scores: Scores, sets: Sequence[str], means: Means) -> tuple[list[list[Cell]], list[str]]:
    rows, notes = [], []
    by_set = {s: scores.means(s) for s in sets}
    for i, method in enumerate(scores.methods):
        if not any(scores.count(s, method) for s in sets):
            continue
        short = [s for s in sets if 0 < scores.count(s, method) < len(scores.pictures[s])]
        if short:
            missing = ", ".join(
                f"{scores.count(s, method)} of {len(scores.pictures[s])} on {s}" for s in short
            )
            notes.append(f"{method}: scored on {missing} only.")
        rows.append([Cell(method), *(Cell(float(v)) for s in sets for v in by_set[s][i])])
    for method in dict.fromkeys(m for c, s, m in means if c == scores.convention and s in sets):
        if method in scores.methods and all(scores.count(s, method) for s in sets):
            continue
        cells = []
        for s in sets:
            here = method in scores.methods and scores.count(s, method)
            entry = {} if here else means.get((scores.convention, s, method), {})
            if entry and entry["n"] != len(scores.pictures[s]):
                entry = {}  # means over other pictures do not belong beside these
            own = by_set[s][scores.methods.index(method)] if here else [np.nan] * len(scores.metrics)
            cells += [Cell(entry.get(m, float(v))) for m, v in zip(scores.metrics, own, strict=True)]
        if any(not np.isnan(c.value) for c in cells if not isinstance(c.value, str)):
            rows = [row for row in rows if row[0].value != method]
            rows.append([Cell(f"{method} †"), *cells])
    if any(str(row[0].value).endswith("†") for row in rows):
        notes.append("† in part or all from given means over the same pictures, not scored here.")
    return rows, notes


def marked(rows: list[list[Cell]], columns: Sequence[Column]) -> tuple[tuple[Cell, ...], ...]:
    """The same rows, the best three values (as printed) of each column with a direction marked 1, 2, 3."""
    out = [list(row) for row in rows]
    for i, column in enumerate(columns):
        if not column.better:
            continue
        values = {row[i].text(column): row[i].value for row in rows if isinstance(row[i].value, float)}
        numbers = {t: float(v) for t, v in values.items() if not np.isnan(float(v))}
        order = sorted(numbers, key=lambda t: numbers[t], reverse=column.better == "higher")
        for row in out:
            text = row[i].text(column)
            if text in order[:3] and len(rows) > 1:
                row[i] = Cell(row[i].value, order.index(text) + 1)
    return tuple(tuple(row) for row in out)


def ablation_table(scores: Scores, ours: str | None) -> Table:
    """Table 4: without CII, without CFF, without both; on MSRS, or on the first set where it is not there."""
    set_name = (
        paper_numbers.ABLATION_SET
        if paper_numbers.ABLATION_SET in scores.pictures
        else next(iter(scores.pictures))
    )
    columns = [Column("Method"), *metric_columns(scores.metrics)]
    titles = {paper_numbers.ablation_row(m) or m: m for m in scores.methods if m != ours}
    if ours and ours in scores.methods:
        titles.setdefault(paper_numbers.OURS, ours)
    rows, notes = [], []
    means = scores.means(set_name)
    known = list(paper_numbers.ABLATION.values())
    for title in [*known, *(t for t in titles if t not in known)]:
        if title in titles and scores.count(set_name, titles[title]):
            at = scores.methods.index(titles[title])
            name = title if title == titles[title] else f"{title} ({titles[title]})"
            rows.append([Cell(name), *(Cell(float(v)) for v in means[at])])
        elif title in known:
            notes.append(f"{title}: no such model was given (--ablation).")
    notes += weighed_notes(scores, [set_name])
    title = f"Ablation on {set_name} ({len(scores.pictures[set_name])} pairs; {scores.convention} convention)"
    return Table(f"table4-{scores.convention}", title, tuple(columns), marked(rows, columns), tuple(notes))


def rank_table(scores: Scores, sets: tuple[str, ...], key: str) -> tuple[Table, Ranking] | None:
    """Mean ranks over metrics x sets with 95 % intervals, and on how many a method is really behind."""
    ranking = rank(scores, sets)
    if ranking is None:
        return None
    columns = (
        Column("Method"),
        Column("mean rank", "", 2, "lower"),
        Column("95 % interval"),
        Column("behind the best by"),
        Column("told apart from the best"),
        Column("means ahead / level / behind"),
    )
    rows = []
    for i, method in enumerate(ranking.methods):
        low, high = ranking.interval[i]
        behind = "–" if i == 0 else f"{ranking.behind[i][0]:.2f} to {ranking.behind[i][1]:.2f}"
        verdict = "best" if i == 0 else "yes" if ranking.separable(i) else "no"
        won = _paired(scores, sets, method, ranking.methods[0])
        rows.append(
            [
                Cell(method),
                Cell(ranking.mean_rank[i]),
                Cell(f"{low:.2f} to {high:.2f}"),
                Cell(behind),
                Cell(verdict),
                Cell("–" if i == 0 else " / ".join(map(str, won))),
            ]
        )
    undefined = [
        metric
        for k, metric in ((k, scores.metrics[k]) for k in scores.ranked())
        if all(np.isnan(scores.values[name][..., k]).all() for name in sets)
    ]
    title = (
        f"Mean rank over {_counted(len(scores.ranked()) - len(undefined))} on {', '.join(sets)} "
        f"({ranking.pictures} pairs; {scores.convention} convention)"
    )
    left_out = [f"Undefined for every method, so left out: {', '.join(undefined)}."] if undefined else []
    parts = [m for m in scores.metrics if METRICS[m].part_of in scores.metrics]
    once = {m: METRICS[m].part_of for m in parts}
    left_out += [
        f"{', '.join(m for m in parts if once[m] == whole)}: read what {whole} reads, which counts for them."
        for whole in dict.fromkeys(once.values())
    ]
    notes = (
        *left_out,
        "Intervals: paired bootstrap over pictures, 2000 draws, 95 %, not corrected for the number of "
        "comparisons. A "
        "method is told apart from the best where the interval of its distance lies above 0. The last "
        "column counts "
        "metric x set means that are ahead of the best method's, level (their paired interval holds 0), or "
        "behind.",
    )
    folded = len(sets) == 1 < len(scores.pictures)
    return Table(key, title, columns, marked(rows, columns), notes, folded), ranking


def _counted(metrics: int) -> str:
    return f"{metrics} metric{'s' * (metrics != 1)}"


def _paired(scores: Scores, sets: Sequence[str], method: str, best: str) -> tuple[int, int, int]:
    a, b = scores.methods.index(method), scores.methods.index(best)
    ahead = level = behind = 0
    for name in sets:
        values, weights = scores.values[name] * scores.signs(), scores.weights_of(name)
        for k in scores.ranked():
            difference = paired_difference(values[:, a, k], values[:, b, k], weights[:, a, k])
            ahead += difference.low > 0
            behind += difference.high < 0
            level += difference.low <= 0 <= difference.high
    return ahead, level, behind


def cost_table(costs: Mapping[str, Cost]) -> Table:
    """What each method costs on one 640 x 480 pair."""
    columns = (
        Column("Method"),
        Column("units", "", 2),
        Column("network alone, units", "", 2),
        Column("CPU seconds", "", 3),
        Column("wall seconds", "", 3),
        Column("peak MiB", "", 0),
        Column("parameters"),
        Column("GMAC", "", 2),
        Column("note"),
    )
    rows = []
    for name, cost in costs.items():
        count = "–" if np.isnan(cost.parameters) else f"{cost.parameters:,.0f}"
        times = (cost.units, cost.network_units, cost.cpu_seconds, cost.seconds, cost.peak_mib)
        rows.append((Cell(name), *map(Cell, times), Cell(count), Cell(cost.gmacs), Cell(cost.note)))
    notes = (
        "A unit is the CPU time of one 2048x2048 float32 matrix product by PyTorch on one thread of the same "
        "process, so that numbers of different machines can be compared, roughly.",
        "Units, CPU and wall seconds: one 640x480 pair in a fresh process of one thread, from two PNG files "
        "to the fused luminance in memory, reading and conversions included, denormals flushed; the fastest "
        "of five after one to warm up. Network alone: the network and its encoder called on float tensors.",
        "Peak MiB: resident, with Python and libraries. Parameters include the frozen encoder. GMAC: "
        "convolutions and matrix products of the model as trained, encoder included.",
        "Rows with units and a note but without seconds were measured elsewhere in the same unit; the note "
        "says what was measured.",
    )
    return Table("costs", "Cost of one 640x480 pair", columns, tuple(rows), notes)
