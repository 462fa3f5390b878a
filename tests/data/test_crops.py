"""Training samples: cut from both pictures alike, and a function of seed and number."""

from pathlib import Path

import numpy as np
import pytest
import torch

from mgfusion.data.crops import Crops, EpochSampler, Picture, load_pictures
from mgfusion.data.pairs import Pair
from mgfusion.errors import DataError
from mgfusion.images import write_image


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


def test_epochs_and_processes_share_the_samples_out():
    samplers = [EpochSampler(10, rank, 2) for rank in (0, 1)]
    for sampler in samplers:
        sampler.set_epoch(3)
    assert sorted(i for sampler in samplers for i in sampler) == list(range(30, 40))
    assert [len(sampler) for sampler in samplers] == [5, 5]


def test_pictures_that_can_not_be_used_are_named(tmp_path):
    grey = np.zeros((20, 30), np.uint8)
    ir, vis = write_image(tmp_path / "ir.png", grey), write_image(tmp_path / "vis.png", grey[:, :25])
    with pytest.raises(DataError, match=r"ir\.png is 30x20 and .*vis\.png is 25x20; register them"):
        load_pictures([Pair("s", "p", ir, vis)])
    with pytest.raises(DataError, match=r"ir\.png is 30x20, smaller than a crop of 24"):
        load_pictures([Pair("s", "p", ir, ir)], min_size=24)
    ir.write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"ir\.png"):
        load_pictures([Pair("s", "p", ir, vis)])
