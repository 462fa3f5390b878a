"""Infrared scenes for the tests of what is repaired: noise, ramps, a warm person, a cold sky."""

import cv2
import numpy as np


def scene(seed=0, height=240, width=320):
    """Float32 (H, W) in [0, 1]: textured ground, hot spots as a lens draws them, a sky without a plateau."""
    rng = np.random.default_rng(seed)
    ground = cv2.GaussianBlur(rng.random((height, width), np.float32), (0, 0), 2)
    ground = 0.45 + (ground - 0.5) + np.linspace(-0.1, 0.1, height, dtype=np.float32)[:, None]
    for _ in range(6):
        y, x = rng.integers(20, height - 20), rng.integers(20, width - 20)
        ground[y : y + rng.integers(2, 14), x : x + rng.integers(2, 8)] = 0.95
    noise = 0.004 * rng.standard_normal((height, width), np.float32)
    return np.clip(cv2.GaussianBlur(ground, (0, 0), 0.6) + noise, 0.05, 1)


def under_a_cold_sky(seed=0):
    """The same with a sky that is exactly 0 above roofs and trees, as MSRS and TNO have it."""
    rng = np.random.default_rng(seed)
    ir = scene(seed)
    skyline = 40 + 25 * np.sin(np.arange(320) / 25 + seed) + rng.integers(-6, 7, 320)
    skyline[120:200] = 20  # a flat roof
    ir[np.arange(240)[:, None] < skyline] = 0
    return ir
