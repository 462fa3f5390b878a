"""Training samples: cut from both pictures alike, and a function of seed and number."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mgfusion.data.crops import Crops, EpochSampler, Picture, load_pictures
from mgfusion.data.pairs import Pair
from mgfusion.errors import DataError
from mgfusion.images import read_image, write_image
from mgfusion.thermal import infrared_to_unit
from noise import noise


def picture(source: str = "s", size: tuple[int, int] = (40, 50)) -> Picture:
    """Every pixel tells where it is from: ir holds its row, vis its column."""
    rows, columns = torch.meshgrid(*(torch.arange(n, dtype=torch.uint8) for n in size), indexing="ij")
    return Picture(Pair(source, "p", Path("i"), Path("v")), rows[None], columns.expand(3, -1, -1))


def test_both_pictures_are_cut_flipped_and_turned_alike():
    crops = Crops([picture()], 16, {}, seed=0)
    seen = set()
    for i in range(100):
        ir, vis, index = crops[i]
        assert ir.shape == (1, 16, 16) and vis.shape == (3, 16, 16) and index == 0
        rows, columns = ir[0].int(), vis[0].int()
        turned = bool((rows[0] != rows[0, 0]).any())
        if turned:
            rows, columns = rows.T, columns.T
        down, right = int(rows[1, 0] - rows[0, 0]), int(columns[0, 1] - columns[0, 0])
        assert abs(down) == 1 and abs(right) == 1
        assert torch.equal(rows, rows[0, 0] + down * torch.arange(16)[:, None].expand(16, 16))
        assert torch.equal(columns, columns[0, 0] + right * torch.arange(16).expand(16, 16))
        seen.add((down, right, turned))
    assert len(seen) == 8


def test_a_sample_is_a_function_of_seed_and_number():
    one, same, other = (Crops([picture()], 8, {}, seed=s) for s in (1, 1, 2))
    assert all(torch.equal(one[i][0], same[i][0]) for i in (0, 5, 999))
    assert not all(torch.equal(one[i][0], other[i][0]) for i in range(5))


def test_data_sets_are_drawn_by_weight():
    pictures = [picture("a"), picture("b"), picture("b"), picture("b")]
    drawn = np.bincount([Crops(pictures, 8, {"a": 1, "b": 3}, 0)[i][2] for i in range(800)]) / 800
    assert drawn == pytest.approx([0.25] * 4, abs=0.05)
    drawn = np.bincount([Crops(pictures, 8, {"a": 9, "b": 3}, 0)[i][2] for i in range(800)]) / 800
    assert drawn[0] == pytest.approx(0.75, abs=0.05)
    with pytest.raises(DataError, match="weights name c, but the data sets are a, b"):
        Crops(pictures, 8, {"c": 1}, 0)
    with pytest.raises(DataError, match=r"weights name strets, .* are street; did you mean street\?"):
        Crops([picture("street")], 8, {"strets": 1}, 0)


def test_epochs_and_processes_share_the_samples_out():
    samplers = [EpochSampler(10, rank, 2) for rank in (0, 1)]
    for sampler in samplers:
        sampler.set_epoch(3)
    assert sorted(i for sampler in samplers for i in sampler) == list(range(30, 40))
    assert [len(sampler) for sampler in samplers] == [5, 5]


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
