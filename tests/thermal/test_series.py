"""One range for a whole series."""

import numpy as np
import pytest

from flir_files import radiometric_jpeg
from mgfusion.errors import OptionError
from mgfusion.images import write_image
from mgfusion.thermal import infrared_to_unit, read_thermal, series_range
from noise import noise


def test_one_grey_is_one_temperature_throughout(tmp_path):
    series = [noise((40, 50), seed=i).astype(np.uint16) * 2 + np.uint16(7000 + 500 * i) for i in range(3)]
    files = [write_image(tmp_path / f"{i}.png", counts) for i, counts in enumerate(series)]
    (tmp_path / "bad.png").write_bytes(b"none")
    found = series_range([*files, tmp_path / "bad.png"])
    assert isinstance(found, tuple) and 7000 <= found[0] < 7010 and 8490 < found[1] <= 8510
    same = [infrared_to_unit(counts, found)[counts == 7500] for counts in series[:2]]
    assert len(np.unique(np.concatenate(same))) == 1
    assert infrared_to_unit(series[0], found).max() < 0.4


def test_eight_bits_keep_their_levels(tmp_path):
    assert series_range([write_image(tmp_path / "a.png", noise((20, 30)))]) == "auto"
    assert series_range([]) == "auto"


def test_files_of_two_kinds_have_no_common_range(tmp_path):
    counts = noise((24, 32)) + np.uint16(7000)
    (tmp_path / "b.jpg").write_bytes(radiometric_jpeg(counts * 2))
    with pytest.raises(OptionError, match=r"uint16 \(.*a\.png\), celsius \(.*b\.jpg\); give one kind"):
        series_range([write_image(tmp_path / "a.png", counts), tmp_path / "b.jpg"])
    warm = read_thermal(tmp_path / "b.jpg")
    assert warm.unit == "celsius" and isinstance(series_range([tmp_path / "b.jpg"]), tuple)
