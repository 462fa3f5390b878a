"""Training from decoded pictures in files: the samples of memory, in a bounded part of it, never stale."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from mgfusion.data.decoded_pictures import load_pictures
from mgfusion.data.pairs import Pair, find_pairs
from mgfusion.errors import DataError, OutputError
from mgfusion.images import read_image, write_image
from mgfusion.training import decoded_size, load_recipe, picture_store, train
from mgfusion.training.picture_store import PictureStore
from mgfusion.training.stored_pictures import facts_of

SETTINGS = ["epochs=1", "steps_per_epoch=3", "crop=32", "validation=0.5", "halved=0.3", "freeze_norm=0"]
HOT = ["loss.hot_weight=1", "loss.difference_weight=0.3", "loss.perception_weight=9", "hot_crops=0.5"]


@pytest.fixture
def own_scenes(scenes, tmp_path):
    return shutil.copytree(scenes, tmp_path / "streets")


@pytest.mark.parametrize("guidance", ["none", "vector", "map"])
def test_a_run_from_files_gives_the_weights_of_one_from_memory(scenes, tmp_path, guidance):
    parts = str(guidance != "none").lower()
    model = [f"model.cii={parts}", f"model.cff={parts}"] + ["model.guidance=map"] * (guidance == "map")
    config = load_recipe("smoke", [*SETTINGS, *HOT, *model])
    places = {"one": "memory", "two": tmp_path / "pictures", "three": tmp_path / "pictures"}
    models = (
        train([scenes], config, tmp_path / name, decoded=place, progress=False)
        for name, place in places.items()
    )
    expected, got, again = (load_file(model / "model.safetensors") for model in models)
    for name in expected:
        assert torch.equal(expected[name], got[name]) and torch.equal(expected[name], again[name]), name
    files = list((tmp_path / "pictures").rglob("*.safetensors"))
    assert len(files) == (3 if guidance == "none" else 6)  # three pairs, and the embeddings of each


def test_a_stored_picture_is_the_decoded_one(scenes, tmp_path):
    pairs = find_pairs(scenes)
    for held, stored in zip(load_pictures(pairs), PictureStore(tmp_path).load(pairs), strict=True):
        held = held.with_spots()
        assert stored.pair == held.pair and stored.size == held.size == (96, 128) and stored.spots == ()
        for one, other in zip(held.cut(5, 30, 48), stored.cut(5, 30, 48), strict=True):
            np.testing.assert_array_equal(one, other)
        assert all(map(torch.equal, held.unit(), stored.unit()))
        assert all(map(torch.equal, facts_of(held, 0.5), facts_of(stored, 0.5)))
        found = stored.with_spots().spots
        assert len(found) == len(held.spots)
        for one, other in zip(held.spots, found, strict=True):
            assert one.window == other.window and one.contrast == other.contrast
            assert (one.blob == other.blob).all() and (one.ring == other.ring).all()
    assert any(picture.with_spots().spots for picture in load_pictures(pairs))  # or nothing was compared


def test_pictures_that_changed_are_decoded_again_and_said_so(own_scenes, tmp_path):
    pairs, said = find_pairs(own_scenes), []
    store = PictureStore(tmp_path / "pictures", report=said.append)
    before = store.load(pairs)
    assert store.load(pairs)
    assert said == [f"decoding 4 pairs into {tmp_path / 'pictures'} (0.0 GB)"]
    turned = np.ascontiguousarray(read_image(pairs[1].ir)[::-1])
    stamp = pairs[1].ir.stat()
    write_image(pairs[1].ir, turned, overwrite=True)
    os.utime(pairs[1].ir, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1))
    after = store.load(pairs)
    assert said[1:] == [
        f"decoding 1 pairs into {tmp_path / 'pictures'} (0.0 GB); 1 of them again, since they or mgfusion's "
        "version have changed"
    ]
    np.testing.assert_array_equal(after[1].cut(0, 0, 96)[0][0], turned[:, :96])
    with pytest.raises(DataError, match=r"safetensors: is of other pictures than this run began with"):
        before[1].cut(0, 0, 8)
    before[0].cut(0, 0, 8)
    PictureStore(tmp_path / "pictures", (0, 255), said.append).load(pairs)  # another range: others
    assert len(said) == 3 and "again" not in said[2]


@pytest.mark.parametrize(
    "damage", [lambda f: f.write_bytes(f.read_bytes()[:-9]), lambda f: f.write_bytes(b"")]
)
def test_a_part_of_a_file_is_made_anew_and_a_missing_one_named(own_scenes, tmp_path, damage):
    pairs = find_pairs(own_scenes)
    store = PictureStore(tmp_path / "pictures")
    pictures = store.load(pairs)
    damage(pictures[2].file)
    np.testing.assert_array_equal(store.load(pairs)[2].cut(0, 0, 96)[0], pictures[2].cut(0, 0, 96)[0])
    pictures[2].file.unlink()
    with pytest.raises(DataError, match=rf"{pictures[2].file}: can't be read .*\(--decoded\)"):
        pictures[2].cut(0, 0, 8)


def test_a_picture_that_cannot_be_used_is_named(own_scenes, tmp_path):
    pairs = find_pairs(own_scenes)
    with pytest.raises(DataError, match="smaller than a crop of 97"):
        PictureStore(tmp_path / "pictures").load(pairs, 97)
    PictureStore(tmp_path / "pictures").load(pairs)
    with pytest.raises(DataError, match="smaller than a crop of 97"):  # that lies there by now, too
        PictureStore(tmp_path / "pictures").load(pairs, 97)
    pairs[3].vis.write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"3\.png"):
        PictureStore(tmp_path / "pictures").load(pairs)


def test_a_disk_without_room_is_refused_before_anything_is_written(scenes, tmp_path, monkeypatch):
    usage = type(shutil.disk_usage(tmp_path))(100 << 30, 99 << 30, 1 << 30)
    monkeypatch.setattr(picture_store.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(OutputError, match=r"the decoded pictures take 0\.0 GB, and 1\.1 GB are free"):
        PictureStore(tmp_path / "pictures").load(find_pairs(scenes))
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file: can't be a folder of pictures"):
        PictureStore(tmp_path / "file").load(find_pairs(scenes))


def test_processes_begin_at_other_pictures_and_leave_out_what_is_there(scenes, tmp_path, monkeypatch):
    pairs, decoded = find_pairs(scenes), []
    load_picture, other = picture_store.load_picture, PictureStore(tmp_path, share=(0, 2))

    def count(pair, *rest):
        decoded.append(pair)
        if len(decoded) == 1:  # meanwhile the other process does its share
            other._decode([(p, other.record_of(p)) for p in pairs[:2]], 1)
        return load_picture(pair, *rest)

    monkeypatch.setattr(picture_store, "load_picture", count)
    monkeypatch.setattr(picture_store, "usable_cores", lambda: 1)
    PictureStore(tmp_path, share=(1, 2)).load(pairs)
    assert decoded == [pairs[2], pairs[0], pairs[1], pairs[3]]


def test_pictures_that_memory_has_no_room_for_go_to_files_by_themselves(scenes, tmp_path, monkeypatch):
    config = load_recipe("smoke", [*SETTINGS, "model.cii=false", "model.cff=false", "validation=0"])
    said: list[str] = []
    needed = 4 * 4 * 96 * 128
    for name, free in (("fits", 2 * needed), ("not", 2 * needed - 1), ("unknown", None)):
        monkeypatch.setattr(decoded_size, "available_memory", lambda free=free: free)
        said.clear()
        train([scenes], config, tmp_path / name, report=said.append, progress=False)
        lines = [line for line in said if "of memory that is free" in line]
        assert len(lines) == (name == "not")
        assert (tmp_path / name / "pictures").is_dir() == (name == "not")
    assert decoded_size.CHOSEN not in os.environ
    monkeypatch.setenv(decoded_size.CHOSEN, "memory")  # as the first process of a machine tells the others
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert decoded_size.agreed(lambda: "elsewhere") == "memory"
    monkeypatch.setenv("LOCAL_RANK", "0")
    assert decoded_size.agreed(lambda: "elsewhere") == "elsewhere"


PEAK = """
import sys
from pathlib import Path
import torch
from mgfusion.data.crops import Crops
from mgfusion.data.pairs import Pair
from mgfusion.training.picture_store import PictureStore
torch.set_num_threads(1)
folder = Path(sys.argv[1])
pairs = [Pair("s", str(i), folder / f"{i}.png", folder / f"{i}.png") for i in range(200)]
store = PictureStore(folder / "store")
def peak():  # unlike getrusage, not that of the process that started this one
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line]
    return int(line.split()[1])
crops = Crops(store.load(pairs[:2]), 256, {}, 0)
crops[0]
before = peak()
pictures = store.load(pairs)
crops = Crops([picture.with_spots() for picture in pictures], 256, {}, 0, hot=0.5)
seen = {crops[i].picture for i in range(300)}
print(len(seen), (peak() - before) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_number_of_pictures(tmp_path):
    """200 names of one picture: 400 MiB if they were held, or stayed mapped."""
    grey = np.tile(np.arange(1024, dtype=np.uint8), (1024, 1))
    grey[500:540, 700:740] = 255
    pairs = [Pair("s", str(i), *[write_image(tmp_path / "0.png", grey)] * 2) if not i else
             Pair("s", str(i), *[tmp_path / f"{i}.png"] * 2) for i in range(200)]  # fmt: skip
    store = PictureStore(tmp_path / "store")
    [first] = store.load(pairs[:1])
    for pair in pairs[1:]:
        pair.ir.hardlink_to(pairs[0].ir)
        store.file_of(pair).parent.mkdir(exist_ok=True)
        store.file_of(pair).hardlink_to(first.file)
    done = subprocess.run([sys.executable, "-c", PEAK, tmp_path], capture_output=True, text=True, check=True)
    seen, grown = map(int, done.stdout.split())
    assert seen > 140 and grown < 40
