"""Finding pairs in real layouts, and reading them as published code does."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from tiny_pairs import write_pair

from mgfusion.benchmark.methods.test_sets import find_sets, read_fused, to_eight_bits
from mgfusion.errors import BenchmarkError


def test_a_folder_of_data_sets(data):
    sets = find_sets([data])
    assert {name: [p.name for p in pairs] for name, pairs in sets.items()} == {
        "MSRS": ["00000N", "00001N"],
        "TNO": ["00", "01", "02"],
    }
    assert sets["TNO"][0].vis == data / "TNO" / "test" / "vi" / "00.png"


@pytest.mark.parametrize("inner", ["", "test"])
def test_one_data_set_by_either_folder(data, inner):
    assert list(find_sets([data / "TNO" / inner])) == ["TNO"]


def test_a_folder_with_ir_and_vis_in_it(tmp_path):
    write_pair(tmp_path / "mine", "a", 0)
    (tmp_path / "mine" / "vi").rename(tmp_path / "mine" / "vis")
    assert [p.name for p in find_sets([tmp_path / "mine"])["mine"]] == ["a"]


def test_downloads_are_read_as_they_are(tmp_path):
    for part in ("M3FD_Fusion", "M3FD_Detection"):
        write_pair(tmp_path / "M3FD" / part, "00000", 0)
    for modality, folder in (("ir", "infrared"), ("vi", "visible")):
        for split, name in (("train", "010001"), ("test", "190001")):
            write_pair(tmp_path / "pair", name, 1)
            target = tmp_path / "LLVIP" / folder / split / f"{name}.png"
            target.parent.mkdir(parents=True)
            (tmp_path / "pair" / modality / f"{name}.png").rename(target)
    sets = find_sets([tmp_path / "M3FD", tmp_path / "LLVIP"])
    assert {name: [p.name for p in pairs] for name, pairs in sets.items()} == {
        "LLVIP": ["190001"],
        "M3FD": ["Detection_00000", "Fusion_00000"],
    }


def test_a_set_without_a_test_split_is_told_what_it_has_and_what_would_work(tmp_path):
    write_pair(tmp_path / "LLVIP256" / "train", "a", 0)
    with pytest.raises(BenchmarkError, match=r"LLVIP256: has train and no test, .* give (.*) to") as caught:
        find_sets([tmp_path / "LLVIP256"])
    way = re.search("give (.*) to compare", str(caught.value))[1]
    assert [pair.name for pair in find_sets([Path(way)])["LLVIP256"]] == ["a"]
    write_pair(tmp_path / "LLVIP256" / "val", "b", 0)
    with pytest.raises(BenchmarkError, match=r"has train and val and no test, .* give \S*/LLVIP256/val to"):
        find_sets([tmp_path])
    for modality, folder in (("ir", "infrared"), ("vi", "visible")):
        (tmp_path / "whole" / folder).mkdir(parents=True)
        (tmp_path / "LLVIP256" / "val" / modality).rename(tmp_path / "whole" / folder / "val")
    with pytest.raises(BenchmarkError, match=r"whole: has val and no test, .* rename val to test"):
        find_sets([tmp_path / "whole"])


def test_two_sets_of_one_name_in_a_folder_are_not_mixed(tmp_path):
    for folder in ("one", "two"):
        write_pair(tmp_path / folder / "mine", "a", 0)
    with pytest.raises(BenchmarkError, match="a second data set named 'mine'"):
        find_sets([tmp_path])


def test_what_is_not_there_is_named(tmp_path, data):
    with pytest.raises(BenchmarkError, match=r"nowhere: no data set; give a folder with ir/ and vi/"):
        find_sets([tmp_path / "nowhere"])
    with pytest.raises(BenchmarkError, match="a second data set named 'TNO'"):
        find_sets([data, data / "TNO"])
    (data / "TNO" / "test" / "vi" / "00.png").rename(data / "TNO" / "test" / "vi" / "lonely.png")
    with pytest.warns(UserWarning, match="2 pictures without just one partner"):
        assert len(find_sets([data / "TNO"])["TNO"]) == 2


def test_colour_is_read_as_opencv_reads_grey(data):
    path = data / "MSRS" / "test" / "vi" / "00000N.png"
    np.testing.assert_array_equal(read_fused(path), cv2.imread(str(path), cv2.IMREAD_GRAYSCALE))


def test_a_fused_picture_of_sixteen_bits_is_never_stretched(tmp_path):
    dark = np.linspace(7000, 9000, 48 * 64).reshape(48, 64).astype(np.uint16)
    Image.fromarray(dark).save(tmp_path / "deep.png")
    np.testing.assert_array_equal(read_fused(tmp_path / "deep.png"), np.rint(dark / 257))


def test_fused_pictures_become_8_bit_luminance():
    assert to_eight_bits(np.full((2, 2), 0.5, np.float32), "x")[0, 0] == 128
    assert to_eight_bits(np.full((2, 2), 65535, np.uint16), "x")[0, 0] == 255
    assert to_eight_bits(np.full((2, 2, 3), (255, 0, 0), np.uint8), "x")[0, 0] == 76
