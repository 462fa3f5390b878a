"""Pairs are found by layout, and split by name."""

from pathlib import Path

import pytest

from mgfusion.data.pairs import Pair, find_pairs
from mgfusion.data.splits import split_pairs
from mgfusion.errors import DataError


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_one_data_set_with_and_without_splits(tmp_path):
    touch(*(tmp_path / "a" / "train" / f / "1.png" for f in ("ir", "vi")))
    touch(*(tmp_path / "b" / f / "2.jpg" for f in ("infrared", "visible")))
    assert [p.name for p in find_pairs(tmp_path / "a")] == ["1"]
    assert [p.name for p in find_pairs(tmp_path / "b")] == ["2"]
    assert [(p.source, p.name) for p in find_pairs(tmp_path)] == [("a", "1"), ("b", "2")]


def test_other_suffixes_pair_and_other_files_do_not(tmp_path):
    touch(tmp_path / "ir" / "1.png", tmp_path / "vis" / "1.jpg", tmp_path / "ir" / "alone.png")
    touch(tmp_path / "ir" / "notes.txt", tmp_path / "vis" / "notes.txt")
    assert [(p.ir.name, p.vis.name) for p in find_pairs(tmp_path)] == [("1.png", "1.jpg")]


def test_splits_are_read_apart(tmp_path):
    for split in ("train", "test"):
        touch(*(tmp_path / split / f / f"{split}.png" for f in ("ir", "vi")))
    assert [p.name for p in find_pairs(tmp_path, "test")] == ["test"]


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        find_pairs(tmp_path / "nothing")
    with pytest.raises(DataError, match="no pairs found; expected train/ir and train/vi"):
        find_pairs(tmp_path)


def test_a_split_is_a_function_of_name_and_seed_alone():
    pairs = [Pair("s", f"{i:04}", Path("i"), Path("v")) for i in range(400)]
    train, held = split_pairs(pairs, 0.1, seed=3)
    assert sorted(train + held) == pairs and 20 < len(held) < 65
    fewer = split_pairs(pairs[::2], 0.1, seed=3)[1]
    assert fewer == [p for p in held if p in pairs[::2]]
    assert split_pairs(pairs, 0.1, seed=4)[1] != held
    assert split_pairs(pairs, 0.0)[1] == []
