"""The training loss: equations 6 to 8 of the paper, and what was found to help."""

from mgfusion.losses.fusion import FusionLoss
from mgfusion.losses.perception import perceived_difference, sensitivity
from mgfusion.losses.terms import difference_correlation, edge_transfer, structure
from mgfusion.losses.whole import Whole, whole

__all__ = [
    "FusionLoss",
    "Whole",
    "difference_correlation",
    "edge_transfer",
    "perceived_difference",
    "sensitivity",
    "structure",
    "whole",
]
