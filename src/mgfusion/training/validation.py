"""Validation while training: whole held-out pictures, metrics, one score, a sheet, and the best model."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor

from mgfusion.data.decoded_pictures import Picture
from mgfusion.images import from_tensor, luminance, write_image
from mgfusion.metrics import (
    HOT_TARGET_METRICS,
    METRICS,
    PAPER_METRICS,
    evaluate_pair,
    mean_over_pictures,
    with_weights,
)
from mgfusion.models import save_model
from mgfusion.training.validation_sheets import draw_sheet

CONVENTION = "paper"
LOGGED = (*PAPER_METRICS, *HOT_TARGET_METRICS)
"""What is measured and logged; the score that picks the best model counts the paper's six."""
_MEASURED = with_weights(LOGGED)

Scores = dict[str, float]


def set_means(pictures: Sequence[Picture], scores: Mapping[int, Scores]) -> dict[str, Scores]:
    """Data set -> metric -> mean over its pictures where it is finite; NaN where there is none.

    That of hot targets is over the targets, see :func:`mgfusion.metrics.mean_over_pictures`.
    """
    means: dict[str, Scores] = {}
    for source in sorted({picture.pair.source for picture in pictures}):
        rows = [scores[i] for i, picture in enumerate(pictures) if picture.pair.source == source]
        means[source] = {name: mean_over_pictures(rows, name) for name in LOGGED}
    return means


def validation_score(ours: Mapping[str, Scores], reference: Mapping[str, Scores]) -> float:
    """How much better than the element-wise maximum of both sources, in [-1, 1]; 0 is as good.

    The mean over data sets and metrics of ``(m - r) / (abs(m) + abs(r))``, its sign turned where lower is
    better: each metric counts by what it gains in proportion, and none by more than 1 however small ``r``.

    Args:
        ours: data set -> metric -> mean score m of the model's pictures.
        reference: the same of the element-wise maximum, r.
    """
    gains = []
    for source, means in ours.items():
        for name in PAPER_METRICS:
            m = means[name]
            r = reference[source][name]
            gain = (m - r) / (abs(m) + abs(r)) if m != r else 0.0
            gains.append(-gain if METRICS[name].better == "lower" else gain)
    return _finite_mean(gains)


def _finite_mean(values: Iterable[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return fmean(finite) if finite else math.nan


class Validation(Callback):
    """Scores what ``FusionModule.validation_step`` fused, logs it, draws a sheet and keeps the best model.

    It must stand before Lightning's weight averaging among the callbacks: that puts the averaged weights in
    place before the first picture and the others back after the last, at hooks called in this order.

    Args:
        pictures: what the loader of :func:`validation_loader` gives.
        out: gets ``best/`` and ``sheets/``.
    """

    def __init__(self, pictures: Sequence[Picture], out: Path) -> None:
        self.pictures, self.out = pictures, out
        self.best_score, self.best_epoch = -math.inf, 0
        self._reference: dict[int, Scores] = {}
        self._found: dict[int, tuple[Scores, Scores, Tensor]] = {}

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run must know."""
        return {"best_score": self.best_score, "best_epoch": self.best_epoch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Back to what :meth:`state_dict` gave."""
        self.best_score, self.best_epoch = state_dict["best_score"], state_dict["best_epoch"]

    def on_validation_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        index = int(batch[2])
        ir, vis = from_tensor(batch[0] / 255), from_tensor(batch[1] / 255)
        if index not in self._reference:
            maximum = np.maximum(ir, from_tensor(luminance(batch[1] / 255)))
            self._reference[index] = evaluate_pair(maximum, ir, vis, _MEASURED, CONVENTION)
        scores = evaluate_pair(from_tensor(outputs), ir, vis, _MEASURED, CONVENTION)
        self._found[index] = scores, self._reference[index], outputs[0].cpu()

    def on_validation_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        found, self._found = _gather(self._found, trainer.world_size), {}
        ours = set_means(self.pictures, {i: row[0] for i, row in found.items()})
        score = validation_score(ours, set_means(self.pictures, {i: row[1] for i, row in found.items()}))
        epoch = trainer.current_epoch + 1
        better = score > self.best_score
        if better:
            self.best_score, self.best_epoch = score, epoch
        if not trainer.is_global_zero:
            return
        values: Scores = {"epoch": trainer.current_epoch, "val/score": score}
        values |= {f"val/{s}/{name}": value for s, means in ours.items() for name, value in means.items()}
        for name in LOGGED:
            values[f"val/{name}"] = _finite_mean(means[name] for means in ours.values())
        for logger in trainer.loggers:
            logger.log_metrics(values, step=trainer.global_step - 1)
        self._draw(trainer, {i: row[2] for i, row in found.items()}, epoch)
        if better:
            defined = {s: {n: v for n, v in m.items() if math.isfinite(v)} for s, m in ours.items()}
            about = {"validation": {"score": score, "epoch": epoch, "metrics": defined}}
            save_model(pl_module.model, self.out / "best", about=about)  # type: ignore[arg-type]

    def _draw(self, trainer: lightning.Trainer, fused: Mapping[int, Tensor], epoch: int) -> None:
        sheet = draw_sheet(self.pictures, fused)
        write_image(self.out / "sheets" / f"epoch_{epoch:04d}.jpg", sheet, overwrite=True)
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                logger.experiment.add_image("validation", sheet, trainer.global_step, dataformats="HWC")


def _gather(found: dict[int, Any], world_size: int) -> dict[int, Any]:
    """What all processes found, in each of them."""
    if world_size == 1:
        return found
    parts: list[dict[int, Any]] = [{} for _ in range(world_size)]
    torch.distributed.all_gather_object(parts, found)
    return {index: row for part in parts for index, row in part.items()}
