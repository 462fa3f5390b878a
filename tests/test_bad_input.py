"""Harmed files through every reader: the right result or one clear line; never anything else."""

import json
import re
import resource
import shutil
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from broken_files import SIZE, bombs, broken, good_files
from mgfusion import Fuser
from mgfusion.errors import ImageError, MGFusionError, ModelError
from mgfusion.images import read_image, write_image
from mgfusion.images.pairs_csv import read_pairs_csv
from mgfusion.models import MGFusion, MGFusionConfig, load_model, save_model
from mgfusion.thermal import decode_thermal, infrared_to_unit
from noise import noise

EACH = 72  # mutations of each of the good files
MOST_MEMORY = 1 << 30  # bytes more than before, whatever a file says of itself


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of damaged metadata, and ours, of odd pictures
        yield


def _one_line(error: MGFusionError, name: str) -> None:
    text = str(error)
    assert "\n" not in text and len(text) < 600, text
    assert text.startswith(name) or f"{name} (" in text or f" {name}" in text, text
    assert "Traceback" not in text and text.strip()


def _picture_or_line(data: bytes, name: str) -> str:
    """Read as infrared is, and scaled: ``picture`` or ``refused``."""
    try:
        thermal = decode_thermal(data, name)
        array = thermal.array
        assert array.dtype in (np.uint8, np.uint16, np.float32), array.dtype
        assert array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3), array.shape
        assert array.size
        if array.size < 10**6:
            unit = infrared_to_unit(array, name=name)
            assert unit.dtype == np.float32 and unit.min() >= 0 and unit.max() <= 1
    except ImageError as error:
        _one_line(error, name)
        return "refused"
    return "picture"


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_thousands_of_harmed_files(capsys):
    rng = np.random.default_rng(20240613)
    files = good_files()
    for name, data in files.items():
        assert _picture_or_line(data, name) == "picture", name
    before = _memory()
    counts = {"picture": 0, "refused": 0}
    names = list(files)
    for name, whole in files.items():
        for i in range(EACH):
            data = broken(whole, rng)
            said = names[int(rng.integers(0, len(names)))] if i % 8 == 0 else name  # a wrong ending
            if data:
                counts[_picture_or_line(data, said)] += 1
    for name, data in bombs():
        counts[_picture_or_line(data, name)] += 1
    total = sum(counts.values())
    with capsys.disabled():
        sys.stdout.write(
            f"\n{total} harmed files: {counts['picture']} pictures, {counts['refused']} refused in one line\n"
        )
    assert total >= 2000 and min(counts.values()) > 300
    assert _memory() - before < MOST_MEMORY


def test_what_is_odd_but_whole_is_read_right():
    files = good_files()
    rgb, grey = noise((*SIZE, 3)), noise(SIZE)

    def read(name: str) -> np.ndarray:
        return read_image(files[name])

    np.testing.assert_array_equal(read("alpha.png"), rgb)
    np.testing.assert_array_equal(read("lossless.webp"), rgb)
    np.testing.assert_array_equal(read("deep.png"), noise(SIZE, np.uint16))
    np.testing.assert_array_equal(read("deep_rgb.tif"), noise((*SIZE, 3), np.uint16)[..., ::-1])
    np.testing.assert_array_equal(read("cmyk.tif"), rgb)
    assert set(np.unique(read("one_bit.png"))) == {0, 255} and read("palette.png").shape == (*SIZE, 3)
    upright = read("turned.jpg")
    assert upright.shape == (SIZE[1], SIZE[0], 3)
    np.testing.assert_array_equal(upright, np.rot90(read("rgb.jpg"), -1))
    odd = infrared_to_unit(read("nan.tif"))
    assert np.isfinite(odd).all() and odd[0, 0] == 0 and odd[0, 1] == 1 and odd[0, 2] == 0
    np.testing.assert_array_equal(read("grey.pgm"), grey)


def test_nothing_half_written_is_left(tmp_path):
    rng = np.random.default_rng(7)
    vis = write_image(tmp_path / "vis.png", noise((*SIZE, 3)))
    fuser = Fuser(lambda ir, vis: ir.maximum(vis), device="cpu")
    out = tmp_path / "out"
    written = refused = 0
    for name, whole in good_files().items():
        for i in range(3):
            path = tmp_path / name
            path.write_bytes(broken(whole, rng))
            target = out / f"{name}_{i}.png"
            try:
                written += fuser.file(path, vis, target).is_file()
            except ImageError as error:
                _one_line(error, str(path))
                refused += 1
                assert not target.exists()
    assert written > 10 and refused > 10
    assert (
        all(read_image(path).shape == (*SIZE, 3) for path in out.iterdir())
        and len(list(out.iterdir())) == written
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    config = MGFusionConfig(dim=4, scale=2, num_heads=1, cii=False, cff=False, embed_dim=8, adapter_dim=4)
    return save_model(MGFusion(config), tmp_path_factory.mktemp("models") / "small")


def _loads(folder: Path) -> bool:
    try:
        load_model(folder)
    except ModelError as error:
        _one_line(error, str(folder))
        return False
    return True


def test_harmed_models_are_refused_in_one_line(model, tmp_path):
    assert _loads(model)
    rng = np.random.default_rng(11)
    before = _memory()
    folder = tmp_path / "harmed"
    refused = 0
    for i in range(120):
        shutil.copytree(model, folder, dirs_exist_ok=True)
        target = folder / ("model.safetensors" if i % 2 else "config.json")
        target.write_bytes(broken(target.read_bytes(), rng))
        refused += not _loads(folder)
    assert refused > 60
    assert _memory() - before < MOST_MEMORY


@pytest.mark.parametrize(
    "changed",
    [
        {"dim": 10**9}, {"dim": 10**30}, {"num_blocks": 10**9}, {"embed_dim": 10**12}, {"dim": "4"},
        {"dim": None}, {"dim": -4}, {"dim": True}, {"num_heads": 0}, {"ffn_expansion": 1e300},
        {"ffn_expansion": float("nan")}, {"ffn_expansion": -1}, {"negative_slope": "0.1"},
        {"negative_slope": 1e999}, {"network": ["pyramid"]}, {"scale": 3}, {"cii": "no"}, {"encoder": 7},
        {"unknown": 1}, {"dim": 6},
    ],
)  # fmt: skip
def test_configurations_that_lie_are_refused(model, tmp_path, changed):
    folder = shutil.copytree(model, tmp_path / "harmed")
    said = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({"model": {**said["model"], **changed}}))
    before = _memory()
    with pytest.raises(ModelError) as caught:
        load_model(folder)
    _one_line(caught.value, str(folder))
    assert _memory() - before < MOST_MEMORY


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b"{}", b'{"model": 3}', b"[" * 100_000, b"\xff\xfe"]
)
def test_configurations_that_are_none_are_refused(model, tmp_path, content):
    folder = shutil.copytree(model, tmp_path / "harmed")
    (folder / "config.json").write_bytes(content)
    assert not _loads(folder)


def test_pickled_weights_are_never_loaded(model, tmp_path):
    folder = shutil.copytree(model, tmp_path / "pickled")
    torch.save({"a": torch.zeros(2)}, folder / "model.safetensors")
    with pytest.raises(ModelError, match=re.escape(str(folder / "model.safetensors"))):
        load_model(folder)


def test_harmed_tables_of_pairs(tmp_path):
    rng = np.random.default_rng(5)
    whole = b"ir,vis,out\n" + b"".join(b"a/%d.png,b/%d.png,%d\n" % (i, i, i) for i in range(20))
    path = tmp_path / "pairs.csv"
    for _ in range(60):
        path.write_bytes(broken(whole, rng))
        try:
            assert read_pairs_csv(path)
        except ImageError as error:
            _one_line(error, str(path))
