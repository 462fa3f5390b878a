"""``mgfusion fuse`` on what cameras write: folders of any names, tables, streams, one file with both."""

import io

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from flir_files import radiometric_jpeg
from mgfusion.cli import main
from mgfusion.images import read_image, write_image
from noise import noise


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for n in (1, 2):
        write_image(f"both/{n:04}_ir.png", noise((40, 48), seed=n))
        write_image(f"both/{n:04}_rgb.jpg", noise((40, 48, 3), seed=n))
    return tmp_path


def fuse(*args: str, **options):
    return CliRunner().invoke(main, ["fuse", "--model", "mgfusion-tiny", "--device", "cpu", *args], **options)


def flir() -> bytes:
    counts = noise((40, 48)) * np.uint16(4) + np.uint16(16_000)
    return radiometric_jpeg(counts, vis=noise((80, 96, 3)), overlay=(1.2, 0, 0))


def test_one_folder_with_both_kinds(here):
    dry = fuse("both", "--dry-run")
    lines = [f"both/000{n}_ir.png + both/000{n}_rgb.jpg -> fused/000{n}_rgb.png" for n in (1, 2)]
    assert (dry.exit_code, dry.stdout.splitlines(), dry.stderr) == (0, lines, "")
    assert not (here / "fused").exists()
    write_image("both/other.png", noise((40, 48)))
    done = fuse("both", "-o", "out", "--format", "JPG")
    assert done.exit_code == 0 and done.stdout.splitlines() == ["out/0001_rgb.jpg", "out/0002_rgb.jpg"]
    assert done.stderr == "without a partner in both: other.png\n"
    assert Image.open("out/0001_rgb.jpg").format == "JPEG"
    again = fuse("both", "-o", "out", "--format", "jpg", "--dry-run")
    assert again.stdout.count("(exists already)") == 2


def test_a_table_names_pairs_and_outputs(here):
    (here / "pairs.csv").write_text(
        "ir,vis,out\nboth/0001_ir.png,both/0002_rgb.jpg,crossed\nno.png,no.jpg,\n"
    )
    done = fuse("--pairs", "pairs.csv", "-o", "out", "--format", "tif")
    assert done.exit_code == 1 and done.stdout == "out/crossed.tif\n"
    assert done.stderr == "error: no.png: no such file; check the name\n"
    (here / "pairs.csv").write_text("ir,vis,out\nboth/0001_ir.png,both/0002_rgb.jpg,../x\n")
    assert fuse("--pairs", "pairs.csv").exit_code == 2 and not (here / "x.png").exists()


def test_one_file_that_holds_both(here):
    (here / "FLIR0001.jpg").write_bytes(flir())
    done = fuse("FLIR0001.jpg")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "FLIR0001_fused.png\n", "")
    assert read_image("FLIR0001_fused.png").shape == (80, 96, 3)
    (here / "cam").mkdir()
    (here / "FLIR0001.jpg").rename(here / "cam/FLIR0001.jpg")
    assert fuse("cam", "-o", "c").stdout == "c/FLIR0001.png\n"
    lacking = fuse("both/0001_ir.png")
    assert lacking.exit_code == 1 and lacking.stderr.startswith(
        "error: both/0001_ir.png: holds no thermal data"
    )


def test_standard_input_and_output(here):
    pair = [f"both/0001_{kind}" for kind in ("ir.png", "rgb.jpg")]
    assert fuse(*pair, "-o", "plain.png").exit_code == 0
    out = fuse("-", pair[1], "-o", "-", input=(here / pair[0]).read_bytes())
    assert out.exit_code == 0
    np.testing.assert_array_equal(
        np.asarray(Image.open(io.BytesIO(out.stdout_bytes))), read_image("plain.png")
    )
    assert fuse(pair[0], "-", "-o", "b.png", input=(here / pair[1]).read_bytes()).stdout == "b.png\n"
    assert fuse("-", "-", "-o", "-").exit_code == 2 and fuse("-", pair[1]).exit_code == 2
    bad = fuse("-", pair[1], "-o", "-", input=b"none")
    assert (
        bad.exit_code == 1 and bad.stdout_bytes == b"" and bad.stderr.startswith("error: ir: not a picture")
    )


def test_a_series_has_one_range(here):
    for n in (1, 2):
        counts = np.full((40, 48), 7000 + 1000 * n, np.uint16) + noise((40, 48), seed=n) % 4
        write_image(f"counts/{n}.png", counts)
        write_image(f"vis/{n}.png", np.zeros((40, 48), np.uint8))
    for name in ("auto", "series"):
        assert fuse("counts", "vis", "-o", name, "--ir-range", name).exit_code == 0
    means = {name: [read_image(f"{name}/{n}.png").mean() for n in (1, 2)] for name in ("auto", "series")}
    assert abs(np.diff(means["auto"])[0]) < 5 and np.diff(means["series"])[0] > 50


def test_temperatures_are_marked_only_where_there_are_any(here):
    warm = np.full((40, 48), 20, np.float32)
    warm[10:20, 10:20] = 36
    Image.fromarray(warm).save("warm.tif")
    assert fuse("warm.tif", "both/0001_rgb.jpg", "--isotherm", "30C..40C", "-o", "m.png").exit_code == 0
    assert fuse("warm.tif", "both/0001_rgb.jpg", "-o", "p.png").exit_code == 0
    differ = (read_image("m.png") != read_image("p.png")).any(axis=2)
    assert differ[12:18, 12:18].all() and not differ[25:].any()
    counts = fuse("both/0001_ir.png", "both/0001_rgb.jpg", "--isotherm", "30C..40C")
    assert (
        counts.exit_code == 1 and "need not be temperatures" in counts.stderr and "--ir-unit" in counts.stderr
    )


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        ([], ["give IR and VIS"]),
        (["both", "--format", "gif"], ["--format 'gif'", "png"]),
        (["both", "--isotherm", "hot"], ["isotherm 'hot'", "30C..40C"]),
        (["both", "--ir-unit", "rankine"], ["'rankine'", "kelvin"]),
        (["both", "--pairs", "pairs.csv"], ["--pairs names the files"]),
        (["both", "-o", "both"], ["one of the input folders"]),
        (["both/0001_ir.png", "both/0001_rgb.jpg", "-o", "a.png", "--format", "jpg"], ["a.png", ".jpg"]),
    ],
)
def test_wrong_usage_is_one_line(here, args, parts):
    before = sorted(here.rglob("*"))
    result = fuse(*args)
    assert result.exit_code == 2 and result.stderr.count("\n") == 1 and result.stdout == ""
    assert all(part in result.stderr for part in parts), result.stderr
    assert sorted(here.rglob("*")) == before
