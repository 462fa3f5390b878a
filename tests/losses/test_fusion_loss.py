"""The losses against equations 6 to 8, and what each can and can't see."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from mgfusion.losses import (
    FusionLoss,
    Whole,
    difference_correlation,
    perceived_difference,
    sensitivity,
    structure,
    whole,
)
from mgfusion.metrics import evaluate_pair


def pictures(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    fused, ir, vis = torch.rand(3, 1, 1, 12, 14, generator=generator)
    return fused, ir, vis


def sobel(x: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    plane = x[0, 0].double().numpy()
    return ndimage.sobel(plane, axis=1, mode="nearest"), ndimage.sobel(plane, axis=0, mode="nearest")


def test_equations_6_7_and_8():
    fused, ir, vis = pictures()
    terms = FusionLoss("magnitude", intensity_weight=0.2)(fused, ir, vis)
    magnitude = [abs(gx) + abs(gy) for gx, gy in map(sobel, (fused, ir, vis))]
    gradient = abs(magnitude[0] - np.maximum(magnitude[1], magnitude[2])).mean()
    intensity = (fused - torch.maximum(ir, vis)).abs().mean()
    assert terms["gradient"].item() == pytest.approx(gradient, rel=1e-5)
    assert terms["intensity"].item() == pytest.approx(intensity.item(), rel=1e-5)
    assert terms["loss"].item() == pytest.approx(gradient + 0.2 * intensity.item(), rel=1e-5)


def test_equation_7_is_blind_to_sign_and_the_signed_loss_is_not():
    ir = torch.zeros(1, 1, 16, 16)
    ir[..., 5:11, 5:11] = 0.8  # a hot target
    vis = torch.full_like(ir, 0.5)
    dark = 0.8 - ir
    assert FusionLoss("magnitude")(dark, ir, vis)["gradient"] == pytest.approx(0, abs=1e-6)
    signed = FusionLoss("signed")
    assert signed(dark, ir, vis)["gradient"] > 0.5
    assert signed(ir, ir, vis)["gradient"] == pytest.approx(0, abs=1e-6)


def test_signed_target_is_the_stronger_source_at_each_pixel():
    fused, ir, vis = pictures(1)
    (fx, fy), (ix, iy), (vx, vy) = map(sobel, (fused, ir, vis))
    stronger = ix**2 + iy**2 > vx**2 + vy**2
    expected = (abs(fx - np.where(stronger, ix, vx)) + abs(fy - np.where(stronger, iy, vy))).mean()
    assert FusionLoss("signed")(fused, ir, vis)["gradient"].item() == pytest.approx(expected, rel=1e-5)


def test_gain_asks_for_edges_that_are_stronger_by_as_much():
    _, ir, _ = pictures()
    flat = torch.full_like(ir, 0.3)
    loss = FusionLoss("signed", edge_weight=1.0, gain=1.5)
    assert loss(1.5 * ir, ir, flat)["gradient"] == pytest.approx(0, abs=1e-6)
    assert loss(1.5 * ir, ir, flat)["edge"] < loss(ir, ir, flat)["edge"] < 1
    assert loss(ir, ir, flat)["gradient"] > 0.1


def test_structure_is_one_for_the_source_that_has_all_the_variance():
    _, ir, _ = pictures()
    flat = torch.full_like(ir, 0.3)
    assert structure(ir, ir, flat).item() == pytest.approx(1, abs=1e-3)
    assert structure(1 - ir, ir, flat).item() < -0.9
    noisy = ir + torch.rand_like(ir)
    assert structure(noisy, ir, flat).item() < 0.9


def test_structure_term_enters_with_its_weight():
    fused, ir, vis = pictures()
    without = FusionLoss("signed", 0.5)(fused, ir, vis)["loss"]
    terms = FusionLoss("signed", 0.5, structure_weight=2.0)(fused, ir, vis)
    assert terms["loss"].item() == pytest.approx((without + 2 * terms["structure"]).item(), rel=1e-5)


def blobs(seed: int, low: float, high: float, side: int) -> torch.Tensor:
    """Smooth structure of (1, 1, side, side) that fills [low, high]."""
    plane = ndimage.gaussian_filter(np.random.default_rng(seed).random((side - 4, side - 4)), 4)
    plane = (plane - plane.min()) / (plane.max() - plane.min())
    plane = np.pad(plane, 2)  # the metric sees black around the picture, the loss does not
    return torch.from_numpy(low + (high - low) * plane).float()[None, None]


@pytest.mark.parametrize("side", [320, 640])
def test_perceived_difference_is_q_cv_where_whole_pictures_are_given(side: int):
    ir, vis = blobs(0, 0.1, 0.7, side), blobs(1, 0.3, 0.9, side)
    pictures = whole(ir, vis)
    fused = blobs(2, pictures.ranges[0, 2, 0].item(), pictures.ranges[0, 2, 1].item(), side)
    loss = FusionLoss()
    ours = perceived_difference(fused, ir, vis, loss._sobel(ir), loss._sobel(vis), pictures)
    planes = [x[0, 0].numpy() for x in (fused, ir, vis)]
    assert ours.item() * 255**2 == pytest.approx(evaluate_pair(*planes, ["Qcv"])["Qcv"], rel=0.01)


def test_sensitivity_peaks_between_brightness_and_fine_grain():
    weight = sensitivity(640, 640, torch.tensor([640.0, 1280.0]))
    assert weight.shape == (2, 1, 640, 321)
    assert weight[0, 0, 0, 0] < 0.06 and weight[0, 0, 0, 320] < 0.01
    pixels_a_cycle = 640 / weight[:, 0, 0].argmax(-1)
    assert 15 < pixels_a_cycle[0] < 30
    assert pixels_a_cycle[1].item() == pytest.approx(2 * pixels_a_cycle[0].item(), rel=0.1)


def test_perception_term_uses_the_whole_pictures():
    fused, ir, vis = torch.rand(3, 2, 1, 32, 32, generator=torch.Generator().manual_seed(3))
    loss = FusionLoss("signed", perception_weight=3.0)
    without = FusionLoss("signed")(fused, ir, vis)["loss"]
    terms = loss(fused, ir, vis)
    assert terms["loss"].item() == pytest.approx((without + 3 * terms["perception"]).item(), rel=1e-5)
    pictures = whole(ir, vis)
    assert loss(fused, ir, vis, pictures)["loss"].item() == pytest.approx(terms["loss"].item())
    third = pictures._replace(ranges=torch.tensor([-1.0, 2.0]).expand(2, 3, 2))  # of the contrast
    assert loss(fused, ir, vis, third)["perception"].item() == pytest.approx(
        terms["perception"].item() / 9, rel=0.1
    )
    far = pictures._replace(side=pictures.side * 20)
    assert loss(fused, ir, vis, far)["perception"] < terms["perception"]


def test_difference_correlation_is_half_of_scd_where_whole_pictures_are_given():
    ir, vis, other = blobs(0, 0.1, 0.7, 96), blobs(1, 0.3, 0.9, 96), blobs(2, 0.0, 0.4, 96)
    fused = 0.5 * torch.maximum(ir, vis) + other
    fused = fused + (torch.maximum(ir, vis) - fused).mean()  # the term takes the maximum's mean for its own
    planes = [x[0, 0].numpy() for x in (fused, ir, vis)]
    ours = difference_correlation(fused, ir, vis, whole(ir, vis))
    assert 2 * ours.item() == pytest.approx(evaluate_pair(*planes, ["SCD"])["SCD"], rel=1e-3)


def test_crops_that_count_nothing_leave_the_difference_to_the_others():
    fused, ir, vis = torch.rand(3, 2, 1, 16, 16)
    facts = Whole(*map(torch.cat, zip(whole(ir[:1], vis[:1]), whole(ir[1:], vis[1:], 0.0), strict=True)))
    alone = difference_correlation(fused[:1], ir[:1], vis[:1], whole(ir[:1], vis[:1]))
    torch.testing.assert_close(difference_correlation(fused, ir, vis, facts), alone)


def test_difference_term_rewards_both_sources_and_uses_the_whole_pictures():
    _, ir, vis = torch.rand(3, 2, 1, 32, 32, generator=torch.Generator().manual_seed(4))
    pictures = whole(ir, vis)
    loss = FusionLoss("signed", difference_weight=2.0)
    both, one = loss((ir + vis) / 2, ir, vis, pictures), loss(ir, ir, vis, pictures)
    assert both["difference"] < 0.5 < one["difference"]
    without = FusionLoss("signed")(ir, ir, vis)["loss"]
    assert one["loss"].item() == pytest.approx((without + 2 * one["difference"]).item(), rel=1e-5)
    maximum = torch.maximum(ir, vis)
    moved = loss(maximum, ir, vis, pictures._replace(means=pictures.means + torch.tensor([0.0, 0.0, 0.2])))
    assert moved["difference"] > loss(maximum, ir, vis, pictures)["difference"]


def test_unknown_gradient_is_refused():
    with pytest.raises(ValueError, match="gradient must be 'magnitude' or 'signed', got 'sobel'"):
        FusionLoss("sobel")
