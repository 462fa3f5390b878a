"""Infrared of any depth as values in [0, 1]."""

import warnings

import numpy as np
import pytest

from mgfusion import images, thermal
from mgfusion.errors import ImageError, OptionError
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
    for text in ("most", "1,2,3", "9,7", "nan,3", "3,inf"):
        with pytest.raises(OptionError, match="infrared range"):
            thermal.parse_ir_range(text)


def test_grey_stored_as_colour_and_false_colour(recwarn):
    grey, colour = noise((30, 40)), noise((30, 40, 3))
    three = np.repeat(grey[..., None], 3, axis=2)
    np.testing.assert_array_equal(images.to_grey(three), grey)
    np.testing.assert_array_equal(thermal.infrared_to_unit(three), images.to_unit(grey))
    jpeg = three // 2 + noise((30, 40, 3), seed=1) % 3
    assert images.is_grey(jpeg) and not images.is_grey(colour)
    images.to_grey(colour)  # nothing is said of a visible picture
    assert not recwarn.list
    with pytest.warns(UserWarning, match=r"hot\.png: infrared in colour"):
        false_colour = thermal.infrared_to_unit(colour, name="hot.png")
    assert false_colour.shape == (30, 40)
    np.testing.assert_array_equal(false_colour, images.to_unit(images.to_grey(colour)))


@pytest.mark.parametrize(
    ("values", "ir_range", "clipped"),
    [
        (np.linspace(7000, 9000, 400).astype(np.uint16), (20.0, 40.0), "100 %"),  # degrees for counts
        (np.linspace(15, 39, 400).astype(np.float32), (7000.0, 9000.0), "100 %"),
        (np.linspace(7000, 9000, 400).astype(np.uint16), (7990.0, 8010.0), "99 %"),
    ],
)
def test_a_range_that_clips_nearly_everything_is_warned_of(values, ir_range, clipped):
    with pytest.warns(UserWarning, match=r"night\.tif: the infrared range .* clips " + clipped) as caught:
        unit = thermal.infrared_to_unit(values.reshape(20, 20), ir_range, "night.tif")
    said = str(caught[0].message)
    assert f"they span {values.min():g} to {values.max():g}" in said and "\n" not in said
    assert unit.shape == (20, 20)


def test_a_range_that_fits_is_not_warned_of(recwarn):
    counts = np.random.default_rng(0).normal(8000, 100, (60, 60)).astype(np.uint16)
    thermal.infrared_to_unit(counts, (7700.0, 8300.0))
    thermal.infrared_to_unit(np.full((9, 9), 8000, np.uint16), (8000.0, 9000.0))
    degrees = np.where(np.arange(100).reshape(10, 10) < 98, np.nan, 20.0)  # what is missing is not clipped
    assert np.isfinite(thermal.infrared_to_unit(degrees, (10.0, 30.0))).all()
    assert not recwarn.list


@pytest.mark.parametrize("ir_range", [(9.0, 7.0), (7.0, 7.0), (np.nan, 3.0), (1.0, 2.0, 3.0), "most"])
def test_a_range_that_is_none_is_refused(ir_range):
    with pytest.raises(OptionError, match="infrared range"):
        thermal.infrared_to_unit(noise((4, 4), np.uint16), ir_range)


def test_nothing_finite_is_refused_with_a_given_range_too():
    with pytest.raises(ImageError, match="no finite"):
        thermal.infrared_to_unit(np.full((4, 4), np.nan), (1.0, 2.0))


@pytest.mark.parametrize("dtype", [">u2", ">f4", ">f8", "<f2", ">f2"])
@pytest.mark.parametrize("ir_range", ["auto", (100.0, 60000.0)])
def test_any_byte_order_and_float_gives_the_same(dtype, ir_range):
    plain = noise((30, 40), np.uint16) if dtype == ">u2" else noise((30, 40)).astype(dtype[1:])
    foreign = plain.astype(dtype)
    if isinstance(ir_range, tuple) and dtype != ">u2":
        ir_range = (10.0, 200.0)
    unit = thermal.infrared_to_unit(foreign, ir_range)
    assert unit.dtype == np.float32 and unit.dtype.isnative
    np.testing.assert_array_equal(unit, thermal.infrared_to_unit(plain, ir_range))


@pytest.mark.parametrize("dtype", [bool, object, np.int64, np.int16, np.complex64])
def test_other_types_are_one_clear_line(dtype):
    for convert in (thermal.infrared_to_unit, images.to_unit, images.to_tensor):
        with pytest.raises(ImageError, match=f"dtype {np.dtype(dtype)}; give uint8, uint16 or float"):
            convert(np.ones((4, 5), dtype))


def test_plateau_equalisation_shows_detail_beside_a_large_flat_part():
    rng = np.random.default_rng(0)
    counts = rng.normal(7000, 4, (80, 100))  # a sky: half of the picture in a few counts
    counts[40:] = np.linspace(7400, 7600, 100)[None] + rng.normal(0, 2, (40, 100))
    counts[60:64, 40:44] = 9500
    counts = counts.astype(np.uint16)
    plain, equalised = (thermal.infrared_to_unit(counts, r) for r in ("auto", "plateau"))
    assert equalised.dtype == np.float32 and equalised.min() >= 0 and equalised.max() <= 1
    assert np.ptp(equalised[50, :40]) > 2 * np.ptp(plain[50, :40])
    order = np.argsort(counts, axis=None, kind="stable")
    assert (np.diff(equalised.ravel()[order]) >= 0).all()  # warmer is never darker
    flat = noise((40, 40)) % 4 + np.uint16(7000)
    assert np.ptp(thermal.infrared_to_unit(flat, "plateau")) < 0.1
    eight = (100 + noise((40, 50)) % 60).astype(np.uint8)
    assert np.ptp(thermal.infrared_to_unit(eight, "plateau")) > 0.9


def test_black_hot_is_turned_over_and_warned_of():
    rng = np.random.default_rng(1)
    night = rng.normal(60, 3, (240, 320))
    for y, x in rng.integers(30, 200, (6, 2)):
        night[y : y + 14, x : x + 7] = 230
    white_hot = night.clip(0, 255).astype(np.uint8)
    black_hot = 255 - white_hot
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = thermal.infrared_to_unit(white_hot)
        turned = thermal.infrared_to_unit(black_hot, invert=True)
        thermal.infrared_to_unit(black_hot.astype(np.uint16) * 20)  # counts are what they are
    np.testing.assert_allclose(turned, expected, atol=1e-6)
    with pytest.warns(UserWarning, match=r"a\.png: looks black-hot .*--invert"):
        thermal.infrared_to_unit(black_hot, name="a.png")


@pytest.mark.real_data
def test_no_white_hot_picture_of_the_evaluation_sets_looks_black_hot(evaluation_pairs):
    from mgfusion.thermal.polarity import looks_black_hot

    files = sorted(evaluation_pairs.glob("*/test/ir/*"))[::4]
    greys = [images.to_grey(images.read_image(path)) for path in files]
    assert len(greys) > 20 and not any(map(looks_black_hot, greys))
    assert sum(looks_black_hot(255 - grey) for grey in greys) > len(greys) / 6
