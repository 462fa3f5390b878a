"""Infrared of any depth as values in [0, 1]."""

import numpy as np
import pytest

from mgfusion import images, thermal
from mgfusion.errors import ImageError
from noise import noise


def test_sixteen_bit_counts_of_a_thermal_camera_are_stretched():
    counts = np.random.default_rng(0).normal(7600, 60, (120, 160)).astype(np.uint16)
    counts[40:60, 40:50] = 8800
    counts[0, 0], counts[5, 5] = 0, 65535  # dead pixels
    unit = thermal.infrared_to_unit(counts)
    assert unit.dtype == np.float32 and unit.min() == 0 and unit.max() == 1
    assert unit[40:60, 40:50].min() > 0.98 and unit.mean() < 0.3
    assert thermal.infrared_to_unit(counts, "full")[80, 80] == pytest.approx(counts[80, 80] / 65535)
    assert thermal.infrared_to_unit(counts, (7000.0, 9000.0))[50, 45] == pytest.approx(0.9)


def test_infrared_that_needs_no_stretch_is_left_alone():
    full, eight = noise((50, 60), np.uint16), noise((50, 60)) // 4
    np.testing.assert_allclose(thermal.infrared_to_unit(full), full / np.float32(65535))
    np.testing.assert_allclose(thermal.infrared_to_unit(eight), eight / np.float32(255))
    unit = (eight / 255).astype(np.float32)
    np.testing.assert_array_equal(thermal.infrared_to_unit(unit), unit)
    flat = np.full((50, 60), 7000, np.uint16) + (noise((50, 60)) % 4)
    assert np.ptp(thermal.infrared_to_unit(flat.astype(np.uint16))) < 0.1  # noise is not made a picture


def test_degrees_and_missing_values():
    degrees = np.full((40, 40), 18.0, np.float32)
    degrees[10:20, 10:20], degrees[0, 0] = 36.5, np.nan
    unit = thermal.infrared_to_unit(degrees)
    assert unit[15, 15] == 1 and unit[30, 30] == 0 and np.isfinite(unit).all()
    with pytest.raises(ImageError, match="no finite"):
        thermal.infrared_to_unit(np.full((4, 4), np.nan))
    with pytest.raises(ImageError, match="int32"):
        thermal.infrared_to_unit(np.zeros((4, 4), np.int32))


def test_ir_range_text():
    assert thermal.parse_ir_range("auto") == "auto" and thermal.parse_ir_range("7000,9000") == (
        7000.0,
        9000.0,
    )
    for text in ("most", "1,2,3", "9,7", "nan,3"):
        with pytest.raises(ImageError, match="infrared range"):
            thermal.parse_ir_range(text)


def test_grey_stored_as_colour_and_false_colour(recwarn):
    grey = noise((30, 40))
    np.testing.assert_array_equal(images.to_grey(np.repeat(grey[..., None], 3, axis=2)), grey)
    jpeg = np.repeat(grey[..., None], 3, axis=2) // 2 + noise((30, 40, 3), seed=1) % 3
    assert images.is_grey(jpeg) and not images.is_grey(noise((30, 40, 3)))
    assert not recwarn.list
    with pytest.warns(UserWarning, match=r"hot\.png: infrared in colour"):
        false_colour = images.to_grey(noise((30, 40, 3)), "hot.png")
    assert false_colour.shape == (30, 40) and false_colour.dtype == np.uint8
