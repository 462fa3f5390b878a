"""Infrared and visible image fusion, guided by a frozen pre-trained image encoder.

The public names load on first use, so that ``import mgfusion`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "Fuser": "mgfusion.inference.fuser",
    "fuse": "mgfusion.inference.fuser",
    "FusionLoss": "mgfusion.losses",
    "MGFusion": "mgfusion.models",
    "MGFusionConfig": "mgfusion.models",
    "load_model": "mgfusion.models",
    "evaluate_pair": "mgfusion.metrics",
    "export_onnx": "mgfusion.export",
    "train": "mgfusion.training",
}

__all__ = [*_HOMES, "__version__"]

if TYPE_CHECKING:
    from mgfusion.export.onnx_export import export_onnx as export_onnx
    from mgfusion.inference.fuser import Fuser as Fuser
    from mgfusion.inference.fuser import fuse as fuse
    from mgfusion.losses import FusionLoss as FusionLoss
    from mgfusion.metrics import evaluate_pair as evaluate_pair
    from mgfusion.models import MGFusion as MGFusion
    from mgfusion.models import MGFusionConfig as MGFusionConfig
    from mgfusion.models import load_model as load_model
    from mgfusion.training import train as train


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(
            f"module 'mgfusion' has no attribute {name!r}; it has {', '.join(sorted(_HOMES))}"
        )
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
