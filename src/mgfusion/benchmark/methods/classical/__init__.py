"""Classical fusion methods, each from its paper, as a baseline that needs no download."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mgfusion.benchmark.methods.classical import (
    diffusion,
    gradient_transfer,
    guided_filter,
    pixelwise,
    pyramids,
    saliency,
    wavelet_fusion,
)
from mgfusion.benchmark.methods.classical.planes import Plane
from mgfusion.errors import ImageError, OptionError

__all__ = ["CLASSICAL", "Classical", "fuse_classical"]


@dataclass(frozen=True)
class Classical:
    """One classical method: its title, where it comes from, and what computes it."""

    title: str
    reference: str
    function: Callable[[Plane, Plane], Plane]


CLASSICAL: dict[str, Classical] = {
    "average": Classical("Average", "pixel mean", pixelwise.average),
    "maximum": Classical("Maximum", "pixel maximum", pixelwise.maximum),
    "laplacian": Classical("Laplacian pyramid", "Burt & Adelson 1983", pyramids.laplacian),
    "rolp": Classical("Ratio of low-pass pyramid", "Toet 1989", pyramids.rolp),
    "wavelet": Classical("Wavelet", "Li, Manjunath & Mitra 1995", wavelet_fusion.wavelet),
    "gff": Classical("GFF", "Li, Kang & Hu 2013", guided_filter.gff),
    "tif": Classical("TIF", "Bavirisetti & Dhuli 2016", saliency.tif),
    "adf": Classical("ADF", "Bavirisetti & Dhuli 2016", diffusion.adf),
    "gtf": Classical("GTF", "Ma, Chen, Li & Huang 2016", gradient_transfer.gtf),
}


def fuse_classical(name: str, ir: ArrayLike, vis: ArrayLike) -> Plane:
    """Fuse two grey pictures by a classical method.

    Args:
        name: a key of ``CLASSICAL``.
        ir, vis: (H, W) float in [0, 1], equal sizes.

    Returns:
        (H, W) float32, clipped to [0, 1].

    Raises:
        OptionError: unknown name.
        ImageError: sizes that differ, or no (H, W) pictures.
    """
    if name not in CLASSICAL:
        raise OptionError(f"unknown method {name!r}; there are {', '.join(CLASSICAL)}")
    a, b = np.array(ir, np.float32), np.array(vis, np.float32)
    if a.ndim != 2 or a.shape != b.shape or a.size == 0:
        raise ImageError(
            f"{name}: ir {a.shape} and vis {b.shape}; give two grey pictures (H, W) of equal size"
        )
    return np.clip(CLASSICAL[name].function(a, b), 0, 1).astype(np.float32)
