"""What a model on disk says of itself, without loading it."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from mgfusion.errors import ModelError
from mgfusion.models.model_folders import CONFIG, WEIGHTS, model_folder


@dataclass(frozen=True)
class ModelSummary:
    """One line of ``mgfusion models``."""

    name: str
    encoder: str
    parameters: int
    """Numbers in the weights file; the frozen encoder's are not among them."""
    licence: str


_BUFFERS = ("running_mean", "running_var", "ir_mean", "vis_mean", "embed_std")


def summarise_model(name_or_folder: str | Path) -> ModelSummary:
    """Read config.json and the header of model.safetensors.

    Raises:
        ModelError: not found or unreadable.
    """
    from safetensors import SafetensorError, safe_open

    folder = model_folder(name_or_folder)
    try:
        about = json.loads((folder / CONFIG).read_text())
        with safe_open(folder / WEIGHTS, framework="numpy") as tensors:
            learned = (key for key in tensors.keys() if not key.endswith(_BUFFERS))  # noqa: SIM118
            parameters = sum(math.prod(tensors.get_slice(key).get_shape()) for key in learned)
        config = about["model"]
        guided = config.get("cii", True) or config.get("cff", True)
        encoder = config.get("encoder", "?") if guided else "none"
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ModelError(f"{folder}: cannot be read as a model ({error})") from error
    return ModelSummary(str(name_or_folder), encoder, parameters, str(about.get("licence", "not stated")))
