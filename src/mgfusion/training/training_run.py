"""One training run: data, model, trainer, and a folder with everything it gave."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import lightning
import torch
from torch.utils.data import DataLoader

from mgfusion.data.crops import Crops, EpochSampler
from mgfusion.data.decoded_pictures import TrainingPicture
from mgfusion.data.layouts import Layout
from mgfusion.data.pairs import Pair, find_pairs
from mgfusion.data.splits import describe_split, split_pairs
from mgfusion.errors import RecipeError
from mgfusion.losses import Whole
from mgfusion.models import MGFusion, load_model, save_model, with_guidance
from mgfusion.models.grow import Part
from mgfusion.near_misses import did_you_mean
from mgfusion.training.adapter_transfer import check_guided, freeze_all_but_adapters
from mgfusion.training.callers_process import callers_process_kept
from mgfusion.training.checkpoints import progress_of, read_checkpoint
from mgfusion.training.decoded_size import MEMORY, agreed, where_to_keep
from mgfusion.training.fusion_module import FusionModule
from mgfusion.training.held_out import validation_loader, validation_pictures
from mgfusion.training.lightning_trainer import build_trainer, main_process, process_number
from mgfusion.training.picture_store import PictureStore
from mgfusion.training.prepared_pictures import (
    Prepared,
    Rows,
    embed_pictures,
    save_split,
    set_statistics,
)
from mgfusion.training.recipe import TrainConfig
from mgfusion.training.run_folder import (
    CHECKPOINT,
    MODEL,
    claim_folder,
    delete_run,
    read_record,
    write_record,
)
from mgfusion.training.run_record import continued, differences, record_run
from mgfusion.training.stored_pictures import facts_of


def train(
    data: Sequence[str | Path],
    config: TrainConfig | None = None,
    out: str | Path = "runs/train",
    *,
    resume: bool = False,
    overwrite: bool = False,
    init: str | Path | None = None,
    trainable: Literal["all", "adapters"] = "all",
    guided: bool = False,
    without: Collection[Part] = (),
    max_time: timedelta | None = None,
    devices: int = 1,
    nodes: int = 1,
    layout: Layout | None = None,
    prepared: Prepared | None = None,
    decoded: str | Path | None = None,
    report: Callable[[str], None] | None = None,
    progress: bool = True,
) -> Path:
    """Train a model and save it.

    The caller's process is left as it was: random numbers, warning filters, log levels. On a CPU
    :func:`mgfusion.tune_process` before it makes a run several times faster; the command line calls it.

    With more than one device Lightning starts this program again for each of the others, so that all of them
    come here; only the first one (:func:`mgfusion.training.main_process`) writes.

    Args:
        data: data set folders, see :func:`mgfusion.data.pairs.find_pairs`.
        config: the run's settings; the paper's if None.
        out: gets ``model/`` (a folder that ``load_model`` takes), ``last.ckpt``, ``split.json``,
            ``config.json``, and ``logs/`` and ``tensorboard/`` with a log for each time the run was started;
            with validation ``best/``, a model too, and ``sheets/``.
        resume: go on from ``last.ckpt`` in ``out`` if it is there; settings and pairs must be that run's.
        overwrite: delete the run that ``out`` holds, and nothing else there, once all is ready for this one.
        init: start from this model's weights instead of random ones.
        trainable: ``adapters`` freezes all but CII's Adapter and W_i and CFF's IRA and VIA; needs ``init``.
        guided: give the model of ``init``, which has none, guidance by the encoder of ``config.model``: see
            :func:`mgfusion.models.with_guidance`.
        without: parts of that guidance that are left out, to compare it with.
        max_time: stop, and save, this long after the start; what was before a resume does not count.
        devices: GPUs of each machine, or processes where there is none; they share ``config.batch``.
        nodes: machines.
        layout: how data sets of your own lie on disk, see :class:`mgfusion.data.layouts.Layout`.
        prepared: pictures and embeddings that an earlier run in this process left; gets this run's.
        decoded: where decoded pictures are kept: ``memory``, or a folder, from which crops are then read and
            which runs may share, see :class:`mgfusion.training.picture_store.PictureStore`. None: memory, or
            ``pictures`` below ``out`` where they would take more than half of the memory that is free.
        report: called in the first process, before training, with a line for each data set, what it gives,
            where decoded pictures go if not to memory, and where there will be no validation or nothing was
            there to resume.
        progress: show a progress bar where stderr is a terminal.

    Returns:
        The model's folder.

    Raises:
        DataError, ModelError, EncoderError, RecipeError: as their modules say, before any training.
        RecipeError: ``out`` holds a run, or that to be resumed has other settings or pairs.
        OutputError: ``out`` can't be used.
        TrainingError: the loss is no longer a number, or the checkpoint can't be read.
    """
    config, out, prepared = config or TrainConfig(), Path(out), prepared or Prepared()
    say = report if report and main_process() else lambda _: None
    if trainable == "adapters":
        if not init:
            raise RecipeError("adapters alone can only be trained in a trained model: name one with --init")
        config = replace(config, freeze_norm=0.0)
    if guided and not init:
        raise RecipeError("guidance is added to a trained model: name one with --init")
    if main_process():  # the others find what this one has written already
        claim_folder(out, resume=resume, overwrite=overwrite)
    with callers_process_kept():
        lightning.seed_everything(config.seed, verbose=False)
        pairs = [pair for root in data for pair in find_pairs(root, layout=layout)]
        split = config.seed if config.split is None else config.split
        train_pairs, validation_pairs = split_pairs(pairs, config.validation, split)
        _check_sources(config, train_pairs)
        lines = describe_split(train_pairs, validation_pairs, config.weights)
        model = _starting_model(config, init, guided, without, trainable)
        config = replace(config, model=model.config)
        record = record_run(
            config, data, train_pairs, validation_pairs, init=init, guided=guided, trainable=trainable,
            layout=layout, devices=devices, nodes=nodes,
        )  # fmt: skip
        before = read_record(out)
        checkpoint = _checkpoint(out, before, record) if resume else None
        for line in lines:
            say(line)
        if resume and not checkpoint:
            say(f"{out} has no {CHECKPOINT} yet: training starts from the beginning")
        if not (validation_pairs and config.validate_every):
            why = "validate_every is 0" if validation_pairs else "no pairs are held out"
            say(f"no validation, since {why}: there will be no best/, only the last weights in model/")
        length = config.steps_per_epoch * config.batch or len(train_pairs)
        epoch_steps = length // config.batch
        if not epoch_steps:
            raise RecipeError(
                f"{length} training pairs are less than a batch of {config.batch}; set steps_per_epoch"
            )
        steps = config.epochs * epoch_steps
        epochs_done, batches_done = progress_of(checkpoint) if checkpoint else (0, 0)
        if checkpoint and epochs_done >= config.epochs:
            say(f"{out}: all {config.epochs} epochs are done")
            return _finished(model, checkpoint, out)
        store = _store(decoded, train_pairs, out, config, devices, nodes, say)
        stored = store.load(train_pairs, config.crop) if store else []
        pictures: Sequence[TrainingPicture] = stored or prepared.load(
            train_pairs, config.crop, config.ir_range
        )
        held_out = validation_pictures(validation_pairs, config)
        trainer = build_trainer(
            config, out, epoch_steps, held_out,
            devices=devices, nodes=nodes, max_time=max_time, progress=progress,
        )  # fmt: skip
        embeddings: tuple[Rows, Rows] | None = None
        held_out_embeddings = None
        standardise = guided or init is None
        if store and model.config.guided:  # every process, for its share
            embeddings = store.embed(model, stored)
        if trainer.is_global_zero:  # the others get them, and the model's weights, from this process
            if embeddings is None:
                embeddings = embed_pictures(model, pictures, prepared, standardise=standardise)
            elif standardise:
                set_statistics(model, *embeddings)
            centres = Prepared()  # they may be parts of pictures that another run trains on
            held_out_embeddings = embed_pictures(model, held_out, centres, standardise=False)
        model.encoder = None  # its work is done: no part of checkpoints and averages
        if config.loss.hot_weight or config.hot_crops:
            pictures = [picture.with_spots() for picture in pictures]
        crops = Crops(
            pictures, config.crop, config.weights, config.seed,
            hot=config.hot_crops, halved=config.halved, faults=config.faults,
        )  # fmt: skip
        if trainer.is_global_zero:
            if overwrite:
                delete_run(out)
            write_record(out, continued(before, record) if before and not overwrite else record)
            save_split(out, train_pairs, validation_pairs)

        sampler = EpochSampler(length, trainer.global_rank, trainer.world_size)
        sampler.skip = batches_done * (config.batch // trainer.world_size)
        loader = DataLoader(crops, config.batch // trainer.world_size, sampler=sampler, drop_last=True)
        model.train()  # load_model gives it in evaluation mode, and Lightning keeps the mode it finds
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        counts = [config.difference_counts.get(pair.source, 1.0) for pair in train_pairs]
        each = (facts_of(picture, count) for picture, count in zip(pictures, counts, strict=True))
        facts = Whole(*map(torch.cat, zip(*each, strict=True)))
        names = [f"{pair.source}/{pair.name}" for pair in train_pairs]
        module = FusionModule(model, config, names, embeddings, facts, steps, held_out_embeddings)
        trainer.fit(
            module,
            loader,
            validation_loader(held_out, trainer.global_rank, trainer.world_size) if held_out else None,
            ckpt_path=out / CHECKPOINT if checkpoint else None,
            weights_only=True,
        )
        if trainer.is_global_zero:
            save_model(model.eval(), out / MODEL)
    return out / MODEL


def _store(
    decoded: str | Path | None,
    pairs: Sequence[Pair],
    out: Path,
    config: TrainConfig,
    devices: int,
    nodes: int,
    say: Callable[[str], None],
) -> PictureStore | None:
    """The folder that decoded pictures go to; None where memory holds them."""
    place = decoded or agreed(lambda: where_to_keep(pairs, out, devices, say))
    if str(place) == MEMORY:
        return None
    share = process_number(), devices * nodes
    return PictureStore(Path(place).expanduser(), config.ir_range, say, share)


def _check_sources(config: TrainConfig, train_pairs: Sequence[Pair]) -> None:
    sources = {pair.source for pair in train_pairs}
    unknown = sorted(set(config.difference_counts) - sources)
    if unknown:
        there_are = f"; there are {', '.join(sorted(sources))}"
        raise RecipeError(
            f"difference_counts names {', '.join(unknown)}, which is no data set of this run"
            f"{did_you_mean(unknown[0], sources) or there_are}"
        )


def _starting_model(
    config: TrainConfig,
    init: str | Path | None,
    guided: bool,
    without: Collection[Part],
    trainable: Literal["all", "adapters"],
) -> MGFusion:
    if init is None:
        return MGFusion(config.model)
    model = load_model(init)
    if guided:
        try:
            model = with_guidance(model, config.model, without)
        except ValueError as error:
            raise RecipeError(f"{init}: {error}") from error
    if trainable == "adapters":
        check_guided(model, init)
        freeze_all_but_adapters(model)
    return model


def _checkpoint(out: Path, before: dict[str, Any] | None, record: dict[str, Any]) -> dict[str, Any] | None:
    """The checkpoint to go on from, if there is one; RecipeError if its run was another."""
    other = differences(before, record) if before else []
    if other:
        raise RecipeError(
            f"{out} can't be resumed with other settings: {'; '.join(other)}; give the run's own, or another "
            "folder"
        )
    return read_checkpoint(out)


def _finished(model: MGFusion, checkpoint: dict[str, Any], out: Path) -> Path:
    """The model of a run with nothing left to do; saved from the checkpoint if it was killed before that."""
    if main_process() and not (out / MODEL / "config.json").is_file():
        weights = checkpoint["state_dict"].items()  # the averaged ones, where there is an average
        model.encoder = None
        model.load_state_dict(
            {name.removeprefix("model."): w for name, w in weights if name.startswith("model.")}
        )
        save_model(model.eval(), out / MODEL)
    return out / MODEL
