"""Everything that can be wrong with a data set is named; a sound one passes."""

import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from mgfusion.cli import main
from mgfusion.data.data_check import check_data
from mgfusion.errors import DataError
from mgfusion.images import read_image, write_image


def picture(seed, shape=(8, 12)):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def msrs(tmp_path):
    root = tmp_path / "MSRS"
    for split, numbers in (("train", (1, 2, 3)), ("test", (4,))):
        for n in numbers:
            write_image(root / split / "ir" / f"{n}.png", picture(n))
            write_image(root / split / "vi" / f"{n}.png", picture(10 + n, (8, 12, 3)))
    return root


def problems(root, **options):
    return [str(problem).replace(f"{root}/", "") for problem in check_data([root], **options)[1]]


def test_a_sound_set_passes_with_a_summary(msrs):
    done = []
    summaries, found = check_data([msrs], progress=lambda *counts: done.append(counts))
    assert found == [] and done == [(n, 4) for n in (1, 2, 3, 4)]
    assert [str(s) for s in summaries] == [
        "MSRS: 4 pairs (train 3, test 1), 12x8, infrared 8-bit grey, visible 8-bit colour; no problems"
    ]
    assert check_data([msrs], "test")[0][0].splits == {"test": 1}


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (MemoryError(), "not enough memory"),
        (RuntimeError("Failed to allocate\nmemory"), "Failed to allocate memory"),
    ],
)
def test_any_error_of_one_file_is_a_line_and_the_rest_is_checked(msrs, monkeypatch, error, why):
    def odd(path):
        if path.name == "2.png" and path.parent.name == "vi":
            raise error
        return read_image(path)

    monkeypatch.setattr("mgfusion.data.data_check.read_image", odd)
    (msrs / "train" / "ir" / "3.png").write_bytes(b"")
    ir, vis, other = problems(msrs, workers=2)
    assert ir.startswith("train/ir/2.png: ") and vis.startswith("train/vi/2.png: ")
    assert why in ir and why in vis and other.startswith("train/ir/3.png: empty file")


def test_unpaired_and_ambiguous(msrs):
    (msrs / "train" / "vi" / "1.png").unlink()
    (msrs / "test" / "ir" / "4.png").unlink()
    write_image(msrs / "train" / "vi" / "2.bmp", picture(0))
    assert problems(msrs) == [
        "train/ir/1.png: infrared without a visible picture of the same name",
        "train/ir/2.png: can't tell which are the pair, left out together with "
        "train/vi/2.bmp, train/vi/2.png",
        "test/vi/4.png: visible without an infrared picture of the same name",
    ]


def test_unreadable_and_mis_sized(msrs):
    (msrs / "train" / "ir" / "1.png").write_bytes(b"")
    write_image(msrs / "train" / "vi" / "2.png", picture(0, (8, 13)), overwrite=True)
    assert problems(msrs) == [
        "train/ir/1.png: empty file (0 bytes); copy or export it again",
        "train/ir/2.png: is 12x8, but train/vi/2.png is 13x8; register them to one size",
    ]


def test_the_same_pixels_in_another_format_are_a_leak_across_splits(msrs):
    write_image(msrs / "test" / "ir" / "9.bmp", picture(3))
    write_image(msrs / "test" / "vi" / "9.bmp", picture(13, (8, 12, 3)))
    leak = "test/ir/9.bmp: same pair as train/ir/3.png, which is in train (this one is in test: a leak)"
    assert problems(msrs) == [leak]
    assert problems(msrs, split="test") == []


def test_duplicates_inside_a_split(msrs):
    for folder in ("ir", "vi"):
        shutil.copy(msrs / "train" / folder / "1.png", msrs / "train" / folder / "5.png")
    shutil.copy(msrs / "train" / "ir" / "2.png", msrs / "train" / "vi" / "3.png")
    write_image(msrs / "train" / "ir" / "6.png", picture(1))
    write_image(msrs / "train" / "vi" / "6.png", picture(99))
    shutil.copy(msrs / "test" / "vi" / "4.png", msrs / "train" / "vi" / "7.png")
    write_image(msrs / "train" / "ir" / "7.png", np.repeat(picture(98)[..., None], 3, axis=2))
    write_image(msrs / "train" / "ir" / "8.png", picture(97))
    write_image(msrs / "train" / "vi" / "8.png", np.repeat(picture(97)[..., None], 3, axis=2))
    assert problems(msrs) == [
        "train/ir/8.png: same picture as its visible partner train/vi/8.png",
        "train/ir/5.png: same pair as train/ir/1.png, which is in train",
        "train/ir/6.png: same infrared picture as train/ir/1.png",
        "test/vi/4.png: same visible picture as train/vi/7.png",
    ]


def test_one_set_given_twice_is_read_once(msrs):
    summaries, found = check_data([msrs, msrs.parent])
    assert found == [] and sum(summaries[0].splits.values()) == 4


def test_a_folder_without_a_data_set(tmp_path):
    with pytest.raises(DataError, match="no data set found; expected ir/ and vi/, or train/ir"):
        check_data([tmp_path])


def test_the_command(msrs):
    def run(*args):
        result = CliRunner().invoke(main, ["data", "check", *map(str, args)])
        return result.exit_code, result.stdout.splitlines(), result.stderr

    code, lines, errors = run(msrs)
    assert (code, len(lines), errors) == (0, 1, "")
    (msrs / "train" / "vi" / "1.png").unlink()
    code, lines, errors = run(msrs, "--split", "train", "--workers", "1")
    assert code == 1 and len(lines) == 2 and errors == ""
    assert lines[0].startswith(str(msrs / "train" / "ir" / "1.png")) and lines[1].endswith("; 1 problem")
    code, lines, errors = run(msrs / "nothing")
    assert (code, lines) == (2, []) and errors.startswith("error: ") and errors.count("\n") == 1
    assert run()[0] == 2
