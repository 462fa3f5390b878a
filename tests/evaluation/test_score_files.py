"""`mgfusion evaluate`, as a function and as a command, on tiny real files."""

import csv
import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from mgfusion.cli import main
from mgfusion.data.opened_pair import read_luminance
from mgfusion.errors import OutputError
from mgfusion.evaluation import score_files
from mgfusion.evaluation.score_files import evaluate
from mgfusion.images import write_image
from mgfusion.metrics import evaluate_pair

METRICS = ["Qabf", "SSIM", "VIF", "MSSSIM"]
Folders = tuple[Path, Path, Path]


def picture(seed: int, side: int = 48) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (side, side), dtype=np.uint8)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    paths = tmp_path / "fused", tmp_path / "ir", tmp_path / "vis"
    for i, folder in enumerate(paths):
        folder.mkdir()
        for j, stem in enumerate(("a", "b", "c")):
            write_image(folder / f"{stem}.png", picture(10 * i + j))
    return paths


def run(*args: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, [str(a) for a in args])
    return result.exit_code, result.stdout, result.stderr


def test_folders_give_the_scores_of_their_pictures(folders: Folders) -> None:
    report = evaluate(*folders, METRICS)
    assert [row.name for row in report.rows] == ["a", "b", "c"]
    expected = evaluate_pair(picture(1), picture(11), picture(21), METRICS)
    assert report.rows[1].scores == pytest.approx(expected, nan_ok=True)
    values = [row.scores["SSIM"] for row in report.rows]
    assert report.mean()["SSIM"] == pytest.approx(np.mean(values))
    assert report.median()["SSIM"] == pytest.approx(np.median(values))
    assert report.count() == {"Qabf": 3, "SSIM": 3, "VIF": 3, "MSSSIM": 0}
    assert math.isnan(report.mean()["MSSSIM"])


def test_the_mean_of_hot_targets_is_one_over_targets(tmp_path: Path) -> None:
    """A picture with three counts three times, one with none not at all; the number comes unasked."""
    folders = tmp_path / "fused", tmp_path / "ir", tmp_path / "vis"
    for stem, lefts, kept in (("a", (40,), 0.25), ("b", (40, 140, 240), 0.75), ("c", (), 1.0)):
        ir = np.full((240, 320), 60, np.uint8)
        for left in lefts:
            ir[100:120, left : left + 10] = 220
        fused = (60 + (ir - 60) * kept).astype(np.uint8)
        for folder, array in zip(folders, (fused, ir, ir), strict=True):
            write_image(folder / f"{stem}.png", array)
    report = evaluate(*folders, ["HTC", "HTC_lost"])
    assert report.metrics == ("HTC", "HTC_lost", "HTC_spots")
    assert [row.scores["HTC_spots"] for row in report.rows] == [1, 3, 0]
    assert report.mean()["HTC"] == pytest.approx((0.25 + 3 * 0.75) / 4)
    assert report.count()["HTC"] == 2 and math.isnan(report.rows[2].scores["HTC"])
    code, out, _ = run("evaluate", *folders, "--metrics", "HTC")
    assert code == 0 and "HTC_spots" in out and "0.6250" in out


def test_workers_give_the_same_report(folders: Folders) -> None:
    seen: list[tuple[int, int]] = []
    report = evaluate(*folders, ["SSIM"], workers=2, progress=lambda *at: seen.append(at))
    assert report == evaluate(*folders, ["SSIM"], workers=1)
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_one_bad_picture_spoils_no_other(folders: Folders) -> None:
    fused, ir, vis = folders
    (fused / "a.png").write_text("no picture")
    write_image(ir / "b.png", picture(1, 50), overwrite=True)
    write_image(fused / "d.png", picture(1))
    report = evaluate(fused, ir, vis, METRICS)
    assert [row.name for row in report.rows] == ["c"]
    assert [name for name, _ in report.failures] == ["a", "b"]
    assert str(fused / "a.png") in report.failures[0][1]
    assert f"{ir / 'b.png'} is 50x50 and {vis / 'b.png'} is 48x48" in report.failures[1][1]
    assert report.unmatched == (fused / "d.png",)


def test_two_files_of_one_stem_are_a_failure(folders: Folders) -> None:
    write_image(folders[1] / "a.bmp", picture(1))
    report = evaluate(*folders, ["AG"])
    assert [row.name for row in report.rows] == ["b", "c"]
    assert "a.bmp" in report.failures[0][1] and "share a stem" in report.failures[0][1]


def test_names_match_in_upper_and_lower_case(folders: Folders) -> None:
    fused, ir, vis = folders
    (ir / "a.png").rename(ir / "A.PNG")
    write_image(vis / "B.png", picture(2))
    report = evaluate(fused, ir, vis, ["ag"])
    assert [row.name for row in report.rows] == ["a", "c"] and report.metrics == ("AG",)
    [(name, reason)] = report.failures
    assert name == "b" and f"{vis / 'B.png'}, {vis / 'b.png'}: share a stem" in reason


BAD = {
    "truncated": "damaged or truncated picture",
    "empty": "empty file",
    "small": "30x20",
    "below": "float values from -3 to -3",
    "missing": "no such file",
}


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize(("kind", "said"), BAD.items())
def test_the_file_that_is_to_blame_is_named(folders: Folders, which: int, kind: str, said: str) -> None:
    files = [folder / "a.png" for folder in folders]
    bad = files[which] = folders[which] / "bad.tif"
    if kind == "truncated":
        bad.write_bytes((folders[which] / "a.png").read_bytes()[:300])
    elif kind == "empty":
        bad.touch()
    elif kind == "small":
        write_image(bad, np.zeros((20, 30), np.uint8))
    elif kind == "below":
        cv2.imwrite(str(bad), np.full((48, 48), -3, np.float32))
        if which == 1:  # degrees: as good as any
            assert evaluate(*files, ["AG"]).rows
            return
    code, out, err = run("evaluate", *files, "--metrics", "AG")
    assert (code, out) == (1, "") and err.count("\n") == 1
    assert said in err
    if kind == "small":
        assert f"{bad}: 30x20 pixels" in err if which == 0 else f"{bad} is 30x20" in err
    else:
        assert err.startswith(f"error: {bad}: ") and not any(
            str(other) in err for other in files if other != bad
        )


def test_whatever_one_picture_raises_the_others_are_scored(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = score_files.open_pair

    def odd(ir: Path, vis: Path, *rest: object) -> object:
        if ir.stem == "b":
            raise RuntimeError("something\nnobody thought of")
        return real(ir, vis, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(score_files, "open_pair", odd)
    report = evaluate(*folders, ["AG"], workers=1)
    assert [row.name for row in report.rows] == ["a", "c"]
    assert report.failures == (("b", f"{folders[0] / 'b.png'}: something nobody thought of"),)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_odd_about_a_picture_is_warned_of_in_one_line(folders: Folders, workers: int) -> None:
    colour = np.stack([picture(1), picture(2), picture(3)], axis=2)
    write_image(folders[1] / "a.png", colour, overwrite=True)
    code, out, err = run("evaluate", *folders, "--metrics", "AG", "--workers", workers)
    assert code == 0 and "mean" in out
    assert err.startswith(f"warning: {folders[1] / 'a.png'}: infrared in colour") and err.count("\n") == 1


def test_colour_scores_as_the_benchmark_scores_it(folders: Folders) -> None:
    colour = [np.stack([picture(i), picture(i + 1), picture(i + 2)], axis=2) for i in (3, 7)]
    for folder, array in zip((folders[0], folders[2]), colour, strict=True):
        write_image(folder / "a.jpg", array)
    fused, ir, vis = folders[0] / "a.jpg", folders[1] / "a.png", folders[2] / "a.jpg"
    expected = evaluate_pair(*(read_luminance(path) for path in (fused, ir, vis)), METRICS)
    assert evaluate(fused, ir, vis, METRICS).rows[0].scores == pytest.approx(expected, nan_ok=True)


def test_thermal_counts_are_scaled_as_for_fusing(tmp_path: Path) -> None:
    counts = (7000 + picture(3).astype(np.uint16) * 8).astype(np.uint16)
    files = tmp_path / "fused.png", tmp_path / "ir.png", tmp_path / "vis.png"
    for path, array in zip(files, (picture(3), counts, picture(4)), strict=True):
        write_image(path, array)
    assert evaluate(*files, ["CC", "MSE"]).rows[0].scores["CC"] > 0.4
    fixed = evaluate(*files, ["VIF_ir"], ir_range=(7000.0, 7000 + 255 * 8)).rows[0].scores
    assert fixed["VIF_ir"] == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("which", "message"),
    [
        ("file", "no folder; give three files or three folders"),
        ("missing", "no folder"),
        ("empty", "empty: holds no picture"),
    ],
)
def test_wrong_usage_is_exit_2(folders: Folders, tmp_path: Path, which: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    third = {"file": folders[2] / "a.png", "missing": tmp_path / "none", "empty": tmp_path / "empty"}[which]
    code, out, err = run("evaluate", folders[0], folders[1], third)
    assert (code, out) == (2, "")
    assert message in err and err.count("\n") == 1


def test_command_prints_table_and_writes_file(folders: Folders, tmp_path: Path) -> None:
    target = tmp_path / "scores.csv"
    code, out, err = run("evaluate", *folders, "--metrics", "Qabf,MSSSIM", "-o", target)
    assert (code, err) == (0, "")
    assert "mean" in out and "nan" in out and "count" in out
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["row"] for r in rows] == ["picture"] * 3 + ["mean", "median", "count"]
    assert float(rows[3]["Qabf"]) == pytest.approx(np.mean([float(r["Qabf"]) for r in rows[:3]]))
    assert [rows[5]["Qabf"], rows[5]["MSSSIM"], rows[0]["MSSSIM"]] == ["3", "0", "nan"]
    before = target.read_bytes()
    code, _, err = run("evaluate", *folders, "--metrics", "AG", "-o", target)
    assert code == 2 and "exists" in err and target.read_bytes() == before
    assert run("evaluate", *folders, "--metrics", "AG", "-o", target, "--overwrite")[0] == 0
    assert target.read_bytes() != before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fused", "ir", "scores.csv", "vis"]


def test_command_names_failures_and_exits_1(folders: Folders) -> None:
    (folders[2] / "b.png").write_bytes(b"")
    code, out, err = run("evaluate", *folders, "--metrics", "AG,EN", "--convention", "vifb")
    assert code == 1 and "mean" in out
    assert str(folders[2] / "b.png") in err and "Traceback" not in err


@pytest.mark.parametrize(
    "options",
    [
        ["--metrics", "Qxy"],
        ["--convention", "x"],
        ["-o", "x.docx"],
        ["--metrics", "EN", "--convention", "paper"],
    ],
)
def test_wrong_options_are_exit_2(folders: Folders, options: list[str]) -> None:
    code, out, err = run("evaluate", *folders, *options)
    assert (code, out) == (2, "") and err.startswith("error: ") and err.count("\n") == 1


def test_every_writer_has_every_picture(folders: Folders, tmp_path: Path) -> None:
    (folders[0] / "b.png").rename(folders[0] / "x_1 & 2.png")
    (folders[1] / "b.png").rename(folders[1] / "x_1 & 2.png")
    (folders[2] / "b.png").rename(folders[2] / "x_1 & 2.png")
    report = evaluate(*folders, ["PSNR", "VIF", "MSSSIM"])
    for suffix in (".csv", ".json", ".md", ".tex"):
        report.write(tmp_path / f"scores{suffix}")
    content = json.loads((tmp_path / "scores.json").read_text())
    assert content["pictures"][2]["scores"]["MSSSIM"] is None
    assert content["mean"]["PSNR"] == report.mean()["PSNR"]
    assert (tmp_path / "scores.tex").read_text().count(r"x\_1 \& 2 & ") == 1
    table = (tmp_path / "scores.md").read_text().splitlines()
    assert len(table) == 2 + 3 + 3 and table[0].startswith("| standard | PSNR ↑ | VIF ↑ |")
    assert table[1].startswith("|---|---:|") and table[-1] == "| count | 3 | 3 | 0 |"


def test_a_failed_write_leaves_nothing(folders: Folders, tmp_path: Path) -> None:
    report = evaluate(*folders, ["AG"])
    with pytest.raises(ValueError, match=r"give one of \.csv"):
        report.write(tmp_path / "scores.txt")
    (tmp_path / "taken.csv").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        report.write(tmp_path / "taken.csv", overwrite=True)
    report.write(tmp_path / "mine.csv")
    with pytest.raises(OutputError, match="exists already"):
        report.write(tmp_path / "mine.csv")
    (tmp_path / "mine.csv").unlink()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fused", "ir", "taken.csv", "vis"]


def test_metrics_lists_names_and_conventions() -> None:
    code, out, _ = run("metrics")
    assert code == 0
    assert all(name in out for name in ("Qabf", "FMI_wavelet", "tang_uint8"))
    code, out, _ = run("metrics", "--convention", "paper")
    assert code == 0 and "EN " not in out.split("standard:")[0] and "SCD" in out
    assert run("metrics", "--convention", "x")[0] == 2
