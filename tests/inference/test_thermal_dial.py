"""The thermal dial: nothing at 0.5, the visible picture at 0, hot targets at 1, and no step in between."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from mgfusion.inference import thermal_dial
from mgfusion.inference.thermal_dial import turn_dial
from mgfusion.synthetic.night_street import night_street
from mgfusion.thermal.hot_spots import contrast, hot_spots

DIAL = (0.0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0)


def planes() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """fused (the element-wise maximum), ir, vis of a night street whose targets are hard to see."""
    scene = night_street(3, 240, 320)
    ir = torch.from_numpy(scene.ir.astype(np.float32) / 255)[None, None]
    vis = torch.from_numpy(scene.vis.astype(np.float32).mean(-1) / 255)[None, None]
    return torch.maximum(0.7 * ir, vis), ir, vis


def kept(picture: torch.Tensor, ir: torch.Tensor) -> float:
    levels = (ir[0, 0] * 255).round().numpy().astype(np.uint8)
    spots = hot_spots(levels)
    assert len(spots) >= 3
    shown = (picture[0, 0] * 255).round().numpy()
    ratios = [contrast(shown[s.window], s.blob, s.ring) / s.contrast for s in spots]
    return float(np.clip(ratios, 0, 1).mean())


def test_kept_contrast_rises_with_the_dial():
    fused, ir, vis = planes()
    found = [kept(turn_dial(fused, ir, vis, t), ir) for t in DIAL]
    assert all(low <= high + 1e-3 for low, high in pairwise(found)), found
    assert found[0] < found[4] - 0.02 and found[-1] > found[4] + 0.02


def test_in_the_middle_it_changes_nothing_and_near_it_little():
    fused, ir, vis = planes()
    assert turn_dial(fused, ir, vis, 0.5) is fused
    for step in (-1e-3, 1e-3):
        assert (turn_dial(fused, ir, vis, 0.5 + step) - fused).abs().max() < 0.005


@pytest.mark.parametrize("t", DIAL)
def test_it_is_continuous_and_stays_a_picture(t):
    fused, ir, vis = planes()
    here, there = turn_dial(fused, ir, vis, t), turn_dial(fused, ir, vis, abs(t - 1e-3))
    assert here.shape == fused.shape and here.dtype == torch.float32
    assert here.min() >= 0 and here.max() <= 1
    assert (here - there).abs().max() < 0.01


def test_at_zero_the_visible_picture_stays_where_it_shows_something():
    _, ir, vis = planes()
    textured = vis.clone()
    generator = torch.Generator().manual_seed(0)
    textured[..., :, :160] = 0.5 + 0.3 * (torch.rand(1, 1, 240, 160, generator=generator) - 0.5)
    dark = torch.zeros_like(vis)
    flat_ir = torch.full_like(ir, 0.9)
    shown = turn_dial(torch.maximum(flat_ir, textured), flat_ir, textured, 0.0)
    assert (shown - textured)[..., 20:-20, 20:140].abs().max() < 0.02
    seen = turn_dial(ir, ir, dark, 0.0)  # darkness: what the infrared has is all there is
    spots = hot_spots((ir[0, 0] * 255).round().numpy().astype(np.uint8))
    inside = [float(seen[0, 0].numpy()[s.window][s.blob].mean()) for s in spots]
    assert min(inside) > 0.1


def test_a_model_may_lift_hot_targets_by_itself():
    fused, ir, vis = planes()
    lifted = turn_dial(fused, ir, vis, lift=0.2)
    assert kept(fused, ir) + 0.02 < kept(lifted, ir) < kept(turn_dial(fused, ir, vis, 1.0), ir)
    assert (turn_dial(ir, ir, vis, lift=0.5) - ir).abs().max() < 0.02  # none of them is pale
    torch.testing.assert_close(turn_dial(fused, ir, vis, 1.0, 0.2), turn_dial(fused, ir, vis, 1.0))
    found = [kept(turn_dial(fused, ir, vis, t, 0.2), ir) for t in DIAL]
    assert all(low <= high + 1e-3 for low, high in pairwise(found)), found
    assert found[4] > kept(fused, ir)


def test_what_is_not_hot_stays():
    fused, ir, vis = planes()
    flat = torch.full_like(ir, 0.4)
    torch.testing.assert_close(turn_dial(fused, flat, vis, 1.0), fused)
    assert turn_dial(fused, flat, vis, 0.5, 0.0) is fused


@pytest.mark.parametrize(("t", "lift"), [(0.5, 0.45), (0.8, 0.0), (0.7, 0.3)])
def test_in_how_many_stripes_it_is_turned_makes_no_difference(t, lift, monkeypatch):
    whole = turn_dial(*planes(), t, lift)
    monkeypatch.setattr(thermal_dial, "_STRIPE", 7 * 320)  # 240 rows are no multiple of it
    assert torch.equal(turn_dial(*planes(), t, lift), whole) and not torch.equal(whole, planes()[0])
