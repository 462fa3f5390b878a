"""``mgfusion train``."""

import re
from datetime import timedelta
from pathlib import Path

import click

from mgfusion.cli.common import fail


def _duration(context: click.Context, option: click.Parameter, value: str | None) -> timedelta | None:
    if value is None:
        return None
    match = re.fullmatch(r"(\d+):([0-5]?\d):([0-5]?\d)", value)
    if not match:
        raise click.BadParameter(f"{value!r} is no time limit; write hours, minutes and seconds as 01:30:00")
    hours, minutes, seconds = map(int, match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


@click.command()
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--recipe", default="cpu", show_default=True, help="paper, cpu, smoke, or a YAML file.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Such as crop=128; repeat it.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs/train"), show_default=True)
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint in --out.")
@click.option("--init", help="Start from this model, a packaged one or a folder.")
@click.option("--max-time", callback=_duration, metavar="HH:MM:SS", help="Stop and save after this long.")
@click.option(
    "--devices", type=click.IntRange(1), default=1, show_default=True, help="GPUs or processes, each machine."
)
@click.option(
    "--nodes", type=click.IntRange(1), default=1, show_default=True, help="Machines; start it on each."
)
def train(
    data: tuple[Path, ...],
    recipe: str,
    settings: tuple[str, ...],
    out: Path,
    resume: bool,
    init: str | None,
    max_time: timedelta | None,
    devices: int,
    nodes: int,
) -> None:
    """Train a model on the pairs of the folders DATA, and save it as a folder that `fuse --model` takes.

    DATA: a folder with ir/ and vi/ in it, one with train/ir and train/vi, RoadScene, MSRS, LLVIP, M3FD or TNO
    as downloaded, or a folder of such data sets. Says on stderr how many pairs of each are for training and
    for validation. Prints the model's folder. Exit code 1 if the run broke off, 2 for wrong usage or data
    that can't be used.
    """
    try:
        from mgfusion import training
    except ModuleNotFoundError as error:
        fail(f"training needs {error.name}: pip install 'mgfusion[train]'", 2)
    from mgfusion.data.pairs import DataError, describe_split, find_pairs, split_pairs
    from mgfusion.models import EncoderError, ModelError

    try:
        config = training.load_recipe(recipe, settings)
        if training.main_process():
            pairs = [pair for folder in data for pair in find_pairs(folder)]
            for line in describe_split(*split_pairs(pairs, config.validation, config.seed), config.weights):
                click.echo(line, err=True)
        model = training.train(
            data, config, out, resume=resume, init=init, max_time=max_time, devices=devices, nodes=nodes
        )
        if training.main_process():
            click.echo(model)
    except (training.RecipeError, DataError, EncoderError, ModelError) as error:
        fail(error, 2)
    except training.TrainingError as error:
        if training.main_process():  # the others stop for the same reason
            fail(error, 1)
