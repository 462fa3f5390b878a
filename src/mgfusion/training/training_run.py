"""One training run: data, model, trainer, and a folder with everything it gave."""

import json
import logging
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

import lightning
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from mgfusion.data.crops import Crops, EpochSampler, Picture
from mgfusion.data.pairs import find_pairs
from mgfusion.data.splits import describe_split, split_pairs
from mgfusion.engines.tuning import tune_process
from mgfusion.errors import RecipeError
from mgfusion.images import luminance
from mgfusion.losses import Whole, whole
from mgfusion.models import MGFusion, load_model, save_model, with_guidance
from mgfusion.training.adapter_transfer import check_guided, freeze_all_but_adapters
from mgfusion.training.fusion_module import FusionModule
from mgfusion.training.held_out import validation_loader, validation_pictures
from mgfusion.training.lightning_trainer import build_trainer
from mgfusion.training.prepared_pictures import Prepared, save_split, set_statistics
from mgfusion.training.recipe import TrainConfig


def train(
    data: Sequence[str | Path],
    config: TrainConfig | None = None,
    out: str | Path = "runs/train",
    *,
    resume: bool = False,
    init: str | Path | None = None,
    trainable: Literal["all", "adapters"] = "all",
    guided: bool = False,
    max_time: timedelta | None = None,
    devices: int = 1,
    nodes: int = 1,
    prepared: Prepared | None = None,
    report: Callable[[str], None] | None = None,
    progress: bool = True,
) -> Path:
    """Train a model and save it.

    With more than one device Lightning starts this program again for each of the others, so that all of them
    come here; only the first one (:func:`mgfusion.training.main_process`) writes.

    Args:
        data: data set folders, see :func:`mgfusion.data.pairs.find_pairs`.
        config: the run's settings; the paper's if None.
        out: gets ``model/`` (a folder that ``load_model`` takes), ``last.ckpt``, ``split.json``,
            ``config.json``, and ``logs/`` and ``tensorboard/`` with a log for each time the run was started;
            with validation ``best/``, a model too, and ``sheets/``.
        resume: go on from ``last.ckpt`` in ``out`` if it is there.
        init: start from this model's weights instead of random ones.
        trainable: ``adapters`` freezes all but CII's Adapter and W_i and CFF's IRA and VIA; needs ``init``.
        guided: give the model of ``init``, which has none, guidance by the encoder of ``config.model``: see
            :func:`mgfusion.models.with_guidance`.
        max_time: stop, and save, after this long.
        devices: GPUs of each machine, or processes where there is none; they share ``config.batch``.
        nodes: machines.
        prepared: pictures and embeddings that an earlier run in this process left; gets this run's.
        report: called in the first process, before training, with a line for each data set: what it gives.
        progress: show a progress bar where stderr is a terminal.

    Returns:
        The model's folder.

    Raises:
        DataError, ModelError, EncoderError, RecipeError: as their modules say, before any training.
        TrainingError: the loss is no longer a number.
    """
    config, out, prepared = config or TrainConfig(), Path(out), prepared or Prepared()
    if trainable == "adapters":
        if not init:
            raise RecipeError("adapters alone can only be trained in a trained model: name one with --init")
        config = replace(config, freeze_norm=0.0)
    if guided and not init:
        raise RecipeError("guidance is added to a trained model: name one with --init")
    tune_process()
    quiet_lightning()
    lightning.seed_everything(config.seed, verbose=False)
    pairs = [pair for root in data for pair in find_pairs(root)]
    train_pairs, validation_pairs = split_pairs(pairs, config.validation, config.seed)
    unknown = sorted(set(config.difference_counts) - {pair.source for pair in train_pairs})
    if unknown:
        raise RecipeError(f"difference_counts names {', '.join(unknown)}, which is no data set of this run")
    pictures = prepared.load(train_pairs, config.crop)
    held_out = validation_pictures(validation_pairs, config)
    length = config.steps_per_epoch * config.batch or len(pictures)
    epoch_steps = length // config.batch
    if not epoch_steps:
        raise RecipeError(
            f"{length} training pairs are less than a batch of {config.batch}; set steps_per_epoch"
        )
    trainer = build_trainer(
        config, out, epoch_steps, held_out, devices=devices, nodes=nodes, max_time=max_time, progress=progress
    )
    model = load_model(init) if init else MGFusion(config.model)
    if guided:
        try:
            model = with_guidance(model, config.model)
        except ValueError as error:
            raise RecipeError(f"{init}: {error}") from error
    if init and trainable == "adapters":
        check_guided(model, init)
        freeze_all_but_adapters(model)
    embeddings = held_out_embeddings = None
    if trainer.is_global_zero:  # the others get them, and the model's weights, from this process
        embeddings = embed_pictures(model, pictures, prepared, standardise=guided or init is None)
        centres = Prepared()  # they may be parts of pictures that another run trains on
        held_out_embeddings = embed_pictures(model, held_out, centres, standardise=False)
    model.encoder = None  # its work is done: no part of checkpoints and averages
    crops = Crops(pictures, config.crop, config.weights, config.seed)
    if trainer.is_global_zero:
        out.mkdir(parents=True, exist_ok=True)
        save_split(out, train_pairs, validation_pairs)
        (out / "config.json").write_text(json.dumps(asdict(config), indent=1))
        if report:
            for line in describe_split(train_pairs, validation_pairs, config.weights):
                report(line)

    sampler = EpochSampler(length, trainer.global_rank, trainer.world_size)
    loader = DataLoader(crops, config.batch // trainer.world_size, sampler=sampler, drop_last=True)
    model.train()  # load_model gives it in evaluation mode, and Lightning keeps the mode it finds
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    counts = [config.difference_counts.get(pair.source, 1.0) for pair in train_pairs]
    each = (whole(*unit_luminance(p), count) for p, count in zip(pictures, counts, strict=True))
    facts = Whole(*map(torch.cat, zip(*each, strict=True)))
    steps = config.epochs * epoch_steps
    names = [f"{pair.source}/{pair.name}" for pair in train_pairs]
    module = FusionModule(model, config, names, embeddings, facts, steps, held_out_embeddings)
    checkpoint = out / "last.ckpt"
    trainer.fit(
        module,
        loader,
        validation_loader(held_out, trainer.global_rank, trainer.world_size) if held_out else None,
        ckpt_path=checkpoint if resume and checkpoint.is_file() else None,
        weights_only=True,
    )
    if trainer.is_global_zero:
        save_model(model.eval(), out / "model")
    return out / "model"


def quiet_lightning() -> None:
    """Keep Lightning's advice about hardware, loggers and folders off the user's terminal."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for pattern in (
        ".*exists and is not empty",
        ".*does not have many workers",
        ".*module.s. in eval mode",
        ".*LeafSpec",
        ".*have no `val_dataloader`",
    ):
        warnings.filterwarnings("ignore", pattern)


def unit_luminance(picture: Picture) -> tuple[Tensor, Tensor]:
    """Both sources of a pair as the loss sees them: (1, 1, H, W), float in [0, 1]."""
    ir, vis = picture.unit()
    return ir, luminance(vis)


def embed_pictures(
    model: MGFusion, pictures: Sequence[Picture], prepared: Prepared, *, standardise: bool
) -> tuple[Tensor, Tensor] | None:
    """Embeddings (P, E) of each modality, of whole pictures, once; crops and flips reuse them.

    Args:
        model: its encoder is used; None is given back if it needs none, or there are no pictures.
        pictures: decoded pairs.
        prepared: keeps what is embedded.
        standardise: set the model's ``ir_mean``, ``vis_mean`` and ``embed_std`` from these pictures.
    """
    if not model.config.guided or not pictures:
        return None
    rows = [prepared.embed(model, picture) for picture in pictures]
    embed_ir, embed_vis = (torch.cat([row[k] for row in rows if row]) for k in (0, 1))
    if standardise:
        set_statistics(model, embed_ir, embed_vis)
    return embed_ir, embed_vis
