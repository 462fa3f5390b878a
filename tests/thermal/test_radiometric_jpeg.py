"""Thermal cameras' JPEG files: temperatures, the visible picture inside, and how they lie upon each other."""

import io
import struct
import warnings

import numpy as np
import pytest

from flir_files import radiometric_jpeg
from mgfusion.data.opened_pair import read_infrared
from mgfusion.errors import ImageError
from mgfusion.thermal import decode_thermal, infrared_to_unit
from mgfusion.thermal.planck_law import Calibration
from mgfusion.thermal.radiometric_jpeg import PictureInPicture, holds_temperatures, read_radiometric
from noise import noise


def _counts(height: int = 24, width: int = 32) -> np.ndarray:
    return (12_000 + 40 * np.arange(height * width).reshape(height, width) % 9000).astype(np.uint16)


@pytest.mark.parametrize("order", [">", "<"])
@pytest.mark.parametrize("png", [True, False])
@pytest.mark.parametrize("segment", [60_000, 500])
def test_counts_become_temperatures_in_any_layout(order, png, segment):
    counts = _counts()
    data = radiometric_jpeg(counts, order=order, png=png, segment=segment)
    assert holds_temperatures(data)
    found = read_radiometric(data, "a.jpg")
    assert found.celsius.shape == counts.shape and found.celsius.dtype == np.float32
    assert found.vis is None and found.overlay is None
    order_of = np.argsort(counts, axis=None)
    assert (np.diff(found.celsius.ravel()[order_of]) >= 0).all() and len(np.unique(found.celsius)) > 200
    assert -40 < found.celsius.min() < found.celsius.max() < 200


def test_an_independent_reader_agrees():
    flyr = pytest.importorskip("flyr")
    vis = noise((48, 64, 3))
    data = radiometric_jpeg(_counts(), vis=vis, overlay=(1.4, 14, -14))
    ours, theirs = read_radiometric(data, "a.jpg"), flyr.unpack(io.BytesIO(data))
    np.testing.assert_allclose(ours.celsius, theirs.celsius, atol=0.001)
    np.testing.assert_array_equal(ours.vis, theirs.optical)
    assert ours.overlay == PictureInPicture(pytest.approx(1.4), (14, -14))


def test_a_black_body_through_nothing_follows_planck():
    air = {"alpha1": 0.006569, "alpha2": 0.01262, "beta1": -0.002276, "beta2": -0.00667, "x": 1.9}
    around = dict.fromkeys(("reflected", "atmosphere", "window"), 293.15)
    nothing = {"emissivity": 1, "distance": 0, "window_transmission": 1, "humidity": 0}
    ideal = Calibration(**nothing, **around, **air, r1=17000, r2=0.0125, b=1430, f=1, o=-6000)
    kelvin = np.array([[273.15, 300.0, 400.0]])
    counts = 17000 / (0.0125 * (np.exp(1430 / kelvin) - 1)) + 6000
    np.testing.assert_allclose(ideal.celsius(counts), kelvin - 273.15, atol=1e-3)


def test_humidity_in_percent_is_taken():
    plain, percent = (read_radiometric(radiometric_jpeg(_counts(), camera={60: h}), "a") for h in (0.5, 50.0))
    np.testing.assert_allclose(plain.celsius, percent.celsius)


def test_fusing_and_scoring_take_the_temperatures_not_the_drawn_picture(tmp_path):
    counts = _counts(48, 64)
    path = tmp_path / "a.jpg"
    path.write_bytes(radiometric_jpeg(counts, shown=noise((48, 64, 3))))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing is said of the drawn picture's colours
        unit = read_infrared(path)
    expected = infrared_to_unit(read_radiometric(path.read_bytes(), "a").celsius)
    np.testing.assert_array_equal(unit, expected)
    assert np.corrcoef(unit.ravel(), counts.ravel())[0, 1] > 0.99


def test_temperatures_take_the_size_of_the_picture_shown():
    small = radiometric_jpeg(_counts(24, 32), shown=noise((96, 128)))
    found = decode_thermal(small, "a.jpg")
    assert found.unit == "celsius" and found.array.shape == (96, 128)
    assert found.radiometric is not None and found.radiometric.celsius.shape == (24, 32)
    other = decode_thermal(radiometric_jpeg(_counts(24, 32), shown=noise((128, 96))), "a.jpg")
    assert other.array.shape == (24, 32)  # shows something else


def test_other_files_are_ordinary_pictures():
    jpeg = radiometric_jpeg(_counts())
    plain = jpeg[:2] + jpeg[jpeg.index(b"\xff\xdb") :]
    assert not holds_temperatures(plain) and decode_thermal(plain, "a.jpg").unit is None
    assert not holds_temperatures(b"") and not holds_temperatures(
        b"\xff\xd8\xff\xe1\0\x10FLIR\0\x01\0\0FFF\0"
    )


@pytest.mark.parametrize("at", [32, 36, 44, 52, 60, 92])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e30])
def test_constants_of_no_camera_are_refused(at, value):
    with pytest.raises(ImageError, match=r"^a\.jpg: its camera constants .*export it again"):
        read_radiometric(radiometric_jpeg(_counts(), camera={at: value}), "a.jpg")


def test_sizes_that_lie_are_refused_before_the_memory_is_taken():
    data = radiometric_jpeg(_counts(), png=False)
    huge = data.replace(struct.pack("<HHH", 2, 32, 24), struct.pack("<HHH", 2, 65535, 65535))
    with pytest.raises(ImageError, match="65535x65535 pixels can't be right"):
        read_radiometric(huge, "a.jpg")
    longer = data.replace(struct.pack("<HHH", 2, 32, 24), struct.pack("<HHH", 2, 3200, 2400))
    with pytest.raises(ImageError, match="damaged or cut off"):
        read_radiometric(longer, "a.jpg")


def test_an_overlay_that_cannot_be_is_left_out():
    for overlay in ((float("nan"), 0, 0), (0.0, 0, 0), (1.2, 30000, 0)):
        data = radiometric_jpeg(_counts(), vis=noise((48, 64, 3)), overlay=overlay)
        assert read_radiometric(data, "a.jpg").overlay is None


@pytest.mark.real_data
def test_cameras_files(evaluation_pairs):
    folder = evaluation_pairs.parent / "cameras" / "flir"
    if not folder.is_dir():
        pytest.skip("no files of cameras here")
    found = {path.stem: read_radiometric(path.read_bytes(), path.name) for path in folder.glob("*.jpg")}
    assert (
        24 < found["ax8"].celsius.min() < found["ax8"].celsius.max() < 26
    )  # its own display says 24.3 to 25.5
    assert found["flir_example"].overlay == PictureInPicture(pytest.approx(1.404, abs=1e-3), (14, -14))
    assert found["zenmuse_xtr"].celsius.shape == (512, 640) and found["zenmuse_xtr"].vis is None
