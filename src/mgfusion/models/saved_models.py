"""Models on disk: a folder with model.safetensors and config.json."""

import dataclasses
import json
from pathlib import Path

import torch

from mgfusion.errors import ModelError
from mgfusion.files import write_whole
from mgfusion.models.encoders import lasting_name
from mgfusion.models.mgfusion import MGFusion
from mgfusion.models.model_folders import CONFIG, WEIGHTS, model_folder
from mgfusion.models.network_config import MGFusionConfig


def load_model(name_or_folder: str | Path = "mgfusion-base", device: str | torch.device = "cpu") -> MGFusion:
    """A trained model, ready to fuse (evaluation mode, float32).

    Args:
        name_or_folder: a packaged model's name, or a folder that :func:`save_model` wrote.
        device: where to put it.

    Raises:
        ModelError: not found, unreadable, or weights that do not fit the configuration.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    folder = model_folder(name_or_folder)
    try:
        config = MGFusionConfig(**json.loads((folder / CONFIG).read_text())["model"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"{folder / CONFIG} is no configuration of this version: {error}") from error
    try:
        state = {key: value.float() for key, value in load_file(folder / WEIGHTS).items()}
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise ModelError(f"{folder / WEIGHTS} can't be read: {error}") from error
    broken = [key for key, value in state.items() if not torch.isfinite(value).all()]
    if broken:
        raise ModelError(f"{folder / WEIGHTS} holds values that are no numbers, first in {broken[0]}")
    _refuse_what_cannot_fit(config, state, folder)
    with torch.random.fork_rng(devices=[]):  # the caller's random numbers are not ours to draw
        model = MGFusion(config)
    expected = model.state_dict()
    state |= {key: value for key, value in expected.items() if key.endswith("num_batches_tracked")}
    wrong = sorted(
        key
        for key in expected.keys() | state.keys()
        if key not in expected or key not in state or expected[key].shape != state[key].shape
    )
    if wrong:
        raise ModelError(
            f"{folder / WEIGHTS} does not fit its {CONFIG}: {len(wrong)} tensors differ, first {wrong[0]}"
        )
    model.load_state_dict(state)
    return model.eval().to(device)


def _refuse_what_cannot_fit(config: MGFusionConfig, state: dict[str, torch.Tensor], folder: Path) -> None:
    """Before the network takes its memory: a configuration may ask for any amount.

    Each block has a matrix of C by C times its expansion, the buffers hold an embedding each, an adapter is a
    matrix of both its widths; so these numbers are at most those of the file.

    Raises:
        ModelError: the file is too small for what its configuration says.
    """
    numbers = sum(value.numel() for value in state.values())
    blocks = config.num_blocks * config.dim**2 * config.ffn_expansion
    adapter = config.embed_dim * (config.adapter_dim if config.guided else 1)
    if max(config.dim**2, blocks, adapter) > numbers or config.num_blocks > len(state):
        raise ModelError(
            f"{folder / WEIGHTS} does not fit its {CONFIG}: holds {numbers} numbers in {len(state)} tensors"
        )


def save_model(
    model: MGFusion, folder: str | Path, *, half: bool = False, about: dict[str, object] | None = None
) -> Path:
    """Write a folder that :func:`load_model` takes; the frozen encoder is not part of it.

    Args:
        model: what to save.
        folder: created if missing. Its config.json has the whole path of an encoder's folder.
        half: store float16, half the size.
        about: more entries of config.json: licence, training data, encoder, scores.

    Returns:
        ``folder``.

    Raises:
        OutputError: the folder can't be made or written.
    """
    from safetensors.torch import save

    folder = Path(folder)
    dtype = torch.float16 if half else torch.float32
    state = {
        key: value.detach().to("cpu", dtype).contiguous()
        for key, value in model.state_dict().items()
        if not key.startswith("encoder.") and not key.endswith("num_batches_tracked")
    }
    write_whole(folder / WEIGHTS, save(state, metadata={"format": "pt"}), overwrite=True)
    config = {**dataclasses.asdict(model.config), "encoder": lasting_name(model.config.encoder)}
    text = json.dumps({**(about or {}), "model": config}, indent=2)
    write_whole(folder / CONFIG, text + "\n", overwrite=True)
    return folder
