"""Gradient transfer fusion (GTF)."""

import numpy as np

from mgfusion.benchmark.methods.classical.planes import Plane

_LAMBDA, _STEPS = 4.0, 300


def gtf(ir: Plane, vis: Plane) -> Plane:
    """The infrared's intensities and the visible's gradients, by least absolute errors.

    Ma, Chen, Li & Huang, "Infrared and visible image fusion via gradient transfer and total variation
    minimization", Information Fusion 31, 2016: min over x of ||x - ir||_1 + 4 ||grad(x - vis)||_1. With y = x
    - vis this is TV-L1, solved here by the primal-dual algorithm of Chambolle & Pock, J. Math. Imaging Vis.
    40(1), 2011, in 300 steps: within 3 % of the energy after 1000 on real pairs.

    Args:
        ir, vis: (H, W) in [0, 1].
    """
    data = ir - vis
    y = data.copy()
    ahead = y.copy()
    dual_x, dual_y = np.zeros_like(y), np.zeros_like(y)
    step = np.float32(1 / np.sqrt(8))  # the gradient's norm squared is at most 8
    # Scaling the primal step by 0.2 suits differences of a few tenths and halves the number of steps.
    primal, dual = step * np.float32(0.2), step / np.float32(0.2)
    for _ in range(_STEPS):
        dual_x[:, :-1] += dual * np.diff(ahead, axis=1)
        dual_y[:-1] += dual * np.diff(ahead, axis=0)
        too_long = np.maximum(1, np.hypot(dual_x, dual_y) / np.float32(_LAMBDA))
        dual_x /= too_long
        dual_y /= too_long
        before = y
        moved = y + primal * _divergence(dual_x, dual_y) - data
        y = data + np.sign(moved) * np.maximum(np.abs(moved) - primal, 0)
        ahead = 2 * y - before
    return vis + y


def _divergence(x: Plane, y: Plane) -> Plane:
    """Minus the adjoint of the forward difference."""
    total = x + y
    total[:, 1:] -= x[:, :-1]
    total[1:] -= y[:-1]
    return total
