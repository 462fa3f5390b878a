"""Folders of pictures, matched by stem; a dozen empty files stand for pictures."""

from pathlib import Path

import pytest

from mgfusion.errors import ImageError
from mgfusion.images import by_stem, pair_folders


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).touch()


def paired(root: Path) -> list[tuple[str, str]]:
    return [(ir.name, vis.name) for ir, vis in pair_folders(root / "ir", root / "vis").pairs]


def test_folders_are_paired_by_stem(tmp_path):
    touch(tmp_path, "ir/b.png", "ir/a.jpg", "ir/only.png", "ir/notes.txt", "ir/.hidden.png")
    touch(tmp_path, "vis/a.png", "vis/b.PNG", "vis/other.png", "vis/notes.txt")
    assert paired(tmp_path) == [("a.jpg", "a.png"), ("b.png", "b.PNG")]
    found = pair_folders(tmp_path / "ir", tmp_path / "vis")
    assert [p.name for p in found.ir_only] == ["only.png"]
    assert [p.name for p in found.vis_only] == ["other.png"]


def test_upper_and_lower_case_are_one(tmp_path):
    touch(tmp_path, "ir/A.JPG", "ir/flir_02.tiff", "vis/a.jpg", "vis/FLIR_02.PNG")
    assert paired(tmp_path) == [("A.JPG", "a.jpg"), ("flir_02.tiff", "FLIR_02.PNG")]


@pytest.mark.parametrize(
    ("names", "together"),
    [
        (("ir/a.png", "ir/a.tif", "vis/a.png"), ["a.png", "a.tif", "a.png"]),
        (("ir/a.png", "ir/A.png", "vis/a.png"), ["A.png", "a.png", "a.png"]),
        (("ir/a.png", "ir/A.png", "vis/a.png", "vis/A.png"), ["A.png", "a.png", "A.png", "a.png"]),
        (("ir/a.png", "vis/A.JPG", "vis/a.jpg"), ["a.png", "A.JPG", "a.jpg"]),
        (("ir/x.png", "vis/a.JPG", "vis/a.jpg"), ["a.JPG", "a.jpg"]),
    ],
)
def test_files_that_differ_by_case_or_ending_alone_are_named_and_none_is_guessed(tmp_path, names, together):
    touch(tmp_path, *names, "ir/z.png", "vis/z.png")
    found = pair_folders(tmp_path / "ir", tmp_path / "vis")
    assert [[path.name for path in group] for group in found.ambiguous] == [together]
    assert paired(tmp_path) == [("z.png", "z.png")]


def test_three_folders_keep_every_file(tmp_path):
    touch(tmp_path, "one/a.png", "two/A.png", "three/a.jpg", "two/b.png", "one/c.png", "one/C.png")
    groups = by_stem(*(tmp_path / name for name in ("one", "two", "three")))
    assert [[[path.name for path in files] for files in group] for group in groups] == [
        [["a.png"], ["A.png"], ["a.jpg"]],
        [[], ["b.png"], []],
        [["C.png", "c.png"], [], []],
    ]


def test_what_is_no_folder_is_named(tmp_path):
    touch(tmp_path, "ir/b.png", "vis/b.png")
    with pytest.raises(ImageError, match="no such folder"):
        pair_folders(tmp_path / "none", tmp_path / "vis")
    with pytest.raises(ImageError, match="is a file"):
        pair_folders(tmp_path / "ir" / "b.png", tmp_path / "vis")
