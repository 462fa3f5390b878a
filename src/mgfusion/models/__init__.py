"""The network, its frozen encoders, and models on disk."""

from mgfusion.models.encoders import SemanticEncoder, build_encoder
from mgfusion.models.grow import with_guidance
from mgfusion.models.mgfusion import MGFusion
from mgfusion.models.network_config import MGFusionConfig
from mgfusion.models.saved_models import available_models, load_model, model_folder, save_model

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
