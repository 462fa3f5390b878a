"""The whole benchmark: runs, tables, figures, the report, and the reproduction page."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mgfusion.benchmark.analysis.paper_comparison import Comparison, compare, comparison_table
from mgfusion.benchmark.analysis.published_costs import read_published_costs
from mgfusion.benchmark.analysis.resampling import Ranking
from mgfusion.benchmark.analysis.score_arrays import Scores, collect, read_means
from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.benchmark.output import paper_tables as tables
from mgfusion.benchmark.output.drawing import draw
from mgfusion.benchmark.output.figures.regions import View
from mgfusion.benchmark.output.figures.shown_pictures import pick_views, shown
from mgfusion.benchmark.output.html_page import Report, Scene, write_report
from mgfusion.benchmark.output.reproduction_page import Facts, peer_checks, reproduction_page
from mgfusion.benchmark.run.machine import environment
from mgfusion.benchmark.run.method_cost import Cost, measure
from mgfusion.benchmark.run.planning import Plan, Progress, Run
from mgfusion.benchmark.run.runner import run
from mgfusion.errors import BenchmarkError, MissingExtraError
from mgfusion.evaluation.table_formats import Table, to_csv, to_latex, to_markdown
from mgfusion.files import write_whole

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What to make besides the scores.

    Attributes:
        means: a CSV of means that others measured on the same pictures.
        views: pictures for the grids; the others are picked where methods disagree most.
        figures: whether to draw, and to write the report.
        costs: whether to measure the cost of each method.
        published_costs: a CSV of what methods whose pictures or means are given cost, in the same unit.
        scenes: pictures a set in the report's viewer.
        reproduction: where the reproduction page goes; nowhere if None.
        command: the command as typed, for that page.
    """

    means: Path | None = None
    views: tuple[View, ...] = ()
    figures: bool = True
    costs: bool = True
    published_costs: Path | None = None
    scenes: int = 2
    reproduction: Path | None = None
    command: str = "mgfusion benchmark"


@dataclass
class Summary:
    """What came of it: a table for the terminal, paths of what was written, a line for each failure."""

    table: Table | None = None
    written: list[Path] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def benchmark(
    plan: Plan, options: Options, progress: Progress | None = None, say: Say | None = None
) -> Summary:
    """Run what is missing, then write everything to ``plan.out``.

    Args:
        progress: called after each picture.
        say: called with the name of each step that takes seconds.

    Raises:
        BenchmarkError: a view that is not there, or an unreadable file of means or costs.
        MissingExtraError: a package that figures or a method need is not installed; said before the work.
    """
    say = say or (lambda _: None)
    for view in options.views:
        if view.name not in [pair.name for pair in plan.sets.get(view.set, ())]:
            raise BenchmarkError(f"{view.set}/{view.name}: no such pair; sets: {', '.join(plan.sets)}")
    means = read_means(options.means) if options.means else {}
    elsewhere = read_published_costs(options.published_costs) if options.published_costs else {}
    _check_extras(plan, options)
    result = run(plan, progress)
    summary = Summary(failures=list(result.failures))
    machine = environment(plan.workers)
    write_whole(plan.out / "environment.json", json.dumps(machine, indent=2) + "\n", overwrite=True)
    costs: dict[str, Cost] = {}
    if options.costs:
        say("measuring costs")
        costs = measure(plan.methods, plan.out / "costs.json")
        run_here = {m.name for m in plan.methods if m.kind != "folder"}
        compared = {m.name for m in plan.methods} | {name for _, _, name in means}
        elsewhere = {n: cost for n, cost in elsewhere.items() if n in compared - run_here}
        costs |= {name: Cost(units=cost.units, note=cost.what) for name, cost in elsewhere.items()}
    say("tables")
    ours = tuple(m.name for m in plan.methods if m.kind == "model" and not m.ablation)
    names = tuple(m.name for m in plan.methods if not m.ablation)
    ablated = tuple(m.name for m in plan.methods if m.ablation)
    sections: list[tuple[str, list[Table | tuple[Path, str] | str]]] = []
    rankings: dict[str, Ranking] = {}
    all_scores = {c: collect(result, c, names) for c in plan.metrics}
    for convention, scores in all_scores.items():
        made = _ranks(scores)
        rankings |= {convention: made[0][1]} if made else {}
        parts: list[Table | tuple[Path, str] | str] = [table for table, _ in made]
        sections.append((f"Ranks, {convention}", parts))
        found = tables.comparison_tables(scores, means)
        if ablated:
            both = collect(result, convention, (*ablated, *ours[:1]))
            found.append(tables.ablation_table(both, ours[0] if ours else None))
        sections.append((f"Means, {convention}", list(found)))
    comparisons = _against_paper(result, names, ablated, ours)
    if any(c.method for c in comparisons):
        convention = next((c for c in all_scores if c == "paper"), next(iter(all_scores)))
        title = (
            f"Numbers of the paper and of this run ({convention} convention, other pictures of the same data "
            "sets)"
        )
        sections.append(("Beside the paper", [comparison_table(comparisons, "paper", title)]))
    if costs:
        sections.append(("Costs", [tables.cost_table(costs)]))
    every = [part for _, parts in sections for part in parts if isinstance(part, Table)]
    for table in every:
        summary.written += _write_table(plan.out / "tables", table)
    summary.table = next(iter(every), None)
    if options.figures and all_scores:
        say("figures")
        published = {name: cost.what for name, cost in elsewhere.items()}
        sections += draw(plan, all_scores, means, costs, published, rankings, ours, options.views)
        say("report")
        report = Report(
            "Infrared and visible image fusion: benchmark",
            f"{len(names)} methods on {', '.join(f'{s} ({len(p)})' for s, p in plan.sets.items())}",
            _scenes(plan, options),
            sections,
            ours,
            {**machine, "failures": summary.failures},
        )
        summary.written.insert(0, write_report(report, plan.out / "report.html"))
    if options.reproduction:
        facts = _facts(plan, options, ours, machine)
        scores = all_scores.get("paper") or next(iter(all_scores.values()))
        kept = [table for table in every if not re.match(r"ranks-\w+-|paper$", table.key)]
        checks = peer_checks(list(all_scores.values()), means)
        page = reproduction_page(facts, scores, comparisons, kept, checks)
        summary.written.append(write_whole(options.reproduction, page, overwrite=True))
    return summary


def _ranks(scores: Scores) -> list[tuple[Table, Ranking]]:
    """Over all sets first, then each set alone, where more methods may take part."""
    sets = tuple(scores.pictures)
    groups = [(sets, f"ranks-{scores.convention}")]
    if len(sets) > 1:
        groups += [((name,), f"ranks-{scores.convention}-{name}") for name in sets]
    found = [tables.rank_table(scores, group, key) for group, key in groups]
    return [pair for pair in found if pair]


def _against_paper(
    result: Run, names: tuple[str, ...], ablated: tuple[str, ...], ours: tuple[str, ...]
) -> list[Comparison]:
    convention = "paper" if "paper" in result.scores else next(iter(result.scores))
    return compare(collect(result, convention, (*names, *ablated)), ours[0] if ours else None)


def _scenes(plan: Plan, options: Options) -> list[Scene]:
    methods = [m for m in plan.methods if not m.ablation]
    scenes = []
    for name, pairs in plan.sets.items():
        given = [view for view in options.views if view.set == name]
        views = (given + pick_views(plan, methods, name, options.scenes))[: max(options.scenes, len(given))]
        for view in dict.fromkeys((v.set, v.name) for v in views):
            pair = next(p for p in pairs if p.name == view[1])
            scenes.append(Scene(f"{name} {pair.name}", shown(plan, methods, pair)))
    return scenes


def _facts(plan: Plan, options: Options, ours: tuple[str, ...], machine: dict[str, Any]) -> Facts:
    method = next((m for m in plan.methods if m.name in ours), None)
    versions = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    where = (
        f"{machine['processor']}, {machine['cores']} cores, {machine['platform']}, Python {machine['python']}"
    )
    return Facts(
        options.command,
        _about(method) if method else "No model of ours took part in this run.",
        f"Measured on {where}, {versions}.",
    )


def _about(method: Method) -> str:
    """What a model's config.json says of itself."""
    from mgfusion.models import model_folder

    folder = model_folder(method.source)
    about = json.loads((folder / "config.json").read_text())
    encoder = str(about["model"].get("encoder", "efficientnet-lite2"))
    guided = about["model"].get("cii", True) or about["model"].get("cff", True)
    lines = [f"`{method.name}` stands for the paper's own method."]
    if not guided:
        lines.append("It has no semantic guidance: neither CII nor CFF.")
    elif not encoder.startswith("clip"):
        lines.append(f"Its frozen encoder is `{encoder}`, not the paper's CLIP.")
    for key in ("training_data", "data", "recipe", "steps", "licence"):
        if key in about and isinstance(about[key], str | int | float | list):
            value = ", ".join(map(str, about[key])) if isinstance(about[key], list) else about[key]
            lines.append(f"{key.replace('_', ' ').capitalize()}: {value}.")
    return " ".join(lines)


def _write_table(folder: Path, table: Table) -> list[Path]:
    return [
        write_whole(folder / f"{table.key}.{suffix}", render(table), overwrite=True)
        for suffix, render in (("csv", to_csv), ("md", to_markdown), ("tex", to_latex))
    ]


def _check_extras(plan: Plan, options: Options) -> None:
    """Before the work: nobody waits an hour to be told what to install."""
    install = "pip install 'mgfusion[benchmark]'"
    if options.figures and find_spec("matplotlib") is None:
        raise MissingExtraError(
            f"figures and the report need matplotlib: {install}, or leave them out with --no-figures"
        )
    onnx = next((m.name for m in plan.methods if m.kind == "onnx"), None)
    if onnx and find_spec("onnxruntime") is None:
        raise MissingExtraError(f"{onnx}: ONNX needs onnxruntime: {install}")
