"""The progress bar of a run."""

from typing import Any

import lightning
from lightning.pytorch.callbacks import ProgressBar
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class RunProgress(ProgressBar):
    """One bar for the whole run: epoch, steps, loss, learning rate, time gone and time left.

    On stderr where that is a terminal, else nothing; Lightning's own bars go to stdout and show one epoch.

    Args:
        total_steps: of the run, those before a resume included.
    """

    def __init__(self, total_steps: int) -> None:
        super().__init__()
        self.total_steps, self._shown = total_steps, True
        self._bar, self._task = Progress(disable=True), TaskID(0)

    def disable(self) -> None:
        """Lightning calls it in all processes but one."""
        self._shown = False

    def enable(self) -> None:
        """Undo :meth:`disable`."""
        self._shown = True

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[values]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            disable=not (self._shown and console.is_terminal),
            redirect_stdout=False,
        )
        self._task = self._bar.add_task(
            "training", total=self.total_steps, completed=trainer.global_step, values=""
        )
        self._bar.start()

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        if self._bar.disable:
            return
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        self._bar.update(
            self._task,
            completed=trainer.global_step,
            description=f"epoch {trainer.current_epoch + 1}/{trainer.max_epochs}",
            values=f"loss {float(outputs['loss']):.4f}  lr {rate:.2e}",
        )

    def on_validation_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self._bar.update(self._task, description="validating")

    def on_train_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self._bar.stop()

    def on_exception(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, exception: BaseException
    ) -> None:
        self._bar.stop()
