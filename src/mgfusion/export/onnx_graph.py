"""The network and its encoder as one ONNX graph of any height and width."""

import logging
import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from mgfusion.inference.optimised import merged
from mgfusion.models import MGFusion, SemanticEncoder, build_encoder

if TYPE_CHECKING:
    from onnx import ModelProto

EXACT = ("resize", "underlay", "statistics")
"""Submodules whose arithmetic must stay float32: half precision can't count beyond 2048 pixels."""
_OPSET = 18
_AXES = ("batch", None, "height", "width")


class Resize(nn.Module):
    """The encoder's antialiased resize as two matrix products: ONNX's own Resize differs between run times.

    Args:
        size: height and width of what comes out.
        bicubic: Keys' kernel with a = -0.5 instead of the triangle.
    """

    def __init__(self, size: int, bicubic: bool) -> None:
        super().__init__()
        self.size, self.bicubic = size, bicubic

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = self._weights(x.shape[-2]), self._weights(x.shape[-1])
        return rows @ (x @ columns.T)

    def _weights(self, length: int) -> Tensor:
        """(size, length): what each pixel in gives to each pixel out; rows sum to one."""
        stretch: Any = length / self.size
        at = (torch.arange(self.size, dtype=torch.float32) + 0.5) * stretch
        near = torch.arange(length, dtype=torch.float32) + 0.5
        # a tensor's maximum: PyTorch 2.7 traces that of two sizes as the one that is larger for the example
        support = (torch.ones(length).sum() / self.size).clamp(min=1)
        x = ((near - at[:, None]) / support).abs()
        if self.bicubic:
            inner, outer = (1.5 * x - 2.5) * x * x + 1, ((2.5 - 0.5 * x) * x - 4) * x + 2
            weights = torch.where(x < 1, inner, torch.where(x < 2, outer, torch.zeros_like(x)))
        else:
            weights = (1 - x).clamp(min=0)
        return weights / weights.sum(dim=1, keepdim=True)


class Graph(nn.Module):
    """ir (B, 1, H, W) and vis (B, 3, H, W) -> fused (B, 1, H, W), all in [0, 1]; ``MGFusion``, traceable."""

    def __init__(self, model: MGFusion) -> None:
        super().__init__()
        self.model = model
        self.encoder: SemanticEncoder | None = None
        if model.config.guided:
            self.encoder = model.encoder or build_encoder(model.config.encoder, model.config.guidance)
            self.resize = Resize(self.encoder.size, self.encoder.resample == "bicubic")

    def forward(self, ir: Tensor, vis: Tensor) -> Tensor:
        embeddings = None
        if self.encoder is not None:
            small = torch.cat([self.resize(ir).expand(-1, 3, -1, -1), self.resize(vis)]).clamp(0, 1)
            both = self.encoder.backbone((small - self.encoder.mean) / self.encoder.std)
            embeddings = both[: ir.shape[0]], both[ir.shape[0] :]  # chunk(2) needs a batch known beforehand
        filled_ir, filled_vis = (_fill_up(x, self.model.config.multiple) for x in (ir, vis))
        bottom, right = (filled_ir.shape[k] / ir.shape[k] for k in (-2, -1))
        fused: Tensor = self.model(filled_ir, filled_vis, embeddings, (0.0, bottom, 0.0, right))
        return fused[..., : ir.shape[-2], : ir.shape[-1]]


def _fill_up(x: Tensor, multiple: int) -> Tensor:
    """``to_multiple`` without a decision that depends on the size."""
    for dim in (-2, -1):
        length = x.shape[dim]
        whole = (length + multiple - 1) // multiple * multiple
        x = x.index_select(dim, torch.arange(whole).clamp(max=length - 1))
    return x


def trace(model: MGFusion) -> "ModelProto":
    """The graph of a model on the CPU, in float32; takes a minute."""
    graph = Graph(merged(model.float().cpu())).eval()
    example = torch.rand(2, 1, 97, 131), torch.rand(2, 3, 97, 131)
    any_size = dict.fromkeys((0, 2, 3), torch.export.Dim.DYNAMIC)
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)  # it warns that torchvision is missing, which nothing here needs
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                graph,
                example,
                dynamo=True,
                input_names=["ir", "vis"],
                output_names=["fused"],
                dynamic_shapes=(any_size, any_size),
                opset_version=_OPSET,
                verbose=False,
            )
    finally:
        log.setLevel(level)
    assert program is not None
    return program.model_proto


def finish(model: "ModelProto", about: dict[str, str]) -> "ModelProto":
    """Name the axes, say what the model is, and drop what the exporter noted of this machine's files."""
    from onnx import helper

    for picture in (*model.graph.input, *model.graph.output):
        for axis, name in zip(picture.type.tensor_type.shape.dim, _AXES, strict=True):
            if name:
                axis.dim_param = name
    del model.graph.value_info[:], model.graph.metadata_props[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    model.producer_name, model.producer_version = "mgfusion", about.get("version", "")
    helper.set_model_props(model, about)
    return model
