"""Training: recipes, the Lightning module, and the run."""

from mgfusion.training.adapter_transfer import adapt
from mgfusion.training.lightning_trainer import main_process
from mgfusion.training.recipe import TrainConfig, load_recipe, recipes
from mgfusion.training.training_run import train

__all__ = [
    "TrainConfig",
    "adapt",
    "load_recipe",
    "main_process",
    "recipes",
    "train",
]
