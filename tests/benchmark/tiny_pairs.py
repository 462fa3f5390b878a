"""Tiny pairs made of noise and squares."""

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 64, 48


def write_pair(folder, name, seed, size=(WIDTH, HEIGHT), colour=False, suffix="png"):
    """An infrared and a visible picture below ``folder``/ir and ``folder``/vi."""
    generator = np.random.default_rng(seed)
    width, height = size
    ir = generator.integers(40, 90, (height, width), np.uint8)
    ir[10:20, 10:20] = 240
    vis = generator.integers(20, 200, (height, width, 3) if colour else (height, width), np.uint8)
    for kind, array in (("ir", ir), ("vi", vis)):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        Image.fromarray(array).save(folder / kind / f"{name}.{suffix}")
