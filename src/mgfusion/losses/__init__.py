"""The training loss: equations 6 to 8 of the paper, and what was found to help."""

from mgfusion.losses.fusion_loss import FusionLoss
from mgfusion.losses.hot_contrast import lost_contrast
from mgfusion.losses.perceived_difference import perceived_difference, sensitivity
from mgfusion.losses.source_terms import difference_correlation, edge_transfer, structure
from mgfusion.losses.whole_pictures import Whole, whole

__all__ = [
    "FusionLoss",
    "Whole",
    "difference_correlation",
    "edge_transfer",
    "lost_contrast",
    "perceived_difference",
    "sensitivity",
    "structure",
    "whole",
]
