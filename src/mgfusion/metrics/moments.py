"""Local means, variances and covariances under a sliding window, shared by the structural metrics."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mgfusion.metrics.filters import Array, Border, gaussian, separable
from mgfusion.metrics.picture import Picture, Triple


class Window(NamedTuple):
    """A square window: Gaussian, or uniform where ``sigma`` is None.

    ``direct`` (Gaussian, without border) adds tap after tap in the order of Octave's conv2: slower, but where
    a picture is flat a variance is nothing but rounding error, and metrics that divide by it follow the
    order of summation.
    """

    size: int
    sigma: float | None
    border: Border = "valid"
    direct: bool = False

    def mean(self, x: Array) -> Array:
        """The weighted mean of ``x`` (H, W) under the window at each place."""
        if self.direct and self.sigma is not None:
            return _conv2(x, _fspecial(self.size, self.sigma))
        k = np.full(self.size, 1 / self.size) if self.sigma is None else gaussian(self.size, self.sigma)
        return separable(x, k, k, self.border)


@lru_cache(maxsize=4)
def _fspecial(size: int, sigma: float) -> Array:
    """A Gaussian window to the last bit: normalised as a whole, then once more over its column sums."""
    x = np.arange(size) - (size - 1) / 2
    k = np.exp(-(x[:, None] ** 2 + x[None, :] ** 2) / (2 * sigma**2))
    k /= np.cumsum(k)[-1]
    k /= np.cumsum(np.cumsum(k, axis=0)[-1])[-1]
    return k


def _conv2(x: Array, k: Array) -> Array:
    """Convolution without border, summed from the last row and column of the picture's patch to the first."""
    n = len(k)
    h, w = x.shape[0] - n + 1, x.shape[1] - n + 1
    total, term = np.zeros((h, w)), np.empty((h, w))
    for j in range(n):
        for i in range(n):
            np.multiply(x[n - 1 - i : n - 1 - i + h, n - 1 - j : n - 1 - j + w], k[i, j], out=term)
            total += term
    return total


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
