"""Pairs decoded for training: scaled as for fusing, kept with 8 bits."""

import numpy as np
import pytest
from PIL import Image

from mgfusion.data.decoded_pictures import load_pictures
from mgfusion.data.pairs import Pair
from mgfusion.errors import DataError
from mgfusion.images import read_image, write_image
from mgfusion.thermal import infrared_to_unit
from noise import noise


def test_pictures_that_can_not_be_used_are_named(tmp_path):
    grey = np.zeros((20, 30), np.uint8)
    ir, vis = write_image(tmp_path / "ir.png", grey), write_image(tmp_path / "vis.png", grey[:, :25])
    with pytest.raises(DataError, match=r"ir\.png is 30x20 and .*vis\.png is 25x20 pixels; register"):
        load_pictures([Pair("s", "p", ir, vis)])
    with pytest.raises(DataError, match=r"ir\.png is 30x20, smaller than a crop of 24"):
        load_pictures([Pair("s", "p", ir, ir)], min_size=24)
    ir.write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"ir\.png"):
        load_pictures([Pair("s", "p", ir, vis)])


def test_deep_infrared_is_scaled_as_for_fusing(tmp_path):
    """Counts and degrees are not their high bytes; the visible picture is never stretched."""
    counts = 7000 + noise((20, 30)).astype(np.uint16) * 8
    dark = noise((20, 30, 3)).astype(np.uint16) * 8
    vis = write_image(tmp_path / "vis.png", dark)
    Image.fromarray((counts / 100).astype(np.float32)).save(tmp_path / "degrees.tif")
    for ir in (write_image(tmp_path / "counts.png", counts), tmp_path / "degrees.tif"):
        [picture] = load_pictures([Pair("s", "p", ir, vis)])
        expected = np.rint(255 * infrared_to_unit(read_image(ir))).astype(np.uint8)
        np.testing.assert_array_equal(picture.ir[0].numpy(), expected)
        assert picture.ir.max() == 255 and picture.ir.min() == 0
        assert picture.vis.shape == (3, 20, 30)
        np.testing.assert_array_equal(picture.vis.numpy(), np.rint(dark / 257).transpose(2, 0, 1))
    [fixed] = load_pictures([Pair("s", "p", tmp_path / "counts.png", vis)], ir_range=(0, 65535))
    np.testing.assert_array_equal(fixed.ir[0].numpy(), np.rint(counts / 257))


def test_eight_bits_stay_as_they_are(tmp_path):
    ir, vis = noise((20, 30)), noise((20, 30, 3), seed=1)
    pair = Pair("s", "p", write_image(tmp_path / "ir.png", ir), write_image(tmp_path / "vis.png", vis))
    [picture] = load_pictures([pair])
    np.testing.assert_array_equal(picture.ir[0].numpy(), ir)
    np.testing.assert_array_equal(picture.vis.numpy(), vis.transpose(2, 0, 1))


def test_many_pictures_warn_once(tmp_path):
    ir = write_image(tmp_path / "ir.png", noise((20, 30, 3)))
    vis = write_image(tmp_path / "vis.png", noise((20, 30)))
    with pytest.warns(
        UserWarning, match=r"ir\.png: infrared in colour.*the first of 3 such warnings"
    ) as said:
        load_pictures([Pair("s", str(i), ir, vis) for i in range(3)])
    assert len(said) == 1
