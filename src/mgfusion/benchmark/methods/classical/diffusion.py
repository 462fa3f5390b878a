"""Fusion of the layers that anisotropic diffusion separates (ADF)."""

import numpy as np

from mgfusion.benchmark.methods.classical.planes import Plane

_STEPS, _RATE, _KAPPA = 10, 0.15, 30 / 255


def adf(ir: Plane, vis: Plane) -> Plane:
    """Anisotropic diffusion: base layers averaged, detail layers summed by the Karhunen-Loeve transform.

    Bavirisetti & Dhuli, "Fusion of infrared and visible sensor images based on anisotropic diffusion and
    Karhunen-Loeve transform", IEEE Sensors Journal 16(1), 2016; the diffusion of Perona & Malik, IEEE Trans.
    Pattern Anal. Mach. Intell. 12(7), 1990, 10 steps of 0.15 with kappa = 30 grey levels.

    Args:
        ir, vis: (H, W) in [0, 1].
    """
    base_ir, base_vis = _perona_malik(ir), _perona_malik(vis)
    return (base_ir + base_vis) / 2 + _karhunen_loeve(ir - base_ir, vis - base_vis)


def _perona_malik(x: Plane) -> Plane:
    x = x.copy()
    for _ in range(_STEPS):
        flow_x, flow_y = _conducted(np.diff(x, axis=1)), _conducted(np.diff(x, axis=0))
        x[:, :-1] += _RATE * flow_x
        x[:, 1:] -= _RATE * flow_x
        x[:-1] += _RATE * flow_y
        x[1:] -= _RATE * flow_y
    return x


def _conducted(difference: Plane) -> Plane:
    flow: Plane = difference * np.exp(-((difference / np.float32(_KAPPA)) ** 2))
    return flow


def _karhunen_loeve(a: Plane, b: Plane) -> Plane:
    """Two detail planes summed with the normalised leading eigenvector of their 2 x 2 covariance.

    Where neither varies, their mean.
    """
    covariance = np.cov(np.stack([a.ravel(), b.ravel()]).astype(np.float64), bias=True)
    values, vectors = np.linalg.eigh(covariance)
    if values[-1] <= 0:
        return (a + b) / 2
    leading = np.abs(vectors[:, -1])
    weights = (leading / leading.sum()).astype(np.float32)
    total: Plane = weights[0] * a + weights[1] * b
    return total
