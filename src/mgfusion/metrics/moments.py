"""Local means, variances and covariances under a sliding window, shared by the structural metrics."""

from typing import NamedTuple

import numpy as np

from mgfusion.metrics.triple import Array, Border, Picture, Triple, gaussian, separable


class Window(NamedTuple):
    """A square window: Gaussian, or uniform where `sigma` is None."""

    size: int
    sigma: float | None
    border: Border = "valid"

    def mean(self, x: Array) -> Array:
        """The weighted mean of `x` (H, W) under the window at each place."""
        k = np.full(self.size, 1 / self.size) if self.sigma is None else gaussian(self.size, self.sigma)
        return separable(x, k, k, self.border)


GAUSSIAN_11 = Window(11, 1.5)


def mean_variance(p: Picture, window: Window) -> tuple[Array, Array]:
    """Local mean and (biased) variance of a picture."""

    def make() -> tuple[Array, Array]:
        mu = window.mean(p.x)
        return mu, window.mean(p.x * p.x) - mu * mu

    return p.memo(("moments", window), make)


def covariance(t: Triple, p: Picture, q: Picture, window: Window) -> Array:
    """Local (biased) covariance of two of the triple's pictures."""

    def make() -> Array:
        return window.mean(p.x * q.x) - mean_variance(p, window)[0] * mean_variance(q, window)[0]

    return t.memo(("covariance", frozenset((id(p), id(q))), window), make)
