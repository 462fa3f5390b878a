"""``mgfusion train``."""

import re
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from click.core import ParameterSource

from mgfusion.cli.console import fail, layout_option, one_line_warnings, progress_bar
from mgfusion.errors import RecipeError, TrainingError
from mgfusion.extras import needs_extra

if TYPE_CHECKING:
    from mgfusion.data.layouts import Layout
    from mgfusion.training import TrainConfig


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
@layout_option
@click.option(
    "--recipe", default="cpu", show_default=True, help="paper, cpu, base, fast, smoke, or a YAML file."
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Such as crop=128; repeat it.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("runs/train"),
              show_default=True, help="Folder of the run.")  # fmt: skip
@click.option("--out", "output_by_its_old_name", type=click.Path(path_type=Path), hidden=True)
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint in --output.")
@click.option("--overwrite", is_flag=True, help="Replace the run that is in --output.")
@click.option("--init", help="Start from this model, a packaged one or a folder.")
@click.option("--trainable", type=click.Choice(("all", "adapters")), default="all", show_default=True,
              help="adapters: freeze all but CII's Adapter and W_i and CFF's IRA and VIA.")  # fmt: skip
@click.option("--guided", is_flag=True, help="Add CII and CFF to --init, which has neither; see below.")
@click.option("--encoder", metavar="NAME", help="Move the adapters of --init to this encoder; see below.")
@click.option(
    "--decoded", metavar="DIR", help="Keep decoded pictures there, or in memory; see below.  [by memory]"
)
@click.option("--max-time", callback=_duration, metavar="HH:MM:SS", help="Stop and save this long from now.")
@click.option(
    "--devices", type=click.IntRange(1), default=1, show_default=True, help="GPUs or processes, each machine."
)
@click.option(
    "--nodes", type=click.IntRange(1), default=1, show_default=True, help="Machines; start it on each."
)
def train(
    data: tuple[Path, ...],
    layout: "Layout | None",
    recipe: str,
    settings: tuple[str, ...],
    output: Path,
    output_by_its_old_name: Path | None,
    resume: bool,
    overwrite: bool,
    init: str | None,
    trainable: Literal["all", "adapters"],
    guided: bool,
    encoder: str | None,
    decoded: str | None,
    max_time: timedelta | None,
    devices: int,
    nodes: int,
) -> None:
    """Train a model on pairs of pictures.

    The pairs are those of the folders DATA; the model is saved as a folder that `fuse --model` takes.

    DATA: a folder with ir/ and vi/ in it, one with train/ir and train/vi, RoadScene, MSRS, LLVIP, M3FD or TNO
    as downloaded, or a folder of such data sets. Says on stderr how many pairs of each are for training and
    for validation.

    With --init MODEL --guided training starts from the same picture: what is added changes nothing at first.

    With --init MODEL --trainable adapters --encoder NAME (clip:FOLDER, clip:HUB_ID[@REVISION],
    efficientnet-lite0 or -lite2) new adapters learn to say of that encoder's embeddings what the model's own
    say, in the time that it takes to embed the pairs. No recipe is used; `seed`, `validation` and
    `ir_range` can be set.

    Pictures are decoded into memory; where they would take more than half of what is free, into files in
    --output, from which crops are read. With --decoded DIR they go there in any case and can be shared by
    runs, with `--decoded memory` never.

    A folder that holds a run is refused without --resume or --overwrite, and resuming with other settings is.
    Prints the model's folder. Exit code 1 if the run broke off, 2 for wrong usage or data that can't be used.
    """
    with needs_extra("train", "training"):
        from mgfusion import training
    from mgfusion.engines.tuning import tune_process
    from mgfusion.errors import DataError, EncoderError, ModelError, OptionError, OutputError

    out = output_by_its_old_name or output
    try:
        config = training.load_recipe(recipe, settings)
        tune_process()
        if encoder is None:
            if init is not None:
                _refuse_models_settings(settings, guided)
            with one_line_warnings():
                model = training.train(
                    data, config, out, layout=layout, resume=resume, overwrite=overwrite, init=init,
                    trainable=trainable, guided=guided, decoded=decoded, max_time=max_time, devices=devices,
                    nodes=nodes, report=partial(click.echo, err=True),
                )  # fmt: skip
        else:
            if init is None or trainable != "adapters":
                raise RecipeError(
                    "--encoder moves a trained model's adapters: give --init MODEL and --trainable adapters; "
                    "a new model's encoder is --set model.encoder=... --set model.embed_dim=..."
                )
            _refuse_unused(settings)
            with one_line_warnings():
                model = _adapt(data, layout, init, encoder, out, config, overwrite)
        if training.main_process():
            click.echo(model)
    except (RecipeError, DataError, EncoderError, ModelError, OptionError, OutputError) as error:
        fail(error, 2)
    except TrainingError as error:
        if training.main_process():  # the others stop for the same reason
            fail(error, 1)


def _refuse_unused(settings: tuple[str, ...]) -> None:
    """Options of the training loop would be ignored by --encoder: better said than done."""
    from mgfusion.errors import RecipeError

    context = click.get_current_context()
    unused = [
        f"--set {s}"
        for s in settings
        if s.partition("=")[0].strip() not in ("seed", "validation", "ir_range")
    ]
    for name in ("recipe", "resume", "guided", "decoded", "max_time", "devices", "nodes"):
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            unused.append(f"--{name.replace('_', '-')}")
    if unused:
        raise RecipeError(
            f"{unused[0]} means nothing with --encoder; first move the model, then train it on with "
            "--init OUT/model --trainable adapters and without --encoder"
        )


def _refuse_models_settings(settings: tuple[str, ...], guided: bool) -> None:
    """The network of --init is as it is; only guidance that is added to it has settings."""
    from mgfusion.errors import RecipeError

    counts = ("guidance", "encoder", "embed_dim", "adapter_dim") if guided else ()
    for setting in settings:
        key = setting.partition("=")[0].strip()
        part, _, name = key.partition(".")
        if part == "model" and name not in counts:
            raise RecipeError(
                f"--set {setting} means nothing with --init, whose network is as it was trained"
            )


def _adapt(
    data: tuple[Path, ...],
    layout: "Layout | None",
    init: str,
    encoder: str,
    out: Path,
    config: "TrainConfig",
    overwrite: bool,
) -> Path:
    from mgfusion.training import adapt

    with progress_bar() as bar:
        task = bar.add_task("embedding pairs", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return adapt(
            data, init, encoder, out, validation=config.validation, seed=config.seed,
            ir_range=config.ir_range, layout=layout, overwrite=overwrite, progress=progress,
        )  # fmt: skip
