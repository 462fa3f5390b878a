"""Procedural pictures for tests of the metrics."""

import cv2
import numpy as np

from mgfusion.metrics import Triple

Picture = np.ndarray


def textured(seed: int, height: int = 64, width: int = 72) -> Picture:
    """Smooth blobs with some noise, uint8, nearly the full range."""
    rng = np.random.default_rng(seed)
    x = cv2.GaussianBlur(rng.standard_normal((height, width)), (0, 0), 3)
    x = (x - x.min()) / np.ptp(x) * 200 + 25 + rng.normal(0, 6, x.shape)
    return np.clip(np.rint(x), 0, 255).astype(np.uint8)


def triple_of(seed: int, height: int = 64, width: int = 72) -> tuple[Picture, Picture, Picture]:
    """(fused, ir, vis): the fused picture is a mean of both with noise."""
    ir, vis = textured(2 * seed, height, width), textured(2 * seed + 1, height, width)
    noise = np.random.default_rng(seed).normal(0, 3, ir.shape)
    fused = np.clip(np.rint(ir / 2 + vis / 2 + noise), 0, 255).astype(np.uint8)
    return fused, ir, vis


def blurred(x: Picture, sigma: float) -> Picture:
    return cv2.GaussianBlur(x.astype(np.float64) / 255, (0, 0), sigma)


__all__ = ["Picture", "Triple", "blurred", "textured", "triple_of"]
