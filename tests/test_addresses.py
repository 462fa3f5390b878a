"""Files at addresses: listed, read and written whole, and what is wrong with one is a line."""

import warnings

import pytest

from mgfusion.addresses import is_address, joined, list_names, local_copies, read_address, write_address
from mgfusion.errors import ImageError, OutputError

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: pip install 'mgfusion[cluster]'")


@pytest.fixture(params=["path", "memory", "file"])
def folder(request, tmp_path):
    if request.param == "path":
        return str(tmp_path / "new")
    return f"memory://{tmp_path.name}/new" if request.param == "memory" else f"file://{tmp_path}/new"


def test_what_is_written_is_there_whole_and_listed(folder):
    assert list_names(folder, missing=True) == []
    write_address(joined(folder, "a.png"), b"first")
    write_address(joined(folder, "b.png"), b"second")
    write_address(joined(folder, "sub/c.png"), b"third")
    assert sorted(list_names(folder)) == ["a.png", "b.png"]  # and no temporary file
    assert read_address(joined(folder, "sub/c.png")) == b"third"


def test_another_file_is_never_replaced_unasked_and_the_same_one_is_as_good(folder):
    name = joined(folder, "a.png")
    write_address(name, b"first")
    write_address(name, b"first")
    with pytest.raises(OutputError, match=f"{name}: exists already"):
        write_address(name, b"other")
    assert read_address(name) == b"first"
    write_address(name, b"other", overwrite=True)
    assert read_address(name) == b"other"


def test_what_is_not_there_is_named(folder):
    with pytest.raises(ImageError, match=rf"{folder}: (no such folder|cannot be listed \(no such file)"):
        list_names(folder)
    with pytest.raises(ImageError, match=rf"{folder}/a\.png: .*[Nn]o such file"):
        read_address(joined(folder, "a.png"))


def test_a_protocol_that_nobody_knows_is_a_line():
    with pytest.raises(ImageError, match=r"nowhere://b/a\.png: .*[Pp]rotocol not known"):
        read_address("nowhere://b/a.png")


def test_messages_name_the_address_and_not_its_copy(tmp_path):
    write_address("memory://messages/a.png", b"bytes")
    (tmp_path / "b.png").write_bytes(b"here")
    sources = "memory://messages/a.png", str(tmp_path / "b.png")
    with local_copies(*sources) as (copy, same):
        assert copy.read_bytes() == b"bytes" and copy.name == "a.png" and same == tmp_path / "b.png"
    assert not copy.exists()
    with pytest.raises(ImageError, match=r"^memory://messages/a\.png: odd$"), local_copies(*sources) as paths:
        raise ImageError(f"{paths[0]}: odd")
    with (
        pytest.warns(UserWarning, match=r"^memory://messages/a\.png is dark$"),
        local_copies(*sources) as paths,
    ):
        warnings.warn(f"{paths[0]} is dark", UserWarning, stacklevel=1)


def test_a_path_is_no_address():
    assert is_address("s3://bucket/a.png") and not is_address("ir/a.png")
    assert not is_address("C:\\ir") and not is_address("c://ir")
