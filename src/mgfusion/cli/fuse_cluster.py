"""``mgfusion fuse --engine ray``: folders on disks or at addresses, fused by a cluster, with a manifest."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mgfusion.cli.console import fail, progress_bar
from mgfusion.cli.fuse_plan import Plan, plan_folders, plan_table
from mgfusion.cli.fuse_targets import folder_target
from mgfusion.files import exists_already

if TYPE_CHECKING:
    from mgfusion.engines.ray_workers import Cluster
    from mgfusion.inference.batch_manifest import EarlierRun
    from mgfusion.inference.cluster_batches import FuseTask

Triple = tuple[str, str | None, str]
"""(ir, vis, name of the fused picture in the folder written to); vis is None where ir holds both."""


@dataclass
class _Work:
    """What is to be done.

    Attributes:
        out: the folder to write to, a path or an address.
        names: of the files in it.
        there: whether a picture of this name is in it.
        triples: gives them one after another: a million whole paths would take memory.
        count: how many.
        problems: how many pictures failed, or can't be done.
    """

    out: str
    names: list[str]
    there: Callable[[str], bool]
    triples: Callable[[], Iterator[Triple]]
    count: int
    problems: int = 0


def fuse_on_cluster_command(
    ir: "Path | str | None",
    vis: "Path | str | None",
    output: str | None,
    *,
    pairs: Path | None,
    suffix: str,
    recursive: bool,
    dry_run: bool,
    overwrite: bool,
    skip_existing: bool,
    address: str | None,
    workers: int,
    cpus: int,
    options: dict[str, Any],
) -> None:
    """Fuse folders; prints each path as it is written, and what came of all at the end."""
    from mgfusion.addresses import joined
    from mgfusion.engines.ray_workers import Cluster
    from mgfusion.inference.batch_manifest import goes_on, read_manifests

    work = _work(ir, vis, output, pairs, suffix, recursive)
    options = _checked_options(options)
    settings = _settings(options)
    earlier = read_manifests(work.out, work.names)
    resumed = goes_on(work.out, earlier, settings, overwrite=overwrite, skip_existing=skip_existing)
    if dry_run:
        for one, other, name in work.triples():
            mark = "  (exists already)" if work.there(name) else ""
            click.echo(f"{one} + {other} -> {joined(work.out, name)}{mark}")
    else:
        cluster = Cluster(address, cpus, 1.0 if options["device"].startswith("cuda") else 0.0)
        _run(work, earlier, resumed, settings, options, cluster, workers, overwrite, skip_existing)
    if work.problems:
        raise click.exceptions.Exit(1)


def _work(
    ir: "Path | str | None", vis: "Path | str | None", output: str | None, pairs: Path | None, suffix: str,
    recursive: bool,
) -> _Work:  # fmt: skip
    """Of two folders by names alone, a million of which memory holds; of the rest by paths."""
    from mgfusion.addresses import is_address, list_names

    remote = [str(place) for place in (ir, vis, output) if place is not None and is_address(str(place))]
    inputs = [place for place in (ir, vis) if isinstance(place, Path)]
    out = output if output and is_address(output) else str(folder_target(output, *inputs))
    if pairs is None and ir is not None and vis is not None and not recursive:
        if any(place.is_file() for place in inputs):
            fail(f"{ir}: --engine ray is for folders; leave it out for one pair", 2)
        return _of_names(str(ir), str(vis), out, suffix)
    if remote:
        fail(f"{remote[0]}: addresses are of two folders, without --recursive and --pairs", 2)
    if pairs is not None:
        if ir is not None:
            fail(f"{ir}: --pairs names the files; leave IR and VIS out", 2)
        plan = plan_table(pairs, Path(out), suffix)
    elif ir is None or not Path(ir).is_dir():
        fail("nothing to fuse; give two folders, or --pairs", 2)
    else:
        plan = plan_folders(Path(ir), None if vis is None else Path(vis), Path(out), suffix, recursive)
    plan.say()
    return _of_plan(plan, out, list_names(out, missing=True))


def _of_plan(plan: Plan, out: str, names: list[str]) -> _Work:
    def triples() -> Iterator[Triple]:
        for one, other, to in plan.jobs:
            partner = None if other is None else str(other.absolute())
            yield str(one.absolute()), partner, str(to.relative_to(out))

    there: Callable[[str], bool] = lambda name: Path(out, name).is_file()  # noqa: E731
    return _Work(out, names, there, triples, len(plan.jobs), len(plan.problems))


def _of_names(ir: str, vis: str, out: str, suffix: str) -> _Work:
    from mgfusion.addresses import is_address, joined, list_names
    from mgfusion.images.name_pairing import partners_by_name

    found = partners_by_name(list_names(ir), list_names(vis))
    for folder, alone in ((ir, found.ir_only), (vis, found.vis_only)):
        if alone:
            click.echo(f"without a partner in {folder}: {' '.join(sorted(alone))}", err=True)
    for same in found.ambiguous:
        click.echo(f"error: one stem for several files, skipped: {' '.join(same)}", err=True)
    if not found.pairs:
        fail(f"{ir} and {vis}: no picture shares its stem with just one other (ir/a.png, vis/a.jpg)", 1)
    one, other = (place if is_address(place) else str(Path(place).absolute()) for place in (ir, vis))

    def triples() -> Iterator[Triple]:
        for a, b in found.pairs:
            yield joined(one, a), joined(other, b), f"{b.rpartition('.')[0]}{suffix}"

    names = list_names(out, missing=True)
    return _Work(out, names, frozenset(names).__contains__, triples, len(found.pairs), len(found.ambiguous))


def _checked_options(options: dict[str, Any]) -> dict[str, Any]:
    """The fuser's, as workers take them; wrong ones are said here, once."""
    from mgfusion.inference.fuser import Fuser
    from mgfusion.models.model_folders import available_models
    from mgfusion.thermal import parse_ir_range

    if options["ir_range"] == "series":
        fail("--ir-range series looks at all pictures before the first; give LO,HI to a cluster", 2)
    try:
        options = {**options, "ir_range": parse_ir_range(options["ir_range"])}
        Fuser(**{**options, "device": "cpu"})
    except ValueError as error:
        fail(error, 2)
    if options["model"] not in available_models():
        options["model"] = str(Path(options["model"]).expanduser().absolute())
    if isinstance(options["align"], Path) or str(options["align"]).endswith(".json"):
        options["align"] = Path(options["align"]).absolute()
    return options


def _settings(options: dict[str, Any]) -> dict[str, Any]:
    """What decides how the pictures look, as a manifest has it; the model by its weights, too."""
    from mgfusion import __version__
    from mgfusion.models.model_folders import model_folder

    digest = sha256()
    for file in sorted(model_folder(options["model"]).iterdir()):
        if file.is_file():
            digest.update(file.read_bytes())
    known = {**options, "weights": digest.hexdigest()[:16], "mgfusion": __version__}
    plain: dict[str, Any] = json.loads(json.dumps(known, default=str))
    return plain


def _run(
    work: _Work,
    earlier: "EarlierRun",
    resumed: bool,
    settings: dict[str, Any],
    options: dict[str, Any],
    cluster: "Cluster",
    workers: int,
    overwrite: bool,
    skip_existing: bool,
) -> None:
    from mgfusion.addresses import joined
    from mgfusion.engines.job_outcomes import Failed
    from mgfusion.inference.batch_manifest import Manifest
    from mgfusion.inference.cluster_batches import FuseTask, fuse_on_cluster

    replacing = overwrite or (resumed and earlier.replacing)
    manifest = Manifest(work.out, earlier, settings, replacing=replacing, anew=not resumed)
    done = left_out = 0

    def failed(name: str, why: str, **facts: Any) -> None:
        work.problems += 1
        click.echo(f"error: {why}", err=True)
        manifest.add(name, "failed", error=why, **facts)

    def tasks() -> "Iterator[FuseTask]":
        nonlocal left_out
        for ir, vis, name in work.triples():
            if work.there(name) and not overwrite:
                recorded = name in earlier.done
                if not skip_existing:
                    failed(name, str(exists_already(joined(work.out, name))))
                    continue
                if recorded or not replacing:  # else it may be one that was to be replaced
                    left_out += 1
                    if resumed and not recorded:
                        manifest.add(name, "found")
                    continue
            yield FuseTask(ir, vis, joined(work.out, name))

    outcomes = fuse_on_cluster(tasks(), options, cluster, workers=workers, overwrite=replacing)
    try:
        with closing(outcomes), progress_bar() as progress:
            for outcome in progress.track(outcomes, total=work.count, description="fusing"):
                task = outcome.job
                name = task.out[len(joined(work.out, "")) :].lstrip("/")
                sources = {"ir": task.ir, "vis": task.vis}
                if isinstance(outcome, Failed):
                    failed(name, outcome.line(task.ir), **sources)
                    continue
                done += 1
                told = outcome.result
                for note in told.notes:
                    click.echo(f"aligned {note}", err=True)
                manifest.add(
                    name, "done", **sources, seconds=round(told.seconds, 3), machine=told.machine,
                    **({"aligned": told.notes} if told.notes else {}),
                )  # fmt: skip
                click.echo(task.out)
    finally:
        manifest.close()
    there = f", {left_out} were there" if left_out else ""
    listed = joined(work.out, "manifest-*.jsonl")
    click.echo(f"{done} fused, {work.problems} failed{there}; a line for each in {listed}", err=True)
