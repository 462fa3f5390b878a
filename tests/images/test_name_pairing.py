"""Which files of cameras belong together, by their names."""

from pathlib import Path

import pytest

from mgfusion.errors import ImageError
from mgfusion.images.name_pairing import find_partners, partners_by_name
from mgfusion.images.pairs_csv import read_pairs_csv


def _folder(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def _paired(found, *roots: Path) -> list[tuple[str, ...]]:
    return [tuple(str(p.relative_to(r)) for p, r in zip(pair, roots, strict=True)) for pair in found.pairs]


@pytest.mark.parametrize(
    ("ir", "vis"),
    [
        ("a.png", "A.JPG"),
        ("0001_ir.png", "0001_rgb.jpg"),
        ("IR_0001.png", "VIS_1.jpg"),
        ("thermal-12.tif", "visible-0012.png"),
        ("DJI_20240101120000_0007_T.JPG", "DJI_20240101120000_0007_W.JPG"),
        ("DJI_0007_T.JPG", "DJI_0007_V.JPG"),
        ("FLIR0002.jpg", "DC_0003.jpg"),
        ("sceneIR3.png", "sceneRGB3.png"),
        ("ir.png", "vis.png"),
    ],
)
@pytest.mark.parametrize("folders", [1, 2])
def test_names_of_cameras(tmp_path, ir, vis, folders):
    if folders == 1 and Path(ir).stem.casefold() == Path(vis).stem.casefold():
        pytest.skip("one folder needs names that say which is which")
    roots = (tmp_path, tmp_path) if folders == 1 else (tmp_path / "one", tmp_path / "two")
    _folder(roots[0], ir), _folder(roots[1], vis)
    found = find_partners(*roots[:folders])
    assert _paired(found, *roots) == [(ir, vis)]
    assert not (found.ir_only or found.vis_only or found.ambiguous or found.neither)


def test_numbers_in_step(tmp_path):
    irs, viss = [f"FLIR{n:04}.jpg" for n in (2, 4, 6)], [f"DC_{n:04}.jpg" for n in (3, 5, 7)]
    _folder(tmp_path / "a", *irs, *viss)
    assert _paired(find_partners(tmp_path / "a"), tmp_path / "a", tmp_path / "a") == list(
        zip(irs, viss, strict=True)
    )
    _folder(tmp_path / "b", "FLIR0002.jpg", "FLIR0004.jpg", "DC_0003.jpg", "DC_0008.jpg")
    found = find_partners(tmp_path / "b")  # out of step: nothing is guessed
    assert not found.pairs and len(found.ir_only) == len(found.vis_only) == 2
    _folder(tmp_path / "c", "FLIR0002.jpg", "DC_0040.jpg")
    assert not find_partners(tmp_path / "c").pairs


def test_what_may_belong_to_several_is_not_guessed(tmp_path):
    _folder(
        tmp_path, "7_ir.png", "7_rgb.png", "007_vis.jpg", "8_ir.png", "8_vis.png", "9.png", "10_ir_vis.png"
    )
    found = find_partners(tmp_path)
    assert _paired(found, tmp_path, tmp_path) == [("8_ir.png", "8_vis.png")]
    assert [sorted(p.name for p in group) for group in found.ambiguous] == [
        ["007_vis.jpg", "7_ir.png", "7_rgb.png"]
    ]
    assert sorted(p.name for p in found.neither) == ["10_ir_vis.png", "9.png"]


def test_letters_of_other_alphabets_tell_scenes_apart(tmp_path):
    _folder(tmp_path / "ir", "größe_ir.png"), _folder(tmp_path / "vis", "grüße_vis.png")
    assert not find_partners(tmp_path / "ir", tmp_path / "vis").pairs


def test_a_zoom_picture_is_no_partner(tmp_path):
    _folder(tmp_path, *(f"DJI_0001_{c}.JPG" for c in "TWZ"))
    found = find_partners(tmp_path)
    assert _paired(found, tmp_path, tmp_path) == [("DJI_0001_T.JPG", "DJI_0001_W.JPG")]
    assert [p.name for p in found.neither] == ["DJI_0001_Z.JPG"]


def test_subfolders_when_asked(tmp_path):
    names = ["day/a.png", "night/a.png", "b.png", ".hidden/c.png"]
    ir, vis = _folder(tmp_path / "ir", *names), _folder(tmp_path / "vis", *names)
    assert _paired(find_partners(ir, vis), ir, vis) == [("b.png", "b.png")]
    found = find_partners(ir, vis, recursive=True)
    assert _paired(found, ir, vis) == [(n, n) for n in ("b.png", "day/a.png", "night/a.png")]
    one = _folder(
        tmp_path / "one", "day/thermal/1.png", "day/rgb/1.png", "night/thermal/1.png", "night/rgb/1.png"
    )
    pairs = _paired(find_partners(one, recursive=True), one, one)
    assert pairs == [(f"{time}/thermal/1.png", f"{time}/rgb/1.png") for time in ("day", "night")]


def test_folders_that_are_none(tmp_path):
    for args in ((tmp_path / "none",), (tmp_path, tmp_path / "none")):
        with pytest.raises(ImageError, match="none: no such folder"):
            find_partners(*args, recursive=True)


def test_a_table_of_pairs(tmp_path):
    table = tmp_path / "pairs.csv"
    table.write_bytes("\ufeffVis; IR ;out\r\nday.jpg;hot.png;first\r\n\r\n;both.jpg;\r\n".encode())
    one, both = read_pairs_csv(table)
    assert (one.ir, one.vis, one.out) == (tmp_path / "hot.png", tmp_path / "day.jpg", Path("first"))
    assert (both.ir, both.vis, both.out) == (tmp_path / "both.jpg", None, None)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "must name the columns"),
        (b"a,b\n1,2\n", "first line is 'a,b'"),
        (b"ir,vis\n", "no rows"),
        (b"ir,vis\n,b.png\n", "row 2 names no infrared"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"ir,vis\na\0b,c\n", r"pairs\.csv"),
    ],
)
def test_a_table_that_is_none(tmp_path, content, why):
    (tmp_path / "pairs.csv").write_bytes(content)
    with pytest.raises(ImageError, match=why):
        read_pairs_csv(tmp_path / "pairs.csv")
    with pytest.raises(ImageError, match=r"none\.csv: no such file"):
        read_pairs_csv(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("irs", "viss"),
    [
        (["a.png", "b.tif", "c.png", "alone.png"], ["A.JPG", "b.png", "C.png", "only.jpg", "notes.txt"]),
        (["a.png", "a.tif", "b.png"], ["a.jpg", "b.jpg"]),  # one stem for several
        (["a.png", "a.tif"], ["b.jpg"]),
        (["0001_ir.png", "2.png", ".hidden.png"], ["1_rgb.jpg", "2.jpg", ".hidden.png"]),
        (["FLIR0002.jpg", "FLIR0004.jpg"], ["DC_0003.jpg", "DC_0005.jpg"]),
        (["0001_ir.png", "1_ir.png"], ["0001_rgb.png"]),  # ambiguous by name
        (["notes.txt"], ["a.png"]),
    ],
)
def test_names_alone_are_paired_as_the_files_are(tmp_path, irs, viss):
    ir, vis = _folder(tmp_path / "ir", *irs), _folder(tmp_path / "vis", *viss)
    (vis / "empty").mkdir()
    files, names = find_partners(ir, vis), partners_by_name(irs, viss)
    assert names.pairs == [(one.name, other.name) for one, other in files.pairs]
    assert sorted(names.ir_only) == sorted(path.name for path in files.ir_only)
    assert sorted(names.vis_only) == sorted(path.name for path in files.vis_only)
    several = ({path.name for path in same} for same in files.ambiguous)
    assert sorted(map(sorted, names.ambiguous)) == sorted(map(sorted, several))
