"""The LightningModule: loss, optimiser, schedule, and fusing validation pictures."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import lightning
import torch
from torch import Tensor
from torch.nn import BatchNorm2d, SyncBatchNorm

from mgfusion.data.crops import Crop
from mgfusion.errors import TrainingError
from mgfusion.images import luminance
from mgfusion.losses import FusionLoss, Whole
from mgfusion.models import MGFusion
from mgfusion.training.prepared_pictures import Rows
from mgfusion.training.recipe import TrainConfig

Batch = tuple[Tensor, Tensor, Tensor]  # of validation: ir and vis (B, 1 | 3, H, W), uint8; index (B,)


class FusionModule(lightning.LightningModule):
    """Trains ``model`` on crops, with the embeddings of the whole pictures, computed once.

    Args:
        model: trained in place.
        config: the run's settings.
        names: of the training pictures, for messages.
        embeddings: of the infrared and of the visible training pictures, see
            :data:`mgfusion.training.prepared_pictures.Rows`; None for an unguided model.
        pictures: :func:`mgfusion.losses.whole_pictures` of the P training pictures.
        total_steps: length of the learning-rate schedule.
        held_out_embeddings: those of the validation pictures.

    With several processes the first one's embeddings go to the others before training.
    """

    def __init__(
        self,
        model: MGFusion,
        config: TrainConfig,
        names: Sequence[str],
        embeddings: tuple[Rows, Rows] | None,
        pictures: Whole,
        total_steps: int,
        held_out_embeddings: tuple[Rows, Rows] | None = None,
    ) -> None:
        super().__init__()
        self.model, self.config, self.total_steps = model, config, total_steps
        self.names, self.embeddings, self.pictures = names, embeddings, pictures
        self.held_out_embeddings = held_out_embeddings
        loss = config.loss
        self.loss = FusionLoss(**asdict(loss))

    def setup(self, stage: str) -> None:
        both = self.embeddings, self.held_out_embeddings
        self.embeddings, self.held_out_embeddings = self.trainer.strategy.broadcast(both)

    def on_fit_start(self) -> None:
        # Once, where Lightning has placed the model: at each step they would wait for the bus.
        self.embeddings, self.held_out_embeddings = (
            both and (both[0].to(self.device), both[1].to(self.device))
            for both in (self.embeddings, self.held_out_embeddings)
        )
        self.pictures = Whole(*(fact.to(self.device) for fact in self.pictures))

    def on_train_batch_start(self, batch: Crop, batch_idx: int) -> None:
        # Statistics of small crops are noise to a network that must copy pixels; frozen, it is an affine map.
        if self.global_step >= self.config.freeze_norm * self.total_steps:
            for module in self.model.modules():
                if isinstance(module, BatchNorm2d | SyncBatchNorm):
                    module.eval()

    def training_step(self, batch: Crop, batch_idx: int) -> Tensor:
        # Depthwise convolutions and the layer norms are faster so, on CPU and GPU.
        ir, vis, clean_ir, clean_vis = (
            (x.float() / 255).contiguous(memory_format=torch.channels_last) for x in batch[:4]
        )
        index = torch.as_tensor(batch.picture)
        embeddings = self._rows(self.embeddings, index)
        if embeddings and self.model.placed:
            turned = torch.as_tensor(batch.transposed)
            embeddings = _transposed(embeddings[0], turned), _transposed(embeddings[1], turned)
        fused = self.model(ir, vis, embeddings, batch.place.tensor_split(4, dim=1))
        whole = Whole(*(fact[index] for fact in self.pictures))
        whole = whole._replace(side=whole.side / 2**batch.halvings)
        with torch.autocast(fused.device.type, enabled=False):
            terms = self.loss(
                fused.float(), clean_ir, luminance(clean_vis), whole, (batch.blobs, batch.rings)
            )
        self.log_dict({f"train/{key}": value.detach() for key, value in terms.items()}, prog_bar=False)
        self.log("loss", terms["loss"].detach(), prog_bar=True, logger=False)
        loss: Tensor = terms["loss"]
        self._check(loss, index)
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Fused luminance (B, 1, H, W) of whole pictures, in full precision as ``mgfusion fuse``."""
        ir, vis, index = batch
        with torch.autocast(self.device.type, enabled=False):
            fused: Tensor = self.model(ir / 255, vis / 255, self._rows(self.held_out_embeddings, index))
        return fused

    def _rows(self, embeddings: tuple[Rows, Rows] | None, index: Tensor) -> tuple[Tensor, Tensor] | None:
        if embeddings is None:
            return None
        return embeddings[0][index].float(), embeddings[1][index].float()

    def _check(self, loss: Tensor, index: Tensor) -> None:
        """Every process stops if one's loss is no number: else the others would wait for it for ever."""
        total = self.trainer.strategy.reduce(loss.detach().clone(), reduce_op="sum")
        if torch.isfinite(total):
            return
        gathered: Any = self.all_gather(torch.where(torch.isfinite(loss), -1, index))
        pictures = ", ".join(sorted({self.names[i] for i in gathered.flatten().tolist() if i >= 0}))
        raise TrainingError(f"loss is {total.item()} at step {self.global_step}; its pictures: {pictures}")

    def configure_optimizers(self) -> Any:
        parameters = [p for p in self.parameters() if p.requires_grad]
        optimizer = torch.optim.Adam(parameters, lr=self.config.lr_peak)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: learning_rate(step, self.total_steps, self.config) / self.config.lr_peak
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def _transposed(maps: Tensor, where: Tensor) -> Tensor:
    """Maps (B, h, h, E) as their pictures are; every encoder sees a square."""
    return torch.where(where[:, None, None, None], maps.transpose(1, 2), maps)


def learning_rate(step: int, total: int, config: TrainConfig) -> float:
    """Section 4.2: a linear rise from ``lr_start`` to ``lr_peak``, then a linear fall to ``lr_end``."""
    rise = max(config.warmup * total, 1)
    if step < rise:
        return config.lr_start + (config.lr_peak - config.lr_start) * step / rise
    fall = min((step - rise) / max(total - rise, 1), 1.0)
    return config.lr_peak + (config.lr_end - config.lr_peak) * fall
