"""Spans of temperatures, and the files whose numbers are temperatures."""

import numpy as np
import pytest

from mgfusion.errors import ImageError, OptionError
from mgfusion.thermal import Thermal
from mgfusion.thermal.isotherm import parse_isotherm
from mgfusion.thermal.units import celsius_of, check_unit
from noise import noise


def test_text_in_any_unit_with_one_end_open():
    assert (parse_isotherm("30C..40C").low, parse_isotherm("30C..40C").high) == (30, 40)
    assert parse_isotherm("86F..").low == pytest.approx(30) and parse_isotherm("86F..").high == np.inf
    assert parse_isotherm("..310 K").high == pytest.approx(36.85) and parse_isotherm("-5.5°c..0c").low == -5.5
    for text in ("30..40", "30C-40C", "..", "", "30C", "hot", "30C..40X", "nanC..3C"):
        with pytest.raises(OptionError, match=r"isotherm .*30C\.\.40C"):
            parse_isotherm(text)
    with pytest.raises(OptionError, match="must be the lower"):
        parse_isotherm("40C..30C")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3)])
def test_only_what_lies_in_the_span_is_tinted(dtype, shape):
    picture = noise(shape, dtype) if dtype != np.float32 else (noise(shape) / 255).astype(np.float32)
    celsius = np.full((20, 30), 20, np.float32)
    celsius[5:10, 5:10], celsius[0, 0] = 35, np.nan
    before = picture.copy()
    marked = parse_isotherm("30C..40C").mark(picture, celsius)
    assert marked.shape == (20, 30, 3) and marked.dtype == picture.dtype
    as_rgb = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
    outside = np.ones((20, 30), bool)
    outside[5:10, 5:10] = False
    np.testing.assert_array_equal(marked[outside], as_rgb[outside])
    np.testing.assert_array_equal(picture, before)
    inside = marked[5:10, 5:10].astype(float)
    assert (inside[..., 0] > inside[..., 1]).mean() > 0.8 and (marked[5:10, 5:10] != as_rgb[5:10, 5:10]).any()


def test_degrees_and_kelvin_are_told_apart_and_counts_need_their_unit():
    warm = np.linspace(-10, 60, 600, dtype=np.float32).reshape(20, 30)
    np.testing.assert_array_equal(celsius_of(Thermal(warm)), warm)
    np.testing.assert_allclose(celsius_of(Thermal(warm + 273.15)), warm, atol=1e-4)
    counts = np.rint((warm + 273.15) * 100).astype(np.uint16)
    np.testing.assert_allclose(celsius_of(Thermal(counts), "centikelvin"), warm, atol=0.01)
    np.testing.assert_array_equal(celsius_of(Thermal(warm * 10, "celsius")), warm * 10)  # the file says so
    for array, why in (
        (counts, "uint16 numbers need not be temperatures"),
        (noise((20, 30, 3)), "in colour"),
        (warm * 10, "-99.* to 599"),
        (noise((20, 30)) / np.float32(255), "from 0 to 1"),
        (np.full((4, 4), np.nan, np.float32), "nan"),
    ):
        with pytest.raises(ImageError, match=rf"^a\.tif: .*{why}.*--ir-unit"):
            celsius_of(Thermal(array), name="a.tif")
    with pytest.raises(OptionError, match="give one of celsius, kelvin"):
        check_unit("rankine")
