"""One reader for the files of a pair: depths, colours, orientation, and how often a file is opened."""

import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from mgfusion.data.opened_pair import open_pair, read_infrared, read_luminance
from mgfusion.data.pairs import find_pairs
from mgfusion.errors import ImageError
from mgfusion.images import read_image, to_unit, write_image
from mgfusion.thermal import infrared_to_unit
from noise import noise

COUNTS = 7000 + noise((20, 30)).astype(np.uint16) * 8
"""Of a thermal camera: a thirtieth of 16 bits."""


def pair(folder: Path, ir: np.ndarray, vis: np.ndarray, suffix: str = ".png") -> tuple[Path, Path]:
    return write_image(folder / "ir.png", ir), write_image(folder / f"vis{suffix}", vis)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tif", ".webp"])
def test_eight_bit_colour_has_the_luminance_of_opencv(tmp_path, suffix):
    files = pair(tmp_path, noise((20, 30)), noise((20, 30, 3)), suffix)
    opened = open_pair(*files)
    np.testing.assert_array_equal(opened.ir, noise((20, 30)) / np.float32(255))
    expected = cv2.imread(str(files[1]), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(opened.vis, expected / np.float32(255))
    assert opened.colour is not None
    np.testing.assert_array_equal(opened.colour, read_image(files[1]))
    np.testing.assert_array_equal(read_luminance(files[1]), opened.vis)


def test_eight_bit_grey(tmp_path):
    opened = open_pair(*pair(tmp_path, noise((20, 30)), noise((20, 30), seed=1)))
    np.testing.assert_array_equal(opened.vis, noise((20, 30), seed=1) / np.float32(255))
    assert opened.colour is None and opened.vis.dtype == opened.ir.dtype == np.float32


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3)])
def test_a_deep_visible_picture_is_never_stretched(tmp_path, shape):
    """A dark night in 16 bits stays dark: it is no thermal picture."""
    dark = noise(shape).astype(np.uint16) * 8
    opened = open_pair(*pair(tmp_path, COUNTS, dark))
    luminance = dark if dark.ndim == 2 else np.rint(dark @ np.array([0.299, 0.587, 0.114]))
    np.testing.assert_allclose(opened.vis, luminance / 65535, atol=1.1 / 65535)
    assert opened.vis.max() < 0.04 and (opened.colour is None) == (len(shape) == 2)
    np.testing.assert_array_equal(opened.ir, infrared_to_unit(COUNTS))
    assert opened.ir.max() == 1


def test_float_infrared_and_a_fixed_range(tmp_path):
    degrees = (noise((20, 30)) / 10).astype(np.float32)
    Image.fromarray(degrees).save(tmp_path / "ir.tif")
    vis = write_image(tmp_path / "vis.png", noise((20, 30, 3)))
    np.testing.assert_array_equal(open_pair(tmp_path / "ir.tif", vis).ir, infrared_to_unit(degrees))
    fixed = open_pair(tmp_path / "ir.tif", vis, (0.0, 30.0)).ir
    np.testing.assert_allclose(fixed, degrees / 30, atol=1e-6)


def test_a_fixed_range_counts_for_infrared_stored_as_colour(tmp_path):
    grey = noise((20, 30))
    for name, array in (("grey", grey), ("colour", np.repeat(grey[..., None], 3, axis=2))):
        write_image(tmp_path / f"{name}.png", array)
    expected = read_infrared(tmp_path / "grey.png", (50.0, 200.0))
    np.testing.assert_array_equal(read_infrared(tmp_path / "colour.png", (50.0, 200.0)), expected)


def test_false_colour_is_warned_of_on_the_infrared_side_alone(tmp_path):
    colour = noise((20, 30, 3))
    files = pair(tmp_path, noise((20, 30)), colour)
    deep = write_image(tmp_path / "deep.png", noise((20, 30, 3), np.uint16))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        open_pair(*files)
        read_luminance(deep)
    for path in (files[1], deep):
        with pytest.warns(UserWarning, match=rf"{path.name}: infrared in colour") as caught:
            read_infrared(path)
        assert len(caught) == 1


def test_sizes_that_differ_and_a_missing_file_are_named(tmp_path):
    ir, vis = pair(tmp_path, noise((20, 30)), noise((20, 31, 3)))
    with pytest.raises(ImageError, match=r"ir\.png is 30x20 and .*vis\.png is 31x20 pixels; register"):
        open_pair(ir, vis)
    with pytest.raises(ImageError, match=r"none\.png: no such file"):
        open_pair(ir, tmp_path / "none.png")
    with pytest.raises(ImageError, match=r"none\.png: no such file"):
        open_pair(tmp_path / "none.png", vis)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_the_luminance_stands_as_the_picture_does(tmp_path, orientation, suffix):
    """Of a square too, where a turn does not show in the shape."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    colour = np.zeros((16, 16, 3), np.uint8)
    colour[:8, :8], colour[:8, 8:] = (250, 240, 200), (90, 100, 110)
    Image.fromarray(colour).save(tmp_path / f"a{suffix}", exif=exif)
    luminance = read_luminance(tmp_path / f"a{suffix}")
    array = read_image(tmp_path / f"a{suffix}").astype(float)
    assert np.abs(255 * luminance - array @ np.array([0.299, 0.587, 0.114])).max() < 4


def test_each_file_is_opened_once(tmp_path, monkeypatch):
    ir, vis = pair(tmp_path, np.repeat(noise((20, 30, 1)), 3, axis=2), noise((20, 30, 3)))
    opened: list[str] = []
    real = Path.open

    def counted(self, *args, **kwargs):
        opened.append(self.name)
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", counted)
    monkeypatch.setattr(Path, "read_bytes", lambda self: counted(self, "rb").read())
    monkeypatch.setattr(cv2, "imread", lambda *args: pytest.fail("a file is opened a second time"))
    open_pair(ir, vis)
    assert opened == ["ir.png", "vis.png"]


def test_the_evaluation_pairs_read_as_published_scores_read_them(evaluation_pairs):
    for one in find_pairs(evaluation_pairs, "test")[::7]:
        opened = open_pair(one.ir, one.vis)
        for path, ours in ((one.ir, opened.ir), (one.vis, opened.vis)):
            np.testing.assert_array_equal(ours, to_unit(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)))
