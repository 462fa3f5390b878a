"""What ``mgfusion fuse`` is about to do with folders and tables: which files, and where to."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mgfusion.cli.console import fail

if TYPE_CHECKING:
    from mgfusion.inference.file_batches import FileJob


@dataclass
class Plan:
    """Jobs in order, and what is left out: ``notes`` are for information, ``problems`` count as failed."""

    jobs: "list[FileJob]" = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def say(self) -> None:
        """What is left out, on stderr."""
        for note in self.notes:
            click.echo(note, err=True)
        for problem in self.problems:
            click.echo(f"error: {problem}", err=True)

    def show(self) -> None:
        """What pairs with what, on stdout: nothing is done."""
        for ir, vis, out in self.jobs:
            there = "  (exists already)" if out.exists() else ""
            click.echo(f"{ir} + {vis} -> {out}{there}" if vis else f"{ir} -> {out}{there}")

    def without_existing(self, folder: Path) -> "Plan":
        """Those alone whose output is not there yet."""
        jobs = [job for job in self.jobs if not job[2].is_file()]
        notes = list(self.notes)
        if len(jobs) < len(self.jobs):
            notes.append(
                f"skipped, exist already: {len(self.jobs) - len(jobs)} of {len(self.jobs)} in {folder}"
            )
        return Plan(jobs, notes, self.problems)


def plan_folders(ir: Path, vis: Path | None, out: Path, suffix: str, recursive: bool) -> Plan:
    """Of two folders, or one with both kinds; outputs are named after the visible files."""
    from mgfusion.images.name_pairing import find_partners

    found = find_partners(ir, vis, recursive=recursive)
    root = ir if vis is None else vis
    plan = Plan(notes=[], problems=[])
    sides = ((ir, found.ir_only), (vis, found.vis_only))
    for folder, alone in sides if vis is not None else sides[:1]:
        if not (alone or found.pairs or found.ambiguous or found.neither or (vis is None and found.vis_only)):
            hint = "" if recursive else "; subfolders are not entered (--recursive)"
            fail(f"{folder}: holds no picture{hint}", 1)
    plan.jobs = [(one, other, _named(out, root, other, suffix)) for one, other in found.pairs]
    if vis is None:
        both, left = _holding_both([*found.ir_only, *found.vis_only, *found.neither])
        plan.jobs += [(path, None, _named(out, root, path, suffix)) for path in both]
        if left:
            plan.notes.append(f"without a partner in {ir}: {_names(left, ir)}")
    else:
        for folder, names in ((ir, found.ir_only), (vis, found.vis_only)):
            if names:
                plan.notes.append(f"without a partner in {folder}: {_names(names, folder)}")
    for same in found.ambiguous:
        stems = {path.stem.casefold() for path in same}
        what = "one stem" if len(stems) == 1 else "one name"
        plan.problems.append(f"{what} for several files, skipped: {' '.join(map(str, same))}")
    _refuse_doubles(plan.jobs)
    if not plan.jobs:
        plan.say()
        if vis is None:
            fail(
                f"{ir}: no infrared and visible picture belong together by name (a_ir.png, a_rgb.png), and "
                "no file holds both; give two folders, or --pairs",
                1,
            )
        fail(
            f"{ir} and {vis}: no picture shares its stem with just one other (ir/a.png, vis/a.jpg); "
            "give --pairs",
            1,
        )
    return plan


def plan_table(table: Path, out: Path, suffix: str) -> Plan:
    """Of a CSV file of pairs; an output is named by its row, or after the visible file."""
    from mgfusion.images.pairs_csv import read_pairs_csv

    plan = Plan()
    for row in read_pairs_csv(table):
        name = row.out or Path((row.vis or row.ir).stem)
        if name.is_absolute() or ".." in name.parts:
            fail(f"{table}: out {str(name)!r} leads out of {out}; give a name in it", 2)
        named = name if row.out and name.suffix else name.with_name(name.name + suffix)
        plan.jobs.append((row.ir, row.vis, out / named))
    _refuse_doubles(plan.jobs)
    return plan


def _named(out: Path, root: Path, path: Path, suffix: str) -> Path:
    return out / path.relative_to(root).parent / f"{path.stem}{suffix}"


def _names(paths: "tuple[Path, ...] | list[Path]", folder: Path) -> str:
    return " ".join(str(path.relative_to(folder)) for path in paths)


def _holding_both(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    """The radiometric files among them that hold a visible picture, and the others."""
    from mgfusion.errors import ImageError
    from mgfusion.images.reading import read_bytes
    from mgfusion.thermal.radiometric_jpeg import holds_both

    both: list[Path] = []
    left: list[Path] = []
    for path in paths:
        try:
            found = path.suffix.lower() in (".jpg", ".jpeg") and holds_both(read_bytes(path))
        except ImageError:
            found = False
        (both if found else left).append(path)
    return both, left


def _refuse_doubles(jobs: "list[FileJob]") -> None:
    writers: dict[str, list[FileJob]] = defaultdict(list)
    for job in jobs:
        writers[str(job[2]).casefold()].append(job)
    for same in writers.values():
        if len(same) > 1:
            one, other = (str(job[1] or job[0]) for job in same[:2])
            fail(
                f"{one} and {other} would both be written to {same[0][2]}; name them by --pairs (column out)",
                2,
            )
