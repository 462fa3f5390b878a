"""From what was typed to a plan: data sets, methods, metrics, and an output folder that hurts nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mgfusion.benchmark.methods.classical import CLASSICAL
from mgfusion.benchmark.methods.method_specs import Method, ablations, parse_method, peers, unique
from mgfusion.benchmark.methods.openers import covers
from mgfusion.benchmark.methods.test_sets import find_sets
from mgfusion.benchmark.run.score_file import ScoreFile
from mgfusion.data.layouts import Layout
from mgfusion.data.pairs import Pair
from mgfusion.errors import BenchmarkError
from mgfusion.metrics import select

Progress = Callable[[int, int, str], None]
"""Called with (done, of how many, the failure or an empty string)."""


@dataclass(frozen=True)
class Plan:
    """What to compare, and where the results go.

    Attributes:
        out: holds ``<method>/<set>/<name>.png``, ``scores-<convention>.csv``, ``times.csv`` and all reports.
        metrics: convention -> metrics.
        workers: processes; 0 for none but this one.
    """

    sets: dict[str, tuple[Pair, ...]]
    methods: tuple[Method, ...]
    out: Path
    metrics: dict[str, tuple[str, ...]]
    workers: int = 1

    def picture(self, method: Method, pair: Pair) -> Path:
        """Where the fused picture of a pair lies."""
        return self.out / method.name / pair.source / f"{pair.name}.png"

    def pairs(self) -> list[tuple[Method, Pair]]:
        """Each method with each pair that it covers."""
        return [
            (method, pair)
            for method in self.methods
            for name, pairs in self.sets.items()
            if covers(method, name)
            for pair in pairs
        ]


@dataclass
class Run:
    """What a run has: scores by convention, times, and one line for each failure."""

    plan: Plan
    scores: dict[str, ScoreFile]
    times: ScoreFile
    failures: list[str] = field(default_factory=list)


def chosen_metrics(conventions: Sequence[str], metrics: Sequence[str] | None) -> dict[str, tuple[str, ...]]:
    """Metrics by convention: the paper's six and hot targets, or those of ``metrics`` that it defines.

    What weighs one of them in a mean over pictures comes along.

    Raises:
        OptionError: an unknown convention or metric, or a metric that none of the conventions defines.
    """
    from mgfusion.metrics import CONVENTIONS, HOT_TARGET_METRICS, PAPER_METRICS, metric_name, with_weights

    wanted = tuple(map(metric_name, metrics or (*PAPER_METRICS, *HOT_TARGET_METRICS)))
    chosen = {}
    for convention in conventions:
        defined = select(None, convention)
        chosen[convention] = tuple(with_weights(name for name in wanted if name in defined))
    for name in wanted:
        if not any(name in names for names in chosen.values()):
            select([name], conventions[0])  # says what is wrong
    return {convention: names for convention, names in chosen.items() if names and convention in CONVENTIONS}


def make_plan(
    data: Iterable[Path],
    out: Path,
    methods: Sequence[str] = (),
    peer_folders: Iterable[Path] = (),
    ablation: Iterable[Path] = (),
    conventions: Sequence[str] = ("standard", "paper"),
    metrics: Sequence[str] | None = None,
    workers: int = 1,
    limit: int | None = None,
    layout: Layout | None = None,
) -> Plan:
    """What to run.

    Args:
        data: see :func:`mgfusion.benchmark.methods.test_sets.find_sets`.
        methods: see :func:`mgfusion.benchmark.methods.method_specs.parse_method`; where none is given, all
            classical ones and all packaged models.
        peer_folders: folders of folders of results.
        ablation: folders of ablated models or their results.
        limit: use the first pairs of each set alone, for a quick look.
        layout: how data sets of your own lie there, see :class:`mgfusion.data.layouts.Layout`.

    Raises:
        BenchmarkError: something that is not there or cannot be used; the message says what would work.
        OptionError: an unknown metric or convention.
    """
    sets = find_sets(data, layout)
    if limit is not None:
        sets = {name: pairs[:limit] for name, pairs in sets.items()}
    chosen = [parse_method(spec) for spec in (methods or _default_methods())]
    chosen += [method for folder in peer_folders for method in peers(folder)]
    chosen += [method for folder in ablation for method in ablations(folder)]
    plan = Plan(sets, tuple(_absolute(unique(chosen))), out, chosen_metrics(conventions, metrics), workers)
    _check_output(plan)
    return plan


def _default_methods() -> list[str]:
    from mgfusion.models import available_models

    return [*CLASSICAL, *available_models()]


def _absolute(methods: list[Method]) -> list[Method]:
    """Absolute sources, so that worker processes and later runs mean the same files."""
    return [
        replace(m, source=str(Path(m.source).resolve()))
        if m.kind in ("folder", "onnx", "torchscript") or (m.kind == "model" and Path(m.source).is_dir())
        else m
        for m in methods
    ]


def _check_output(plan: Plan) -> None:
    """Nothing that is read may lie where the run writes, and removes what is out of date."""
    out = plan.out.resolve()
    if out.exists() and not out.is_dir():
        raise BenchmarkError(f"{plan.out}: is a file; give a folder")
    sources = [Path(m.source) for m in plan.methods if m.kind == "folder"]
    sources += [pair.ir.resolve() for pairs in plan.sets.values() for pair in pairs[:1]]
    for source in sources:
        if source.is_relative_to(out):
            raise BenchmarkError(
                f"{plan.out}: holds {source}, which is an input; give --output another folder"
            )
