"""Training samples: cut from both pictures alike, and a function of seed and number."""

from pathlib import Path

import numpy as np
import pytest
import torch

from mgfusion.data.crops import Crops, EpochSampler
from mgfusion.data.decoded_pictures import Picture
from mgfusion.data.pairs import Pair
from mgfusion.errors import DataError


def picture(source: str = "s", size: tuple[int, int] = (40, 50)) -> Picture:
    """Every pixel tells where it is from: ir holds its row, vis its column."""
    rows, columns = torch.meshgrid(*(torch.arange(n, dtype=torch.uint8) for n in size), indexing="ij")
    return Picture(Pair(source, "p", Path("i"), Path("v")), rows[None], columns.expand(3, -1, -1))


def test_both_pictures_are_cut_flipped_and_turned_alike():
    crops = Crops([picture()], 16, {}, seed=0)
    seen = set()
    for i in range(100):
        ir, vis = crops[i][:2]
        assert ir.shape == (1, 16, 16) and vis.shape == (3, 16, 16) and crops[i].picture == 0
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


def test_halved_crops_show_more_at_half_or_a_quarter_of_the_size():
    crops = Crops([picture(size=(80, 90))], 16, {}, 0, halved=0.5)
    found = [crops[i] for i in range(60)]
    assert [sum(crop.halvings == n for crop in found) for n in (0, 1, 2)] == pytest.approx(
        [30, 15, 15], abs=10
    )
    for crop in found:
        assert crop.ir.shape == (1, 16, 16)
        rows = crop.ir[0].int()
        step = max(int((rows[1, 0] - rows[0, 0]).abs()), int((rows[0, 1] - rows[0, 0]).abs()))
        assert step == 2**crop.halvings
    assert not any(Crops([picture()], 24, {}, 0, halved=1.0)[i].halvings for i in range(5))  # too small


def test_crops_are_placed_on_hot_targets_and_carry_their_masks():
    ir = torch.full((1, 240, 320), 60, dtype=torch.uint8)
    ir[0, 100:120, 200:212] = 220
    hot = Picture(Pair("s", "p", Path("i"), Path("v")), ir, ir.expand(3, -1, -1)).with_spots()
    assert len(hot.spots) == 1
    on, anywhere = (Crops([hot], 64, {}, 0, hot=share) for share in (1.0, 0.0))
    for i in range(40):
        crop = on[i]
        assert torch.equal(crop.blobs > 0, crop.ir[0] == 220)
        assert (crop.rings > 0).any() and not ((crop.blobs > 0) & (crop.rings > 0)).any()
    assert sum(bool((anywhere[i].blobs > 0).any()) for i in range(40)) < 20


def test_faults_are_seen_by_the_network_alone():
    crops, clean = (Crops([picture(size=(80, 90))], 32, {}, 0, faults=share) for share in (1.0, 0.0))
    changed = 0
    for i in range(30):
        crop = crops[i]
        assert torch.equal(crop.clean_ir, clean[i].ir) and torch.equal(crop.clean_vis, clean[i].vis)
        changed += not (torch.equal(crop.ir, crop.clean_ir) and torch.equal(crop.vis, crop.clean_vis))
        assert crop.ir.dtype == crop.vis.dtype == torch.uint8 and crop.vis.shape == (3, 32, 32)
    assert changed > 20


def test_data_sets_are_drawn_by_weight():
    pictures = [picture("a"), picture("b"), picture("b"), picture("b")]
    drawn = np.bincount([Crops(pictures, 8, {"a": 1, "b": 3}, 0)[i].picture for i in range(800)]) / 800
    assert drawn == pytest.approx([0.25] * 4, abs=0.05)
    drawn = np.bincount([Crops(pictures, 8, {"a": 9, "b": 3}, 0)[i].picture for i in range(800)]) / 800
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


@pytest.mark.parametrize("halved", [0.0, 1.0])
def test_place_says_where_each_pixel_is_from(halved):
    crops, size = Crops([picture(size=(150, 170))], 32, {}, 0, halved=halved), (150, 170)
    share, seen = (torch.arange(32) + 0.5) / 32, set()
    for i in range(60):
        crop = crops[i]
        top, bottom, left, right = crop.place
        height, width = reversed(size) if crop.transposed else size
        down, across = (top + share * (bottom - top)) * height, (left + share * (right - left)) * width
        said = (across, down) if crop.transposed else (down[:, None], across)
        rows, columns = (said[0], said[1][:, None]) if crop.transposed else said
        bound = 0.01 + 0.5 * crop.halvings  # rounded each time
        for expected, plane in ((rows, crop.clean_ir[0]), (columns, crop.clean_vis[0])):
            assert ((expected - 0.5).expand(32, 32) - plane).abs().max() < bound
        seen.add((bool(top > bottom), bool(left > right), crop.transposed))
    assert len(seen) == 8
