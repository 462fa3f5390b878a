"""Arrays, tensors and colour."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mgfusion import images
from mgfusion.errors import ImageError
from mgfusion.metrics.picture import as_luminance
from noise import noise


def test_ycbcr_round_trip_and_known_colours():
    rgb = torch.rand(2, 3, 9, 11, generator=torch.Generator().manual_seed(0))
    y, cbcr = images.rgb_to_ycbcr(rgb)
    torch.testing.assert_close(images.ycbcr_to_rgb(y, cbcr), rgb, atol=1e-6, rtol=0)
    colours = torch.tensor([[1.0, 0, 0], [0, 0, 1], [0.5, 0.5, 0.5]])[..., None, None]
    y, cbcr = images.rgb_to_ycbcr(colours)
    assert y.flatten().tolist() == pytest.approx([0.299, 0.114, 0.5])
    assert cbcr[0, 1].item() == pytest.approx(1) and cbcr[1, 0].item() == pytest.approx(1)  # full range
    assert cbcr[2].flatten().tolist() == pytest.approx([0.5, 0.5])


def test_ycbcr_is_that_of_jpeg():
    rgb = noise((16, 16, 3))
    y, cbcr = images.rgb_to_ycbcr(images.to_tensor(rgb))
    ours = images.from_unit(torch.cat([y, cbcr], 1)[0].permute(1, 2, 0).numpy(), np.uint8)
    assert np.abs(ours.astype(int) - np.asarray(Image.fromarray(rgb).convert("YCbCr"))).max() <= 1


def test_new_luminance_is_kept_exactly_and_hue_does_not_turn():
    generator = torch.Generator().manual_seed(0)
    rgb, y = torch.rand(1, 3, 40, 40, generator=generator), torch.rand(1, 1, 40, 40, generator=generator)
    out = images.replace_luminance(rgb, y)
    assert out.min() >= 0 and out.max() <= 1
    torch.testing.assert_close(images.luminance(out), y, atol=1e-5, rtol=0)
    before = images.rgb_to_ycbcr(rgb)[1] - 0.5
    after = images.rgb_to_ycbcr(out)[1] - 0.5
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    assert cross.abs().max() < 1e-5 and ((before * after).sum(1) >= -1e-6).all()
    torch.testing.assert_close(images.replace_luminance(rgb, images.luminance(rgb)), rgb, atol=1e-5, rtol=0)


def test_saved_colour_has_the_exact_luminance_and_greys_stay_grey():
    """However a reader makes grey of it, rounding or cutting off, it finds what it would in the fused one."""
    rgb = 0.02 + 0.9 * torch.rand(1, 3, 60, 60, generator=torch.Generator().manual_seed(0))
    array = images.from_tensor(rgb)
    y, saved = 255 * images.luminance(rgb), 255 * images.luminance(images.to_tensor(array))
    assert (saved - y).abs().max() < 0.06
    assert np.abs(array - 255 * rgb[0].permute(1, 2, 0).numpy()).max() < 2
    plain = 255 * images.luminance((255 * rgb).round() / 255)
    assert (plain - y).abs().max() > 0.3  # what rounding each channel for itself leaves
    grey = torch.rand(1, 1, 9, 9).expand(-1, 3, -1, -1)
    array = images.from_tensor(grey)
    assert (array == array[..., :1]).all()
    black_and_white = torch.tensor([0.0, 1.0]).expand(1, 3, 1, 2)
    assert images.from_tensor(black_and_white).tolist() == [[[0] * 3, [255] * 3]]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_tensors_round_trip(dtype, shape):
    array = noise(shape, dtype)
    tensor = images.to_tensor(array)
    assert tensor.shape == (1, 3 if len(shape) == 3 else 1, 5, 7) and tensor.dtype == torch.float32
    np.testing.assert_array_equal(images.from_tensor(tensor, dtype), array)


def test_rounding_is_to_nearest_and_clipped():
    values = np.array([[-0.2, 0.4981, 0.4979, 1.7]])
    assert images.from_unit(values, np.uint8).tolist() == [[0, 127, 127, 255]]
    assert images.from_unit(np.array([[1.5 / 255 + 1e-6]]), np.uint8).tolist() == [[2]]
    with pytest.raises(ImageError, match="from 0 to 7"):
        images.to_unit(np.array([[0.0, 7.0]]), "x")


@pytest.mark.parametrize("dtype", ["u2", "f4"])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_big_endian_arrays_are_the_same_picture(tmp_path, dtype, shape):
    """What readers of FITS and TIFF give."""
    plain = noise(shape, np.uint16) if dtype == "u2" else noise(shape) / np.float32(255)
    foreign = plain.astype(f">{dtype}")
    np.testing.assert_array_equal(images.to_unit(foreign), images.to_unit(plain))
    torch.testing.assert_close(images.to_tensor(foreign), images.to_tensor(plain), atol=0, rtol=0)
    np.testing.assert_array_equal(images.to_grey(foreign), images.to_grey(plain))
    np.testing.assert_array_equal(as_luminance(foreign), as_luminance(plain))
    back = images.from_tensor(images.to_tensor(plain), foreign.dtype)
    assert back.dtype == plain.dtype
    np.testing.assert_array_equal(back, plain)
    if dtype == "u2":
        saved = images.read_image(images.write_image(tmp_path / "a.png", foreign))
        np.testing.assert_array_equal(saved, plain)


def test_half_floats_are_floats():
    half = (noise((5, 7)) / 255).astype(np.float16)
    np.testing.assert_array_equal(images.to_unit(half), half.astype(np.float32))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_an_array_without_pixels_is_one_clear_line(dtype):
    with pytest.raises(ImageError, match=r"vis: shape \(0, 7\) has no pixels"):
        images.to_unit(np.zeros((0, 7), dtype), "vis")


def test_the_weights_of_bt601_stand_in_one_file():
    source = Path(images.__file__).parents[1]
    weights = re.compile(r"\b(0?\.299|299|0?\.587|587|0?\.114)\b")
    found = [p.relative_to(source).as_posix() for p in source.rglob("*.py") if weights.search(p.read_text())]
    assert found == ["images/colour.py"]
