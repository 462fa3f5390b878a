"""From what was typed to a plan: data sets, methods, metrics, and an output folder that hurts nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from mgfusion.benchmark.datasets import find_sets
from mgfusion.benchmark.errors import BenchmarkError
from mgfusion.benchmark.methods import CLASSICAL
from mgfusion.benchmark.running import Plan, chosen_metrics
from mgfusion.benchmark.specs import Method, ablations, parse_method, peers, unique


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
) -> Plan:
    """What to run.

    Args:
        data: see :func:`mgfusion.benchmark.datasets.find_sets`. methods: see
        :func:`mgfusion.benchmark.specs.parse_method`; where none is given, all classical ones and all
            packaged models.
        peer_folders: folders of folders of results.
        ablation: folders of ablated models or their results.
        limit: use the first pairs of each set alone, for a quick look.

    Raises:
        BenchmarkError: something that is not there or cannot be used; the message says what would work.
        ValueError: an unknown metric or convention.
    """
    sets = find_sets(data)
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
            raise BenchmarkError(f"{plan.out}: holds {source}, which is an input; give --out another folder")
