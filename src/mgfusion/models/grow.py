"""A trained model without guidance, given guidance that changes nothing yet: what training starts from."""

from collections.abc import Collection
from dataclasses import replace
from typing import Literal

import torch
from torch import nn

from mgfusion.errors import ModelError
from mgfusion.models.mgfusion import MGFusion
from mgfusion.models.network_config import MGFusionConfig
from mgfusion.models.restormer import RestormerBlock

Part = Literal["cii", "cff"]


@torch.no_grad()
def with_guidance(model: MGFusion, wanted: MGFusionConfig, without: Collection[Part] = ()) -> MGFusion:
    """The same picture from a model with CII, CFF and, in the pyramid, a Restormer block at its lowest level.

    What is added to the features starts at zero and what they are multiplied by at one, so that all a run
    finds is gain. As in Net2Net (Chen et al., ICLR 2016, arXiv 1511.05641).

    Args:
        model: without CII and CFF; left as it is.
        wanted: ``guidance``, ``encoder``, ``embed_dim`` and ``adapter_dim`` are taken from it, all else from
            the model.
        without: what is left out all the same: a model to compare guidance with.

    Raises:
        ModelError: the model has guidance.
    """
    old = model.config
    if old.guided:
        raise ModelError("has guidance already; name a model with neither CII nor CFF")
    added = old.network == "pyramid" and old.num_blocks == 0
    grown = MGFusion(
        replace(
            old,
            cii="cii" not in without,
            cff="cff" not in without,
            guidance=wanted.guidance,
            num_blocks=1 if added else old.num_blocks,
            encoder=wanted.encoder,
            embed_dim=wanted.embed_dim,
            adapter_dim=wanted.adapter_dim,
        )
    )
    state = grown.state_dict()
    embedding = {"ir_mean", "vis_mean", "embed_std"}  # of this encoder's embeddings: training sets them
    for name, value in model.state_dict().items():
        if name not in embedding:
            state[_moved(name) if added else name] = value
    grown.load_state_dict(state)
    for cii in (grown.cii_ir, grown.cii_vis) if grown.config.cii else ():
        _set(cii.adapter[-1], 0)
    if grown.config.cff:
        for weight in (grown.cff.ira, grown.cff.via):
            _set(weight[-1], 2 / 3)  # eq. 5 multiplies by 1 + 1/2 where SAWP says nothing
        _set(grown.cff.sawp[-1], 0)
    if added:
        for block in grown.fd.modules():
            if isinstance(block, RestormerBlock):
                nn.init.zeros_(block.attention.project.weight)
                nn.init.zeros_(block.ffn.project.weight)
    return grown.train(model.training)


def _moved(name: str) -> str:
    """Where a pyramid's weight goes when a block is put behind the first two convolutions of its bottom."""
    part, _, rest = name.removeprefix("fd.bottom.").partition(".")
    return f"fd.bottom.{int(part) + 1}.{rest}" if name.startswith("fd.bottom.") and int(part) > 1 else name


def _set(layer: nn.Module, bias: float) -> None:
    """Make a last layer say the same of everything."""
    assert isinstance(layer, nn.Linear | nn.Conv2d) and layer.bias is not None
    nn.init.zeros_(layer.weight)
    nn.init.constant_(layer.bias, bias)
