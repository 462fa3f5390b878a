"""Embeddings of stored pictures, a small file beside each, read for the pictures of a batch alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import torch
from torch import Tensor

from mgfusion.models import MGFusion
from mgfusion.training.stored_pictures import StoredPicture, opened, write_arrays


@dataclass(frozen=True)
class StoredRows:
    """What indexing a tensor (P, ...) with a tensor of numbers would give, read from P files.

    Attributes:
        files: (file, record) of each picture.
        side: ``ir`` or ``vis``.
    """

    files: Sequence[tuple[Path, str]]
    side: str

    def __len__(self) -> int:
        return len(self.files)

    def __iter__(self) -> Iterator[Tensor]:
        return map(self._read, range(len(self)))

    def __getitem__(self, index: Tensor) -> Tensor:
        """Rows of these pictures, on the index's device."""
        return torch.stack([self._read(i) for i in index.tolist()]).to(index.device)

    def to(self, device: torch.device) -> "StoredRows":
        """Itself: rows go to a device as they are read."""
        return self

    def _read(self, i: int) -> Tensor:
        with opened(*self.files[i]) as file:
            return torch.from_numpy(file.get_tensor(self.side))


def encoder_name(model: MGFusion, picture: StoredPicture) -> str:
    """Stands for the encoder's weights, not its name alone: the files of a CLIP may change."""
    if model.encoder is None:
        model.embed(*picture.unit())  # loads it
    assert model.encoder is not None
    digest = sha256(f"{model.config.encoder} {model.config.guidance}".encode())
    for name, weight in model.encoder.state_dict().items():
        digest.update(name.encode())
        digest.update(weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()[:16]


def embedding_file(picture: StoredPicture, encoder: str) -> Path:
    """Where a picture's embeddings by an encoder lie, see :func:`encoder_name`."""
    return picture.file.with_suffix(f".{encoder}.safetensors")


def write_embeddings(model: MGFusion, picture: StoredPicture, file: Path) -> None:
    """Embed a pair by a guided model's encoder into a file; places of maps in float16, as in memory.

    Raises:
        EncoderError: see :meth:`mgfusion.models.MGFusion.embed`.
        OutputError: it can't be written.
    """
    both = model.embed(*picture.unit())
    assert both is not None
    ir, vis = ((one.half() if model.placed else one)[0].contiguous().numpy() for one in both)
    write_arrays(file, picture.record, ir=ir, vis=vis)
