"""The visible picture's colour on the fused luminance: exact luminance, hue, saturation, noise."""

import numpy as np
import pytest
import torch

from mgfusion.images import (
    from_tensor,
    fused_colour,
    luminance,
    recoloured,
    rgb_to_ycbcr,
    rounded_rgb,
    to_tensor,
)
from noise import noise


def random(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def plain(colour, luminance_of_fused, size=(40, 48)):
    """A visible picture of one colour, and what it becomes at another luminance: (3,)."""
    rgb = torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, *size).clone()
    out = fused_colour(rgb, torch.full((1, 1, *size), luminance_of_fused))
    assert (out - out[..., :1, :1]).abs().max() < 1e-6
    return out[0, :, 0, 0]


def chroma(rgb):
    """Blue and red difference."""
    return (rgb_to_ycbcr(rgb.reshape(1, 3, 1, -1))[1] - 0.5)[0, :, 0]


@pytest.mark.parametrize("size", [(40, 40), (37, 41), (16, 16), (3, 5), (1, 1), (1, 90)])
def test_luminance_is_exact_and_in_range(size):
    for darker in (1.0, 0.15):
        rgb, y = darker * random(2, 3, *size), random(2, 1, *size, seed=1)
        out = fused_colour(rgb, y)
        assert out.shape == rgb.shape and out.min() >= 0 and out.max() <= 1
        torch.testing.assert_close(luminance(out), y, atol=1e-5, rtol=0)
        missed = (luminance(rounded_rgb(out)) - 255 * luminance(out)).abs()
        room = (out.amin(1, keepdim=True) > 2 / 255) & (out.amax(1, keepdim=True) < 253 / 255)
        assert (missed * room).max() <= 0.06  # at a limit a channel can't give way
        assert rgb.max() <= darker and y.max() <= 1  # left as they were


def test_nothing_changes_where_the_luminance_does_not_and_there_is_light():
    rgb = 0.25 + 0.7 * random(1, 3, 40, 40)
    torch.testing.assert_close(fused_colour(rgb, luminance(rgb)), rgb, atol=1e-5, rtol=0)


def test_hue_does_not_turn_where_there_is_light():
    rgb, y = 0.25 + 0.7 * random(1, 3, 40, 40), random(1, 1, 40, 40, seed=1)
    before, after = chroma(rgb), chroma(fused_colour(rgb, y))
    cross = before[0] * after[1] - before[1] * after[0]
    assert cross.abs().max() < 1e-5 and ((before * after).sum(0) >= -1e-6).all()


@pytest.mark.parametrize("grey", [0.0, 0.03, 0.4, 1.0])
def test_greys_stay_grey(grey):
    out = fused_colour(torch.full((1, 3, 40, 40), grey), random(1, 1, 40, 40))
    levels = rounded_rgb(out)
    assert (levels[:, :1] == levels[:, 1:2]).all() and (levels[:, :1] == levels[:, 2:]).all()


def test_saturation_stays_where_the_luminance_moves_a_little():
    grass = (0.3, 0.45, 0.2)
    seen = float(luminance(torch.tensor(grass).view(1, 3, 1, 1)))
    for factor in (0.5, 0.8, 1.15):
        ratio = chroma(plain(grass, factor * seen)).norm() / chroma(torch.tensor(grass)).norm()
        assert float(ratio) == pytest.approx(factor, abs=0.06)


def test_colour_fades_where_the_infrared_lifts_far():
    """A weak cast in the shadow under a hot car: constant Cb and Cr make it mauve."""
    cast = (0.24, 0.21, 0.25)
    before, after = chroma(torch.tensor(cast)).norm(), chroma(plain(cast, 0.85)).norm()
    assert float(after / before) == pytest.approx(0.5, abs=0.02)
    steps = [float(chroma(plain(cast, y)).norm()) for y in (0.3, 0.5, 0.7, 0.85)]
    assert steps[1:] == sorted(steps[1:], reverse=True)


def test_noise_of_colour_in_the_dark_is_smoothed_and_lamps_keep_their_colour():
    generator = np.random.default_rng(0)
    night = np.clip(generator.normal(0.03, 0.02, (1, 3, 96, 96)), 0, 1).astype(np.float32)
    night[..., 40:56, 40:56] = np.array([0.9, 0.5, 0.1], np.float32)[:, None, None]
    rgb = torch.from_numpy(night)
    out = fused_colour(rgb, luminance(rgb) + 0.1)
    dark, before, after = np.s_[:, :24], chroma(rgb).view(2, 96, 96), chroma(out).view(2, 96, 96)
    assert float(after[dark].std()) < 0.35 * float(before[dark].std())
    lamp = np.s_[:, 44:52, 44:52]
    assert float(after[lamp].norm() / before[lamp].norm()) == pytest.approx(1, abs=0.15)


def test_each_picture_of_a_batch_is_coloured_for_itself():
    dark, light, y = (
        0.1 * random(1, 3, 32, 32),
        0.5 + 0.4 * random(1, 3, 32, 32),
        random(1, 1, 32, 32, seed=2),
    )
    both = fused_colour(torch.cat([dark, light]), torch.cat([y, y]))
    for i, one in enumerate((dark, light)):
        torch.testing.assert_close(both[i : i + 1], fused_colour(one, y))


def test_recolouring_an_array_is_the_two_steps_of_tensors():
    """In stripes, of which the last is not whole; a pixel that rounding decides may go the other way."""
    rgb = noise((701, 90, 3))
    rgb[:50], rgb[50:60], rgb[60:70] = rgb[:50, :, :1], 0, 255
    y = torch.rand(1, 1, 701, 90, generator=torch.Generator().manual_seed(0))
    y[..., 55:65, :45] = 0
    y[..., 55:65, 45:] = 1
    one = recoloured(rgb, y)
    two = from_tensor(fused_colour(to_tensor(rgb), y))
    assert one.dtype == np.uint8 and one.shape == rgb.shape
    assert (one != two).mean() < 2e-4 and np.abs(one.astype(int) - two).max() <= 3
    assert (one[:70] == one[:70, :, :1]).all()
    exact = 255 * luminance(fused_colour(to_tensor(rgb), y))[0, 0, 70:].numpy()
    saved = one[70:] @ np.array([0.299, 0.587, 0.114])
    assert np.percentile(np.abs(saved - exact), 90) < 0.06
