"""Files of any kind appear whole or not at all."""

import os
from pathlib import Path

import pytest

from mgfusion.errors import MGFusionError, OutputError
from mgfusion.files import write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_bytes_and_text_in_folders_that_it_makes(tmp_path):
    path = write_whole(tmp_path / "a" / "b" / "c.bin", b"\0\r\n")
    assert path.read_bytes() == b"\0\r\n" and names(path.parent) == ["c.bin"]
    write_whole(str(path), "grün\r\n", overwrite=True)
    assert path.read_bytes() == "grün\r\n".encode()


def test_nothing_is_overwritten_unasked(tmp_path):
    write_whole(tmp_path / "a.csv", "first")
    with pytest.raises(OutputError, match=r"a\.csv: exists already"):
        write_whole(tmp_path / "a.csv", "second")
    assert (tmp_path / "a.csv").read_text() == "first" and names(tmp_path) == ["a.csv"]


def test_without_hard_links_nothing_is_overwritten_either(tmp_path, monkeypatch):
    def unsupported(self, target):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", unsupported)
    write_whole(tmp_path / "a.txt", "first")
    with pytest.raises(OutputError, match="exists already"):
        write_whole(tmp_path / "a.txt", "second")
    assert (tmp_path / "a.txt").read_text() == "first" and names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_permissions_are_those_of_any_new_file(tmp_path, mask):
    before = os.umask(mask)
    try:
        written = write_whole(tmp_path / "a.json", "{}").stat().st_mode
        write_whole(tmp_path / "a.json", "[]", overwrite=True)
        (tmp_path / "plain").write_text("")
    finally:
        assert os.umask(before) == mask  # nobody has changed it
    assert written == (tmp_path / "a.json").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_an_interrupt_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    write_whole(tmp_path / "a.json", "old")

    def interrupted(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a.json", "new", overwrite=True)
    assert (tmp_path / "a.json").read_text() == "old" and names(tmp_path) == ["a.json"]


def test_what_cannot_be_written_is_one_line_that_names_it(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for target in (tmp_path / "file" / "a.txt", tmp_path / "file" / "b" / "a.txt"):
        with pytest.raises(OutputError, match=r"a\.txt: .*choose another folder") as caught:
            write_whole(target, "x")
        assert isinstance(caught.value, MGFusionError) and "\n" not in str(caught.value)

    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match=r"a\.txt: cannot be written \(No space left on device\)"):
        write_whole(tmp_path / "a.txt", "x")
    assert names(tmp_path) == ["file"]


def test_a_folder_or_a_device_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(OutputError, match="is a folder or a device"):
            write_whole(tmp_path / name, "x", overwrite=True)
    assert (tmp_path / "pipe").is_fifo()


def test_a_link_stays_one(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    with pytest.raises(OutputError, match="exists already"):
        write_whole(tmp_path / "link.csv", "new")
    write_whole(tmp_path / "link.csv", "new", overwrite=True)
    assert (tmp_path / "link.csv").is_symlink() and (tmp_path / "real.csv").read_text() == "new"
