"""Files appear whole or not at all."""

import os
from pathlib import Path

import numpy as np
import pytest

from mgfusion.errors import ImageError
from mgfusion.images import read_image, write_image, writing
from noise import noise


def test_nothing_is_overwritten_unasked(tmp_path):
    path = write_image(tmp_path / "new" / "a.png", noise((4, 5)))
    before = path.read_bytes()
    with pytest.raises(ImageError, match=r"a\.png: exists already"):
        write_image(path, noise((4, 5), seed=1))
    assert path.read_bytes() == before
    write_image(path, noise((4, 5), seed=1), overwrite=True)
    np.testing.assert_array_equal(read_image(path), noise((4, 5), seed=1))


def test_a_file_that_appears_meanwhile_is_kept(tmp_path, monkeypatch):
    def check_then_lose_the_race(path, overwrite):
        path.write_bytes(b"theirs")

    monkeypatch.setattr(writing, "check_target", check_then_lose_the_race)
    with pytest.raises(ImageError, match="exists already"):
        write_image(tmp_path / "a.png", noise((4, 5)))
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"] and (
        tmp_path / "a.png"
    ).read_bytes() == b"theirs"


@pytest.mark.parametrize(
    ("step", "overwrite"),
    [("write_bytes", False), ("write_bytes", True), ("replace", True), ("hardlink_to", False)],
)
def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch, step, overwrite):
    path = tmp_path / "a.png"
    if overwrite:
        path.write_bytes(b"old")
    real = Path.write_bytes

    def full(self, *args):
        if step == "write_bytes":
            real(self, args[0][: len(args[0]) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, step, full)
    if step == "hardlink_to":  # then a rename is tried
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ImageError, match=r"a\.png: cannot be written \(No space left"):
        write_image(path, noise((4, 5)), overwrite)
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == (["a.png"] if overwrite else [])
    assert not overwrite or path.read_bytes() == b"old"


def test_without_hard_links_a_rename_does(tmp_path, monkeypatch):
    def unsupported(self, target):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", unsupported)
    np.testing.assert_array_equal(read_image(write_image(tmp_path / "a.png", noise((4, 5)))), noise((4, 5)))


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ImageError, match="cannot be written"):
        write_image(tmp_path / "file" / "a.png", noise((4, 5)))


def test_files_are_as_readable_as_others(tmp_path):
    mask = os.umask(0o022)
    try:
        assert write_image(tmp_path / "a.png", noise((4, 5))).stat().st_mode & 0o777 == 0o644
    finally:
        os.umask(mask)


@pytest.mark.parametrize(
    ("name", "array", "says"),
    [
        ("a.jpg", noise((4, 5), np.uint16), "cannot hold 16 bits; use one of .png .tif"),
        ("a.xyz", noise((4, 5)), "unknown ending '.xyz'; use one of .png"),
        ("a", noise((4, 5)), "unknown ending"),
        ("a.pgm", noise((4, 5, 3)), "grey only"),
        ("a.png", np.zeros((4, 5), np.float32), "float32"),
        ("a.png", noise((4, 5, 2)), r"shape \(4, 5, 2\)"),
        ("a.jpg", np.zeros((4, 70000), np.uint8), "try .png"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path, name, array, says):
    with pytest.raises(ImageError, match=says):
        write_image(tmp_path / name, array)
    assert not list(tmp_path.iterdir())
