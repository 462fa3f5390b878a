"""Q_P: phase congruency features of the sources kept by the fused picture (Zhao et al., 2007; features by
Kovesi, 1999).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from mgfusion.metrics.filters import Array
from mgfusion.metrics.moments import Window
from mgfusion.metrics.picture import Picture, Triple

SCALES, ORIENTATIONS = 4, 6
SHORTEST, STEP, SIGMA_ON_F = (
    3.0,
    2.1,
    0.55,
)  # wavelength of the finest filter, ratio between scales, bandwidth
ANGLE_SIGMA = np.pi / ORIENTATIONS / 1.2
NOISE_K, CUT_OFF, GAIN, EPSILON = 2.0, 0.5, 10.0, 1e-4
THRESHOLD = 0.1  # a feature, where phase congruency exceeds this
C = 1e-4
WINDOW = Window(11, 1.5, "zero")


Flags = NDArray[np.bool_]


class Features(NamedTuple):
    """Phase congruency, and the largest and smallest moment of its covariance over orientations."""

    congruency: Array
    largest: Array
    smallest: Array


class _Bank(NamedTuple):
    radial: Array
    angular: Array
    energy: Array
    interaction: Array


def _axis(n: int) -> Array:
    return np.arange(-(n // 2), (n + 1) // 2) / (n - 1 if n % 2 and n > 1 else n)


@lru_cache(maxsize=2)
def _bank(h: int, w: int, shift_mended: bool) -> _Bank:
    """Log-Gabor filters as (scales, h, w) x (orientations, h, w), and what noise of unit power leaves of
    them.

    ``energy`` is the sum of squares of each orientation's finest filter, ``interaction`` the sum over all
    pairs of scales of the products of their even parts (by Parseval, the noise sums that Kovesi takes over
    the filters' responses).
    """
    x, y = np.meshgrid(_axis(w), _axis(h))
    radius = np.hypot(x, y)
    radius[h // 2, w // 2] = 1
    radius, theta = np.fft.ifftshift(radius), np.fft.ifftshift(np.arctan2(-y, x))
    u, v = (np.arange(n) - n // 2 for n in (w, h))
    low = 1 / (1 + (np.hypot(u[None, :] / w, v[:, None] / h) / 0.45) ** 30)
    low = np.fft.ifftshift(low) if shift_mended else np.fft.fftshift(low)
    wavelengths = SHORTEST * STEP ** np.arange(SCALES)
    radial = np.exp(-(np.log(radius * wavelengths[:, None, None]) ** 2) / (2 * np.log(SIGMA_ON_F) ** 2)) * low
    radial[:, 0, 0] = 0
    angles = np.arange(ORIENTATIONS)[:, None, None] * np.pi / ORIENTATIONS
    turn = np.abs((theta - angles + np.pi) % (2 * np.pi) - np.pi)
    angular = np.exp(-(turn**2) / (2 * ANGLE_SIGMA**2))
    energy, interaction = np.empty(ORIENTATIONS), np.empty(ORIENTATIONS)
    for o, spread in enumerate(angular):
        filters = radial * spread
        energy[o] = np.sum(filters[0] ** 2)
        even = (filters + np.roll(filters[:, ::-1, ::-1], 1, (1, 2))) / 2
        total = even.sum(0)
        # 2 sum a_i^2 + 4 sum_{i<j} a_i a_j = 2 (sum a)^2
        interaction[o] = 2 * np.sum(total**2)
    return _Bank(radial, angular, energy, interaction)


def features(p: Picture, shift_mended: bool) -> Features:
    """Kovesi's phase congruency (phasecong3) of a picture."""
    h, w = p.x.shape
    bank = _bank(h, w, shift_mended)
    spectrum = fft.fft2(p.x)
    amplitude_sum, energy_sum = np.zeros((h, w)), np.zeros((h, w))
    xx, yy, xy = np.zeros((h, w)), np.zeros((h, w)), np.zeros((h, w))
    for o in range(ORIENTATIONS):
        turned = spectrum * bank.angular[o]
        responses = [fft.ifft2(turned * radial, overwrite_x=True) for radial in bank.radial]
        amplitudes = [np.abs(r) for r in responses]
        total = responses[0] + responses[1] + responses[2] + responses[3]
        direction = total / (np.abs(total) + EPSILON)
        conjugate = direction.conj()
        energy = np.zeros((h, w))
        for r in responses:
            product = r * conjugate  # real part: along the mean phase; imaginary: across it
            energy += product.real
            energy -= np.abs(product.imag)
        noise_power = np.median(amplitudes[0] ** 2) / np.log(2) / bank.energy[o]
        tau = np.sqrt(noise_power * bank.interaction[o] / 2)
        threshold = tau * (np.sqrt(np.pi / 2) + NOISE_K * np.sqrt(2 - np.pi / 2)) / 1.7
        energy = np.maximum(energy - threshold, 0)
        amplitude = amplitudes[0] + amplitudes[1] + amplitudes[2] + amplitudes[3]
        largest = np.maximum(
            np.maximum(amplitudes[0], amplitudes[1]), np.maximum(amplitudes[2], amplitudes[3])
        )
        width = amplitude / (largest + EPSILON) / SCALES
        energy /= 1 + np.exp((CUT_OFF - width) * GAIN)
        amplitude_sum += amplitude
        energy_sum += energy
        with np.errstate(invalid="ignore", divide="ignore"):
            energy /= amplitude
        energy *= energy
        cos, sin = np.cos(o * np.pi / ORIENTATIONS), np.sin(o * np.pi / ORIENTATIONS)
        xx += cos * cos * energy
        yy += sin * sin * energy
        xy += cos * sin * energy
    xx, yy, xy = xx * 2 / ORIENTATIONS, yy * 2 / ORIENTATIONS, xy / ORIENTATIONS
    spread = np.sqrt(xy * xy + (xx - yy) ** 2) + EPSILON
    return Features(energy_sum / (amplitude_sum + EPSILON), (xx + yy + spread) / 2, (xx + yy - spread) / 2)


def _kept(maps: tuple[Array, Array, Array], fused: Array, masks: tuple[Flags, Flags, Flags]) -> float:
    """Mean over the features of the best local correlation of the fused map with a source's, or their
    maximum's.
    """
    mf = WINDOW.mean(fused)
    vf = WINDOW.mean(fused * fused) - mf * mf
    best = np.full(fused.shape, -np.inf)
    for source, mask in zip(maps, masks, strict=True):
        x = source * mask
        m = WINDOW.mean(x)
        v = WINDOW.mean(x * x) - m * m
        cov = WINDOW.mean(x * fused) - m * mf
        best = np.maximum(best, np.where(mask, (cov + C) / (np.sqrt(np.abs(v * vf)) + C), 0))
    return float(best.sum()) / float(masks[2].sum())


def qp(t: Triple, *, shift_mended: bool = True) -> float:
    """Q_P: product of three local correlations of phase congruency features with those of the sources.

    ``shift_mended`` centres the low-pass filter also for odd sizes, which the public code misses by one
    frequency step. NaN where neither source has a feature.
    """

    def of(p: Picture) -> Features:
        return p.memo(("phase", shift_mended), lambda: features(p, shift_mended))

    f, a, b = of(t.fused), of(t.ir), of(t.vis)
    use_ir = a.congruency > b.congruency
    strongest = np.where(use_ir, a.congruency, b.congruency)
    masks = a.congruency > THRESHOLD, b.congruency > THRESHOLD, strongest > THRESHOLD
    if not masks[2].any() or not np.isfinite(f.largest).all():
        return float("nan")
    value = 1.0
    for fused, ir, vis in zip(f, a, b, strict=True):
        value *= _kept((ir, vis, np.where(use_ir, ir, vis)), fused, masks)
    return value
