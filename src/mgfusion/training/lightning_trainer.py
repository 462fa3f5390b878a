"""Lightning's trainer as a run wants it: devices, callbacks and logs."""

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging, LearningRateMonitor
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_only

from mgfusion.data.decoded_pictures import Picture
from mgfusion.errors import RecipeError
from mgfusion.training.checkpoints import LastCheckpoint
from mgfusion.training.progress_bar import RunProgress
from mgfusion.training.recipe import TrainConfig
from mgfusion.training.validation import Validation


def main_process() -> bool:
    """Whether this process is the one that writes and prints; true where there is only one."""
    # Lightning knows of the other machines once there is a trainer; what must be known before is read here.
    node = os.environ.get("NODE_RANK", os.environ.get("GROUP_RANK", "0"))
    return process_number() == 0 and node == "0"


def process_number() -> int:
    """That of this process among all, as far as its launcher's variables tell before there is a trainer."""
    return int(getattr(rank_zero_only, "rank", 0) or 0)


def build_trainer(
    config: TrainConfig,
    out: Path,
    epoch_steps: int,
    held_out: Sequence[Picture],
    *,
    devices: int = 1,
    nodes: int = 1,
    max_time: timedelta | None = None,
    progress: bool = True,
) -> lightning.Trainer:
    """A trainer; with more than one device, each gets a process that runs the same command.

    Args:
        config: its ``batch`` is that of all devices together.
        out: the run's folder.
        epoch_steps: steps in an epoch.
        held_out: validation pictures; no validation where there are none.
        devices: on each machine: GPUs, or processes on a machine without.
        nodes: machines.
        max_time: stop this long after the start, a resumed one's too.
        progress: show a bar where stderr is a terminal.

    Raises:
        RecipeError: more devices than there are, or a batch that they can't share evenly.
    """
    world, gpus = devices * nodes, torch.cuda.device_count()
    if devices < 1 or nodes < 1:
        raise RecipeError(f"{devices} devices on {nodes} nodes; give 1 or more of each")
    if gpus and devices > gpus:
        raise RecipeError(f"{devices} devices asked for, but this machine has {gpus} GPUs")
    if config.batch % world:
        raise RecipeError(
            f"a batch of {config.batch} can't be shared evenly among {world} devices; "
            f"set batch={-(-config.batch // world) * world}"
        )
    callbacks: list[Any] = [LastCheckpoint(out, max_time), LearningRateMonitor("step")]
    if held_out:
        callbacks.append(Validation(held_out, out))
    if config.average:  # after Validation, see there
        callbacks.append(EMAWeightAveraging(decay=config.average))
    if progress:
        callbacks.append(RunProgress(config.epochs * epoch_steps))
    return lightning.Trainer(
        max_epochs=config.epochs,
        precision=config.precision,
        gradient_clip_val=config.clip or None,
        accelerator="auto",
        devices=devices,
        num_nodes=nodes,
        strategy="ddp" if world > 1 else "auto",
        sync_batchnorm=world > 1 and gpus > 0,  # torch has none for a CPU
        check_val_every_n_epoch=min(config.validate_every, config.epochs) if held_out else 1,
        limit_val_batches=1.0 if held_out else 0,
        callbacks=callbacks,
        logger=[CSVLogger(out, "logs"), TensorBoardLogger(out, "tensorboard")],
        log_every_n_steps=max(1, min(50, epoch_steps // 4)),
        enable_progress_bar=progress,
        enable_model_summary=False,
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
    )
