"""Fusion pixel by pixel: the floor that every other method has to beat."""

import numpy as np

from mgfusion.benchmark.methods.classical.planes import Plane


def average(ir: Plane, vis: Plane) -> Plane:
    """The mean of both pictures, (H, W) in [0, 1]."""
    return (ir + vis) / 2


def maximum(ir: Plane, vis: Plane) -> Plane:
    """The brighter of both pixels, (H, W) in [0, 1]."""
    return np.maximum(ir, vis)
