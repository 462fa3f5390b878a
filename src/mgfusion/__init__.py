"""Infrared and visible image fusion, guided by a frozen pre-trained image encoder.

The public names load on first use, so that ``import mgfusion`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "Fuser": "mgfusion.inference.fuser",
    "fuse": "mgfusion.inference.fuse_pair",
    "align": "mgfusion.registration",
    "Alignment": "mgfusion.registration",
    "calibrate": "mgfusion.registration",
    "Rig": "mgfusion.registration",
    "read_image": "mgfusion.images",
    "write_image": "mgfusion.images",
    "MGFusion": "mgfusion.models",
    "MGFusionConfig": "mgfusion.models",
    "load_model": "mgfusion.models",
    "save_model": "mgfusion.models",
    "FusionLoss": "mgfusion.losses",
    "evaluate": "mgfusion.evaluation",
    "evaluate_pair": "mgfusion.metrics",
    "TrainConfig": "mgfusion.training",
    "load_recipe": "mgfusion.training",
    "tune_process": "mgfusion.engines.tuning",
    "train": "mgfusion.training",
    "export_onnx": "mgfusion.export",
    "fuse_video": "mgfusion.video.fused_frames",
    "VideoFuser": "mgfusion.video.video_fuser",
    **dict.fromkeys(
        (
            "MGFusionError",
            "OptionError",
            "MissingExtraError",
            "ImageError",
            "OutputError",
            "VideoError",
            "DataError",
            "ModelError",
            "EncoderError",
            "ExportError",
            "RecipeError",
            "TrainingError",
            "BenchmarkError",
            "WorkerError",
        ),
        "mgfusion.errors",
    ),
}

__all__ = [*_HOMES, "__version__"]

if TYPE_CHECKING:
    from mgfusion.engines.tuning import tune_process as tune_process
    from mgfusion.errors import BenchmarkError as BenchmarkError
    from mgfusion.errors import DataError as DataError
    from mgfusion.errors import EncoderError as EncoderError
    from mgfusion.errors import ExportError as ExportError
    from mgfusion.errors import ImageError as ImageError
    from mgfusion.errors import MGFusionError as MGFusionError
    from mgfusion.errors import MissingExtraError as MissingExtraError
    from mgfusion.errors import ModelError as ModelError
    from mgfusion.errors import OptionError as OptionError
    from mgfusion.errors import OutputError as OutputError
    from mgfusion.errors import RecipeError as RecipeError
    from mgfusion.errors import TrainingError as TrainingError
    from mgfusion.errors import VideoError as VideoError
    from mgfusion.errors import WorkerError as WorkerError
    from mgfusion.evaluation import evaluate as evaluate
    from mgfusion.export import export_onnx as export_onnx
    from mgfusion.images import read_image as read_image
    from mgfusion.images import write_image as write_image
    from mgfusion.inference.fuse_pair import fuse as fuse
    from mgfusion.inference.fuser import Fuser as Fuser
    from mgfusion.losses import FusionLoss as FusionLoss
    from mgfusion.metrics import evaluate_pair as evaluate_pair
    from mgfusion.models import MGFusion as MGFusion
    from mgfusion.models import MGFusionConfig as MGFusionConfig
    from mgfusion.models import load_model as load_model
    from mgfusion.models import save_model as save_model
    from mgfusion.registration import Alignment as Alignment
    from mgfusion.registration import Rig as Rig
    from mgfusion.registration import align as align
    from mgfusion.registration import calibrate as calibrate
    from mgfusion.training import TrainConfig as TrainConfig
    from mgfusion.training import load_recipe as load_recipe
    from mgfusion.training import train as train
    from mgfusion.video.fused_frames import fuse_video as fuse_video
    from mgfusion.video.video_fuser import VideoFuser as VideoFuser


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(
            f"module 'mgfusion' has no attribute {name!r}; it has {', '.join(sorted(_HOMES))}"
        )
    if _HOMES[name] != "mgfusion.training":
        return getattr(import_module(_HOMES[name]), name)
    from mgfusion.extras import needs_extra

    with needs_extra("train", "training"):
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
