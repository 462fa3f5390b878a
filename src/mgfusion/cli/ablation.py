"""``mgfusion ablation``."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mgfusion.cli.console import fail, layout_option, one_line_warnings, progress_bar
from mgfusion.errors import TrainingError
from mgfusion.extras import needs_extra

if TYPE_CHECKING:
    from mgfusion.data.layouts import Layout


def _seeds(context: click.Context, option: click.Parameter, value: str) -> tuple[int, ...]:
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isdigit() for part in parts) or len(set(parts)) < len(parts):
        raise click.BadParameter(f"{value!r} is no list of seeds; write different whole numbers as 0,1,2")
    return tuple(map(int, parts))


def _variants(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    return value if value is None else tuple(dict.fromkeys(part.strip() for part in value.split(",")))


@click.command()
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
@layout_option
@click.option("--recipe", default="ablation", show_default=True, help="A packaged recipe or a YAML file.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Such as epochs=2; repeat it.")
@click.option("--seeds", callback=_seeds, default="0", show_default=True, help="Such as 0,1,2.")
@click.option("--variants", callback=_variants, metavar="NAMES",
              help="Of those below, such as none,vector,map.  [full,no-cii,no-cff,no-both]")  # fmt: skip
@click.option("--init", help="Start all from this model, which has no guidance; see `train --guided`.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("runs/ablation"),
              show_default=True, help="Folder of the runs and the table.")  # fmt: skip
@click.option("--out", "output_by_its_old_name", type=click.Path(path_type=Path), hidden=True)
@click.option("--overwrite", is_flag=True, help="Replace the ablation that is in --output.")
@click.option("--decoded", metavar="DIR",
              help="Keep decoded pictures there, see `train`; or `memory`.  [by memory]")  # fmt: skip
@click.option("--test", type=click.Path(path_type=Path), multiple=True,
              help="Test pairs, as `benchmark --data` takes them; repeat it.  [DATA's]")  # fmt: skip
@click.option("--held-out", is_flag=True, help="Score the pairs held out of training, not test pairs.")
@click.option("--convention", default="paper", show_default=True, help="Of the metrics.")
@click.option("--workers", type=click.IntRange(0), help="Processes that score.  [one a core]")
def ablation(
    data: tuple[Path, ...],
    layout: "Layout | None",
    recipe: str,
    settings: tuple[str, ...],
    seeds: tuple[int, ...],
    variants: tuple[str, ...] | None,
    init: str | None,
    output: Path,
    output_by_its_old_name: Path | None,
    overwrite: bool,
    decoded: str | None,
    test: tuple[Path, ...],
    held_out: bool,
    convention: str,
    workers: int | None,
) -> None:
    """Train with and without guidance, and compare.

    \b
    Variants:
      full, no-cii, no-cff, no-both               the rows of the paper's table 4
      none, vector, map                           no guidance; by one embedding of the whole picture, as in
                                                  the paper; by one of each place in it

    \b
    DATA as for `train`. Each variant gets the same budget, samples and seeds; --output gets
      ablation.md, ablation.csv                   the tables: mean and spread over the seeds, and differences
                                                  to the variant without guidance
      held-out.md, held-out.csv                   those of --held-out
      <variant>/                                  the first seed's runs: `benchmark --ablation` takes --output
      <variant>/seed-<n>/                         the other seeds' runs

    What is finished is not done again, and a run that was cut off goes on; with other data or settings the
    folder is refused without --overwrite. Prints the table's path.
    Exit code 1 if a run broke off or a picture failed, 2 for wrong usage or data that can't be used.
    """
    with needs_extra("train", "training"):
        from mgfusion import training
        from mgfusion.training.ablation_runs import PAPER, train_variants
    from mgfusion.benchmark.analysis.ablation_scores import (
        held_out_set,
        score_variants,
        tested_sets,
        write_ablation,
    )
    from mgfusion.data.pairs import find_pairs
    from mgfusion.engines.tuning import tune_process
    from mgfusion.errors import EncoderError, ModelError, OptionError, OutputError
    from mgfusion.metrics import select
    from mgfusion.models import load_model

    def report(line: str) -> None:
        click.echo(line, err=True)

    out = output_by_its_old_name or output
    if workers is None:
        workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        select(None, convention)
        config = training.load_recipe(recipe, settings)
        pairs = [pair for root in data for pair in find_pairs(root, layout=layout)]
        if held_out:
            if test:
                raise OptionError("--test names test pairs and --held-out scores others; give one of them")
            sets = held_out_set(pairs, config.validation, seeds[0] if config.split is None else config.split)
        else:
            sets = tested_sets(data, test, [pair.ir for pair in pairs], layout)
        tune_process()
        with one_line_warnings():
            models = train_variants(
                data, config, out, seeds, variants or PAPER, init=init, layout=layout, overwrite=overwrite,
                decoded=decoded, report=report,
            )  # fmt: skip
        with progress_bar() as bar:
            task = bar.add_task("held-out pictures" if held_out else "test pictures", total=None)

            def progress(done: int, total: int, error: str) -> None:
                bar.update(task, completed=done, total=total)

            pictures = out / (".held-out" if held_out else ".test")  # no variants
            result = score_variants(
                models, sets, pictures, convention=convention, workers=workers, progress=progress
            )
    except TrainingError as error:
        fail(error, 1)
    except (EncoderError, ModelError, OutputError, ValueError) as error:
        fail(error, 2)
    steps = f"{config.epochs * config.steps_per_epoch:,} steps"
    start = f", from {Path(init).name}" if init else ""
    note = (
        f"{steps if config.steps_per_epoch else f'{config.epochs} epochs'} of {config.batch} crops of "
        f"{config.crop} x {config.crop} for each variant and seed{start}; "
        f"C = {load_model(next(iter(models.values()))).config.dim}; encoder {config.model.encoder}."
    )
    page = write_ablation(result, out, note, "held-out" if held_out else "ablation")
    for failure in result.failures:
        click.echo(f"error: {failure}", err=True)
    click.echo(page)
    if result.failures:
        raise click.exceptions.Exit(1)
