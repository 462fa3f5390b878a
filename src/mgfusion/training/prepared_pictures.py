"""Decoded pictures and their embeddings, kept between the runs of one process."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from mgfusion.data.decoded_pictures import Picture, TrainingPicture, load_pictures
from mgfusion.data.pairs import Pair
from mgfusion.files import write_whole
from mgfusion.models import MGFusion
from mgfusion.thermal import IrRange
from mgfusion.training.stored_embeddings import StoredRows

Rows = Tensor | StoredRows
"""Embeddings of P pictures: (P, E), or maps (P, h, h, E)."""


@dataclass
class Prepared:
    """What :func:`mgfusion.training.train` needs of each pair, made at most once.

    Decoding and embedding some 600 pairs takes a CPU minutes, which runs on the same pairs need not pay
    again. For runs with crops of one size; another ``ir_range`` starts it anew.
    """

    ir_range: IrRange = "auto"
    pictures: dict[Pair, Picture] = field(default_factory=dict)
    embeddings: dict[tuple[str, str, Pair], tuple[Tensor, Tensor]] = field(default_factory=dict)

    def load(self, pairs: Sequence[Pair], min_size: int = 1, ir_range: IrRange = "auto") -> list[Picture]:
        """As :func:`mgfusion.data.decoded_pictures.load_pictures`; the same errors."""
        if ir_range != self.ir_range:
            self.ir_range, self.pictures, self.embeddings = ir_range, {}, {}
        new = [pair for pair in pairs if pair not in self.pictures]
        self.pictures |= zip(new, load_pictures(new, min_size, ir_range), strict=True)
        return [self.pictures[pair] for pair in pairs]

    def embed(self, model: MGFusion, picture: TrainingPicture) -> tuple[Tensor, Tensor] | None:
        """As :meth:`mgfusion.models.MGFusion.embed`, of a pair: (1, E) each, or (1, h, w, E) in float16."""
        key = model.config.encoder, model.config.guidance, picture.pair
        if key not in self.embeddings:
            found = model.embed(*picture.unit())
            if found is None:
                return None
            # 81 places of 1280 numbers a picture: hundreds of pictures are half a gigabyte as they are.
            self.embeddings[key] = (found[0].half(), found[1].half()) if model.placed else found
        return self.embeddings[key]


def save_split(out: Path, train: Sequence[Pair], validation: Sequence[Pair]) -> None:
    """Write ``split.json``: which pairs were trained on and which held out, as ``data set/name``."""
    parts = {"train": train, "validation": validation}
    names = {part: [f"{pair.source}/{pair.name}" for pair in pairs] for part, pairs in parts.items()}
    write_whole(out / "split.json", json.dumps(names, indent=1) + "\n", overwrite=True)


def set_statistics(model: MGFusion, embed_ir: Rows, embed_vis: Rows) -> None:
    """Set the model's ``ir_mean``, ``vis_mean`` and ``embed_std`` from the embeddings of training pictures.

    All places of all pictures count alike. One picture after another, since stored ones may be more than
    memory holds.
    """
    squares, count = 0.0, 0
    for mean, rows in ((model.ir_mean, embed_ir), (model.vis_mean, embed_vis)):
        total, places = torch.zeros(len(mean), dtype=torch.float64), 0
        for row in rows:
            flat = row.reshape(-1, len(mean))
            total, places = total + flat.sum(0, dtype=torch.float64), places + len(flat)
        mean.copy_(total / places)
        squares += sum(float((row.float() - mean).square().sum()) for row in rows)
        count += places * len(mean)
    # One picture has no spread; its embedding becomes zero.
    model.embed_std.fill_((squares / (count - 1)) ** 0.5 if squares else 1.0)


def embed_pictures(
    model: MGFusion, pictures: Sequence[TrainingPicture], prepared: Prepared, *, standardise: bool
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
