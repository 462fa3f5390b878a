"""What the loss must know of the whole pictures that crops come from."""

from typing import NamedTuple

import torch
from torch import Tensor


class Whole(NamedTuple):
    """Facts of B pictures; see :func:`whole`."""

    ranges: Tensor
    """(B, 3, 2): least and largest value of ir, vis and their element-wise maximum."""
    means: Tensor
    """(B, 3): means of the same three."""
    side: Tensor
    """(B,): side of a square with as many pixels."""
    counts: Tensor
    """(B,): how much a crop counts in the difference term."""


def whole(ir: Tensor, vis: Tensor, counts: float = 1.0) -> Whole:
    """Facts of whole pictures.

    Args:
        ir, vis: (B, 1, H, W), float in [0, 1].
        counts: how much their crops count in the difference term.
    """
    values = torch.cat([ir, vis, torch.maximum(ir, vis)], dim=1).flatten(2)
    side = (ir.shape[-2] * ir.shape[-1]) ** 0.5
    ranges = torch.stack(torch.aminmax(values, dim=-1), dim=-1)
    return Whole(ranges, values.mean(-1), ir.new_full((len(ir),), side), ir.new_full((len(ir),), counts))
