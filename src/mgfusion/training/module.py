"""The LightningModule: loss, optimiser, schedule and validation scores."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import lightning
import torch
from torch import Tensor

from mgfusion.images import luminance
from mgfusion.losses import FusionLoss, Whole
from mgfusion.models import MGFusion
from mgfusion.training.config import TrainConfig


class TrainingError(RuntimeError):
    """A run can't go on; the message says where and why."""


Batch = tuple[Tensor, Tensor, Tensor]  # ir and vis (B, 1 | 3, S, S), uint8; picture index (B,)


class FusionModule(lightning.LightningModule):
    """Trains ``model`` on crops, with the embeddings of the whole pictures, computed once.

    Args:
        model: trained in place.
        config: the run's settings.
        names: of the training pictures, for messages.
        embeddings: (P, E) of the infrared and of the visible training pictures; None for an unguided model.
        pictures: :func:`mgfusion.losses.whole` of the P training pictures.
        total_steps: length of the learning-rate schedule.
    """

    def __init__(
        self,
        model: MGFusion,
        config: TrainConfig,
        names: Sequence[str],
        embeddings: tuple[Tensor, Tensor] | None,
        pictures: Whole,
        total_steps: int,
    ) -> None:
        super().__init__()
        self.model, self.config, self.total_steps = model, config, total_steps
        self.names, self.embeddings, self.pictures = names, embeddings, pictures
        loss = config.loss
        self.loss = FusionLoss(**asdict(loss))

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        # Statistics of small crops are noise to a network that must copy pixels; frozen, it is an affine map.
        if self.global_step >= self.config.freeze_norm * self.total_steps:
            for module in self.model.modules():
                if isinstance(module, torch.nn.BatchNorm2d):
                    module.eval()

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        ir, vis, index = batch
        # Depthwise convolutions and the layer norms are faster so, on CPU and GPU.
        ir, vis = ((x.float() / 255).contiguous(memory_format=torch.channels_last) for x in (ir, vis))
        embeddings = None
        if self.embeddings is not None:
            embed_ir, embed_vis = (e.to(self.device)[index] for e in self.embeddings)
            embeddings = embed_ir, embed_vis
        fused = self.model(ir, vis, embeddings)
        whole = Whole(*(fact.to(self.device)[index] for fact in self.pictures))
        with torch.autocast(fused.device.type, enabled=False):
            terms = self.loss(fused.float(), ir, luminance(vis), whole)
        self.log_dict({f"train/{key}": value.detach() for key, value in terms.items()}, prog_bar=False)
        self.log("loss", terms["loss"].detach(), prog_bar=True, logger=False)
        loss: Tensor = terms["loss"]
        if not torch.isfinite(loss):
            pictures = ", ".join(sorted({self.names[i] for i in index.tolist()}))
            raise TrainingError(f"loss is {loss.item()} at step {self.global_step}; its pictures: {pictures}")
        return loss

    def configure_optimizers(self) -> Any:
        parameters = [p for p in self.parameters() if p.requires_grad]
        optimizer = torch.optim.Adam(parameters, lr=self.config.lr_peak)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: learning_rate(step, self.total_steps, self.config) / self.config.lr_peak
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def learning_rate(step: int, total: int, config: TrainConfig) -> float:
    """Section 4.2: a linear rise from ``lr_start`` to ``lr_peak``, then a linear fall to ``lr_end``."""
    rise = max(config.warmup * total, 1)
    if step < rise:
        return config.lr_start + (config.lr_peak - config.lr_start) * step / rise
    fall = min((step - rise) / max(total - rise, 1), 1.0)
    return config.lr_peak + (config.lr_end - config.lr_peak) * fall
