"""docs/reproduction.md: each number of the paper beside the one measured here, or why there is none."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mgfusion.benchmark.analysis import paper_numbers
from mgfusion.benchmark.analysis.paper_comparison import (
    ABSENT,
    AHEAD,
    BEHIND,
    LEVEL,
    Comparison,
    comparison_table,
)
from mgfusion.benchmark.analysis.score_arrays import Means, Scores
from mgfusion.evaluation.table_formats import Table, to_markdown


@dataclass(frozen=True)
class Facts:
    """What the page says beside the numbers.

    Attributes:
        command: the command that made it.
        model: what stands for the paper's method, in Markdown.
        environment: of the run.
    """

    command: str
    model: str
    environment: str


def reproduction_page(
    facts: Facts,
    scores: Scores,
    comparisons: Sequence[Comparison],
    tables: Sequence[Table],
    peer_checks: Sequence[str] = (),
) -> str:
    """The page, in Markdown.

    Args:
        scores: under the convention that is compared with the paper.
        tables: further tables to include, in order.
        peer_checks: lines on how recomputed means agree with given ones.
    """
    ours = [c for c in comparisons if c.row.method == paper_numbers.OURS and c.row.table != 4]
    ablation = [c for c in comparisons if c.row.table == 4]
    others = [c for c in comparisons if c.row.table != 4 and c.row.method != paper_numbers.OURS]
    parts = [
        _INTRODUCTION.format(command=facts.command),
        "## What was measured\n",
        f"{facts.model}\n\n{_pictures(scores)}\n\n{_convention(scores.convention)}\n\n{facts.environment}\n",
        f"## Tables 1 to 3: the paper's own method\n\n{_summary(ours)}\n",
        _table(ours, "reproduction-ours", "The paper's MGFusion and ours"),
        f"## Table 4: the ablation\n\n{_summary(ablation)}\n\n{_ablation_reasons(ablation)}".rstrip() + "\n",
        _table(ablation, "reproduction-ablation", "The paper's ablation and ours"),
        f"## Tables 1 to 3: the paper's other methods\n\n{_others(others)}\n",
        _table(
            others, "reproduction-others", "The paper's rows of other methods, and the same networks here"
        ),
        _FIGURES,
    ]
    parts += [f"{to_markdown(table)}" for table in tables]
    if peer_checks:
        parts.append("## Check: means that somebody else measured on the same pictures\n")
        parts.append("\n".join(f"* {line}" for line in peer_checks) + "\n")
    return "\n".join(part for part in parts if part).rstrip() + "\n"


_INTRODUCTION = """\
# Reproduction of the paper's numbers

This page is generated; do not edit it. The command:

```
{command}
```

The paper is MGFusion (Front. Neurorobot. 18:1521603, 2024). Each of its numbers is one of:

* **within noise**: the paper's mean lies inside the 95 % interval of the mean here (bootstrap over pictures),
  whichever of the two is better;
* **ahead**: it lies outside, and the mean here is the better one;
* **behind**: it lies outside, and the mean here is the worse one;
* **not measured**, with the reason.

No number can be reproduced exactly: the paper drew its test pictures at random and does not say which. Means
over other pictures of the same data sets are all that can be compared.

Test scores guided the settings: those of earlier models or training phases were known when the losses and the
weights of later ones were chosen (the model cards say what is true of each). So the scores here are not
those of models that never saw them.
"""

_PAPER_CONVENTION = """\
Scores follow the `paper` convention, the definitions that best explain the paper's tables (VIF as the mean
over both sources in 8-bit arithmetic, SCD with clipped differences; see [metrics](metrics.md)). Pictures are
8-bit luminance."""

_FIGURES = """\
## Figures 4 to 7

The command draws them (`figures/grid-*.png` and `.pdf` in its output). They show pictures of the data sets,
which may not be passed on, so they are no part of this page.
"""

_SAME_NETWORKS = """
These rows are the same networks with the same weights as the paper's, so they tell how far the choice of
pictures alone moves a mean."""


def _convention(name: str) -> str:
    if name == "paper":
        return _PAPER_CONVENTION
    return (
        f"Scores follow the `{name}` convention, which is not the one that best explains the paper's "
        "tables (that is `paper`; see [metrics](metrics.md)): numbers here and there may differ by "
        "the definition alone. Pictures are 8-bit luminance."
    )


def _pictures(scores: Scores) -> str:
    lines = [
        "| Data set | pairs here | pairs in the paper |",
        "|---|---:|---:|",
        *(
            f"| {name} | {len(p)} | {paper_numbers.PICTURES.get(name, '–')} |"
            for name, p in scores.pictures.items()
        ),
    ]
    missing = [name for name in paper_numbers.PICTURES if name not in scores.pictures]
    if missing:
        lines.append(f"\nNot measured, because no pictures were given: {', '.join(missing)}.")
    return "\n".join(lines)


def _summary(comparisons: Sequence[Comparison]) -> str:
    count = Counter(c.verdict for c in comparisons)
    parts = [f"{count[v]} {v}" for v in (AHEAD, LEVEL, BEHIND, ABSENT) if count[v]]
    return f"Of {len(comparisons)} numbers: {', '.join(parts)}."


def _table(comparisons: Sequence[Comparison], key: str, title: str) -> str:
    measured = [c for c in comparisons if c.verdict != ABSENT]
    return to_markdown(comparison_table(measured, key, title)) if measured else ""


def _ablation_reasons(comparisons: Sequence[Comparison]) -> str:
    absent = dict.fromkeys(c.row.method for c in comparisons if c.verdict == ABSENT)
    return "".join(
        f"* {row}: not measured: no model of this kind, or no {paper_numbers.ABLATION_SET}, was given.\n"
        for row in absent
    )


def _others(comparisons: Sequence[Comparison]) -> str:
    lines = []
    for method in dict.fromkeys(c.row.method for c in comparisons):
        rows = [c for c in comparisons if c.row.method == method]
        sets = list(dict.fromkeys(c.row.set for c in rows if c.verdict != ABSENT))
        absent = list(dict.fromkeys(c.row.set for c in rows if c.verdict == ABSENT))
        if sets:
            lines.append(f"* {method}: results of its own code and weights scored on {', '.join(sets)}.")
        if absent:
            lines.append(f"* {method}: not measured on {', '.join(absent)}: no results of its were given.")
    if any(c.verdict != ABSENT for c in comparisons):
        lines.append(_SAME_NETWORKS)
    return "\n".join(lines)


def peer_checks(all_scores: Sequence[Scores], means: Means) -> list[str]:
    """How far recomputed means are from given ones: the largest difference for a convention and method."""
    lines = []
    for scores in all_scores:
        for method in scores.methods:
            worst, numbers = 0.0, 0
            for set_name in scores.pictures:
                given = means.get((scores.convention, set_name, method))
                if given is None or method not in scores.complete(set_name):
                    continue
                if given["n"] != len(scores.pictures[set_name]):
                    continue
                own = scores.means(set_name)[scores.methods.index(method)]
                differences = [abs(own[k] - given[m]) for k, m in enumerate(scores.metrics) if m in given]
                numbers += len(differences)
                worst = max(worst, float(np.max(differences, initial=0)))
            if numbers:
                lines.append(
                    f"{method}, {scores.convention} convention: {numbers} means, largest difference "
                    f"{worst:.6f}"
                )
    return lines
