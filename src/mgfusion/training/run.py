"""One training run: data, model, trainer, and a folder with everything it gave."""

import json
import logging
import warnings
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import lightning
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging, LearningRateMonitor, ModelCheckpoint, Timer
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch import Tensor
from torch.utils.data import DataLoader

from mgfusion.data.crops import Crops, EpochSampler, Picture
from mgfusion.data.pairs import find_pairs, split_pairs
from mgfusion.images import luminance
from mgfusion.losses import value_ranges
from mgfusion.models import MGFusion, load_model, save_model
from mgfusion.runtime import tune_cpu
from mgfusion.training.adapters import check_guided, freeze_all_but_adapters
from mgfusion.training.config import RecipeError, TrainConfig
from mgfusion.training.module import FusionModule
from mgfusion.training.prepared import Prepared, set_statistics


def train(
    data: Sequence[str | Path],
    config: TrainConfig | None = None,
    out: str | Path = "runs/train",
    *,
    resume: bool = False,
    init: str | Path | None = None,
    trainable: Literal["all", "adapters"] = "all",
    max_time: timedelta | None = None,
    prepared: Prepared | None = None,
    progress: bool = True,
) -> Path:
    """Train a model and save it.

    Args:
        data: data set folders, see :func:`mgfusion.data.pairs.find_pairs`.
        config: the run's settings; the paper's if None.
        out: gets ``model/`` (a folder that ``load_model`` takes), ``last.ckpt``, ``split.json``,
            ``config.json``, and ``logs/`` and ``tensorboard/`` with a log for each time the run was started.
        resume: go on from ``last.ckpt`` in ``out`` if it is there.
        init: start from this model's weights instead of random ones.
        trainable: ``adapters`` freezes all but CII's Adapter and W_i and CFF's IRA and VIA; needs ``init``.
        max_time: stop, and save, after this long.
        prepared: pictures and embeddings that an earlier run in this process left; gets this run's.
        progress: show a progress bar.

    Returns:
        The model's folder.

    Raises:
        DataError, ModelError, EncoderError: as their modules say, before any training.
        RecipeError: ``trainable="adapters"`` without ``init``.
        TrainingError: the loss is no longer a number.
    """
    config, out, prepared = config or TrainConfig(), Path(out), prepared or Prepared()
    if trainable == "adapters" and not init:
        raise RecipeError("adapters alone can only be trained in a trained model: name one with --init")
    tune_cpu()
    quiet_lightning()
    lightning.seed_everything(config.seed, verbose=False)
    pairs = [pair for root in data for pair in find_pairs(root)]
    train_pairs, validation_pairs = split_pairs(pairs, config.validation, config.seed)
    model = load_model(init) if init else MGFusion(config.model)
    if init and trainable == "adapters":
        check_guided(model, init)
        freeze_all_but_adapters(model)
        config = replace(config, freeze_norm=0.0)
    pictures = prepared.load(train_pairs, config.crop)
    embeddings = embed_pictures(model, pictures, prepared, standardise=init is None)

    length = config.steps_per_epoch * config.batch or len(pictures)
    crops = Crops(pictures, config.crop, config.weights, config.seed)
    out.mkdir(parents=True, exist_ok=True)
    names = {
        "train": [f"{p.source}/{p.name}" for p in train_pairs],
        "validation": [f"{p.source}/{p.name}" for p in validation_pairs],
    }
    (out / "split.json").write_text(json.dumps(names, indent=1))
    (out / "config.json").write_text(json.dumps(asdict(config), indent=1))

    callbacks: list[Any] = [
        ModelCheckpoint(out, filename="last", save_top_k=1, enable_version_counter=False),
        LearningRateMonitor("step"),
    ]
    if config.average:
        callbacks.append(EMAWeightAveraging(decay=config.average))
    if max_time:
        callbacks.append(Timer(max_time, interval="step"))
    trainer = lightning.Trainer(
        max_epochs=config.epochs,
        precision=config.precision,
        gradient_clip_val=config.clip or None,
        accelerator="auto",
        callbacks=callbacks,
        logger=[CSVLogger(out, "logs"), TensorBoardLogger(out, "tensorboard")],
        log_every_n_steps=max(1, min(50, length // config.batch // 4)),
        enable_progress_bar=progress,
        enable_model_summary=False,
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
    )
    sampler = EpochSampler(length, trainer.global_rank, trainer.world_size)
    loader = DataLoader(crops, config.batch, sampler=sampler, drop_last=True)
    model.train()  # load_model gives it in evaluation mode, and Lightning keeps the mode it finds
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    ranges = torch.cat([value_ranges(*unit_luminance(picture)) for picture in pictures])
    steps = config.epochs * (length // config.batch)
    module = FusionModule(model, config, names["train"], embeddings, ranges, steps)
    checkpoint = out / "last.ckpt"
    trainer.fit(
        module,
        loader,
        ckpt_path=checkpoint if resume and checkpoint.is_file() else None,
        weights_only=True,
    )
    return save_model(model.eval(), out / "model")


def quiet_lightning() -> None:
    """Keep Lightning's advice about hardware, loggers and folders off the user's terminal."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    for pattern in (
        ".*exists and is not empty",
        ".*does not have many workers",
        ".*module.s. in eval mode",
        ".*LeafSpec",
    ):
        warnings.filterwarnings("ignore", pattern)


def unit_luminance(picture: Picture) -> tuple[Tensor, Tensor]:
    """Both sources of a pair as the loss sees them: (1, 1, H, W), float in [0, 1]."""
    return picture.ir[None].float() / 255, luminance(picture.vis[None].float() / 255)


def embed_pictures(
    model: MGFusion, pictures: Sequence[Picture], prepared: Prepared, *, standardise: bool
) -> tuple[Tensor, Tensor] | None:
    """Embeddings (P, E) of each modality, of whole pictures, once; crops and flips reuse them.

    Args:
        model: its encoder is used; None is given back if it needs no embeddings.
        pictures: decoded pairs.
        prepared: keeps what is embedded.
        standardise: set the model's ``ir_mean``, ``vis_mean`` and ``embed_std`` from these pictures.
    """
    if not model.config.guided:
        return None
    rows = [prepared.embed(model, picture) for picture in pictures]
    embed_ir, embed_vis = (torch.cat([row[k] for row in rows if row]) for k in (0, 1))
    if standardise:
        set_statistics(model, embed_ir, embed_vis)
    return embed_ir, embed_vis
