"""``last.ckpt``: when it is written, what it says of a run, and what it can't say."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Checkpoint

from mgfusion.errors import TrainingError
from mgfusion.training.run_folder import CHECKPOINT


class LastCheckpoint(Checkpoint):
    """Saves after each whole epoch, and in the middle of one where the time is up, so that no step is lost.

    Lightning's own would save a broken-off epoch as a whole one, and a resumed run would leave its rest out;
    its Timer counts the time before a resume, too.

    Args:
        out: the run's folder.
        max_time: stop this long after training starts.
    """

    def __init__(self, out: Path, max_time: timedelta | None = None) -> None:
        self.file, self.max_time = out / CHECKPOINT, max_time
        self._end = float("inf")
        self._broken_off = False

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if self.max_time:
            self._end = time.monotonic() + self.max_time.total_seconds()

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        if not (self.max_time and trainer.strategy.broadcast(time.monotonic() >= self._end)):
            return
        trainer.should_stop = True
        if batch_idx + 1 < trainer.num_training_batches:
            self._broken_off = True
            trainer.save_checkpoint(self.file)

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if not self._broken_off:
            trainer.save_checkpoint(self.file)


def read_checkpoint(out: Path) -> dict[str, Any] | None:
    """What ``last.ckpt`` holds, weights on the CPU; None where there is none.

    Raises:
        TrainingError: it can't be read.
    """
    file = out / CHECKPOINT
    if not file.is_file():
        return None
    try:
        checkpoint: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
        progress_of(checkpoint)
    except Exception as error:  # damaged bytes raise anything at all
        raise TrainingError(
            f"{file}: not a checkpoint that can be read; copy it again, or start anew with --overwrite"
        ) from error
    return checkpoint


def progress_of(checkpoint: dict[str, Any]) -> tuple[int, int]:
    """(whole epochs that are done, batches done of the one after them)."""
    loop = checkpoint["loops"]["fit_loop"]
    epochs, batches = loop["epoch_progress"]["current"], loop["epoch_loop.batch_progress"]["current"]
    done: int = epochs["processed"]
    return done, batches["processed"] if epochs["started"] > done else 0
