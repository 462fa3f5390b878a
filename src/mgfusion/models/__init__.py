"""The network, its frozen encoders, and models on disk."""

from mgfusion.models.config import MGFusionConfig
from mgfusion.models.encoders import EncoderError, SemanticEncoder, build_encoder
from mgfusion.models.grow import with_guidance
from mgfusion.models.mgfusion import MGFusion
from mgfusion.models.weights import ModelError, available_models, load_model, model_folder, save_model

__all__ = [
    "EncoderError",
    "MGFusion",
    "MGFusionConfig",
    "ModelError",
    "SemanticEncoder",
    "available_models",
    "build_encoder",
    "load_model",
    "model_folder",
    "save_model",
    "with_guidance",
]
