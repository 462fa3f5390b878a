"""Training: recipes, the Lightning module, and the run."""

from mgfusion.training.adapters import adapt
from mgfusion.training.config import RecipeError, TrainConfig, load_recipe, recipes
from mgfusion.training.module import TrainingError
from mgfusion.training.run import train
from mgfusion.training.trainer import main_process

__all__ = [
    "RecipeError",
    "TrainConfig",
    "TrainingError",
    "adapt",
    "load_recipe",
    "main_process",
    "recipes",
    "train",
]
