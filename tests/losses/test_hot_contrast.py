"""The loss of hot targets: what the metric HTC measures, with a gradient."""

import numpy as np
import pytest
import torch

from mgfusion.data.hot_masks import hot_masks
from mgfusion.losses import FusionLoss
from mgfusion.losses.hot_contrast import lost_contrast
from mgfusion.thermal.hot_spots import contrast, hot_spots


def scene() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """ir, a visible picture that is bright where ir is hot, and the masks of the targets."""
    rng = np.random.default_rng(0)
    ir = np.clip(rng.normal(80, 4, (128, 128)), 0, 255).astype(np.uint8)
    ir[40:60, 30:40] = 220
    ir[80:92, 70:90] = 200
    vis = np.clip(rng.normal(180, 12, ir.shape), 0, 255).astype(np.uint8)
    masks = hot_masks(hot_spots(ir), 0, 0, 128)
    pictures = (torch.from_numpy(x)[None, None].float() / 255 for x in (ir, vis))
    return (*pictures, *(torch.from_numpy(x)[None] for x in masks))  # type: ignore[return-value]


def test_it_is_the_metrics_share():
    ir, vis, blobs, rings = scene()
    levels = (ir[0, 0] * 255).round().numpy().astype(np.uint8)
    fused = (0.5 * ir + 0.5 * vis) * 255
    spots = hot_spots(levels)
    assert len(spots) == 2
    lack = [max(0.0, 1 - contrast(fused[0, 0].numpy()[s.window], s.blob, s.ring) / s.contrast) for s in spots]
    expected = np.mean([x + x * x / 2 for x in lack])
    assert lost_contrast(fused / 255, ir, blobs, rings).item() == pytest.approx(expected, rel=1e-3)


def test_nothing_is_lost_by_the_infrared_itself_and_most_by_its_negative():
    ir, vis, blobs, rings = scene()
    assert lost_contrast(ir, ir, blobs, rings).item() == pytest.approx(0, abs=1e-4)
    assert lost_contrast(vis, ir, blobs, rings) > 1
    assert lost_contrast(1 - ir, ir, blobs, rings) > lost_contrast(vis, ir, blobs, rings)


def test_its_gradient_brings_the_target_back():
    ir, vis, blobs, rings = scene()
    fused = vis.clone().requires_grad_()
    loss = FusionLoss("signed", hot_weight=1.0)(fused, ir, vis, spots=(blobs, rings))
    assert loss["hot"] > 1
    loss["hot"].backward()
    assert fused.grad is not None
    inside, around = blobs[0] > 0, rings[0] > 0
    assert (fused.grad[0, 0][inside] < 0).all()  # brighter
    assert (fused.grad[0, 0][around] > 0).float().mean() > 0.6  # on the whole darker


def test_a_batch_without_targets_loses_nothing():
    ir, vis, blobs, rings = scene()
    none = torch.zeros_like(blobs)
    fused = vis.clone().requires_grad_()
    loss = lost_contrast(fused, ir, none, none)
    loss.backward()
    assert loss.item() == 0
    two = torch.cat([blobs, none]), torch.cat([rings, none])
    both = lost_contrast(vis.expand(2, -1, -1, -1), ir.expand(2, -1, -1, -1), *two)
    assert both == pytest.approx(lost_contrast(vis, ir, blobs, rings).item())
