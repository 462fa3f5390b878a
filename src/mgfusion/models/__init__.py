"""The network, its frozen encoders, and models on disk; what needs PyTorch loads on first use."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mgfusion.models.model_folders import available_models, model_folder

if TYPE_CHECKING:
    from mgfusion.models.encoders import SemanticEncoder, build_encoder
    from mgfusion.models.grow import with_guidance
    from mgfusion.models.mgfusion import MGFusion
    from mgfusion.models.network_config import MGFusionConfig
    from mgfusion.models.saved_models import load_model, save_model

_HOMES = {
    "SemanticEncoder": "encoders",
    "build_encoder": "encoders",
    "with_guidance": "grow",
    "MGFusion": "mgfusion",
    "MGFusionConfig": "network_config",
    "load_model": "saved_models",
    "save_model": "saved_models",
}

__all__ = [
    "MGFusion",
    "MGFusionConfig",
    "SemanticEncoder",
    "available_models",
    "build_encoder",
    "load_model",
    "model_folder",
    "save_model",
    "with_guidance",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
