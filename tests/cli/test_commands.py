import subprocess
import sys

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from mgfusion.cli import main
from mgfusion.images import read_image, write_image
from mgfusion.models import MGFusion, MGFusionConfig, save_model
from mgfusion.synthetic.night_street import night_street


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    torch.manual_seed(0)
    settings = {"dim": 8, "scale": 2, "cii": False, "cff": False}
    folder = tmp_path_factory.mktemp("models") / "small"
    return str(save_model(MGFusion(MGFusionConfig(**settings)), folder, about={"licence": "Apache-2.0"}))


@pytest.fixture(scope="module")
def scene():
    return night_street(0, 64, 80)


@pytest.fixture
def here(tmp_path, monkeypatch, scene):
    """The current folder, with a pair in it and a folder of three pairs."""
    monkeypatch.chdir(tmp_path)
    write_image("cold.png", scene.ir)
    write_image("day.png", scene.vis)
    for stem in "abc":
        write_image(f"ir/{stem}.png", scene.ir)
        write_image(f"vis/{stem}.jpg", scene.vis)
    return tmp_path


@pytest.fixture
def fuse(model):
    return lambda *args: CliRunner().invoke(
        main, ["fuse", "--model", model, "--device", "cpu", *map(str, args)]
    )


def failed_with_one_line(result, code, *parts):
    lines = result.stderr.strip().splitlines()
    assert result.exit_code == code and result.stdout == "" and len(lines) == 1, (
        result.output,
        result.exception,
    )
    assert all(part in lines[0] for part in parts), lines[0]
    assert isinstance(result.exception, SystemExit | None)


def test_two_files_make_a_third_in_the_current_folder(fuse, here, scene):
    result = fuse("cold.png", "day.png")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "day_fused.png\n", "")
    assert read_image("day_fused.png").shape == scene.vis.shape


@pytest.mark.parametrize("grey", ["--grey", "--gray"])
def test_output_grey_range_and_overwrite(fuse, here, grey):
    assert fuse("cold.png", "day.png", "-o", "new/f.tif", grey).stdout == "new/f.tif\n"
    assert read_image("new/f.tif").ndim == 2
    failed_with_one_line(
        fuse("cold.png", "day.png", "-o", "new/f.tif"), 1, "new/f.tif: exists already", "--overwrite"
    )
    assert read_image("new/f.tif").ndim == 2
    assert fuse("cold.png", "day.png", "-o", "new/f.tif", "--overwrite", "--ir-range", "0,300").exit_code == 0
    assert read_image("new/f.tif").ndim == 3
    assert fuse("cold.png", "day.png", "-o", "new").stdout == "new/day_fused.png\n"


def test_black_borders_are_repaired_unless_asked_not_to(fuse, here, scene):
    ir, vis = scene.ir.copy(), scene.vis.copy()
    ir[:] = np.random.default_rng(0).integers(150, 160, ir.shape)
    vis[:] = 40
    ir[:, :6] = 0
    write_image("framed.png", ir)
    write_image("dim.png", vis)
    assert fuse("framed.png", "dim.png", "-o", "repaired.png").exit_code == 0
    assert fuse("framed.png", "dim.png", "-o", "given.png", "--no-repair").exit_code == 0
    repaired, given = (read_image(name)[:, :4].mean() for name in ("repaired.png", "given.png"))
    assert given < 60 and repaired > 80  # the network gives the maximum


def test_two_folders_are_paired_by_stem(fuse, here, scene):
    write_image("ir/extra.png", scene.ir)
    (here / "vis/notes.txt").write_text("")
    result = fuse("ir", "vis")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == ["fused/a.png", "fused/b.png", "fused/c.png"]
    assert result.stderr == "without a partner in ir: extra.png\n"


def test_one_bad_file_among_many_is_named_and_the_rest_is_done(fuse, here):
    (here / "ir/b.png").write_bytes((here / "ir/b.png").read_bytes()[:400])
    result = fuse("ir", "vis", "-o", "out")
    assert result.exit_code == 1 and result.stdout.splitlines() == ["out/a.png", "out/c.png"]
    assert result.stderr.startswith("error: ir/b.png: ") and result.stderr.count("\n") == 1
    assert sorted(p.name for p in (here / "out").iterdir()) == ["a.png", "c.png"]


def test_folders_overwrite_nothing_unasked(fuse, here):
    (here / "fused").mkdir()
    (here / "fused/b.png").write_bytes(b"mine")
    result = fuse("ir", "vis")
    assert result.exit_code == 1 and result.stdout.splitlines() == ["fused/a.png", "fused/c.png"]
    assert "fused/b.png: exists already" in result.stderr and (here / "fused/b.png").read_bytes() == b"mine"
    assert fuse("ir", "vis", "--overwrite").exit_code == 0


@pytest.mark.parametrize("output", ["new/", "deep/new/"])
def test_an_output_that_ends_in_a_slash_is_a_folder(fuse, here, output):
    assert fuse("cold.png", "day.png", "-o", output).stdout == f"{output}day_fused.png\n"
    assert fuse("ir", "vis", "-o", output).exit_code == 0
    assert sorted(p.name for p in (here / output).iterdir()) == ["a.png", "b.png", "c.png", "day_fused.png"]


def test_a_batch_that_was_cut_off_goes_on(fuse, here):
    (here / "fused").mkdir()
    (here / "fused/b.png").write_bytes(b"mine")
    result = fuse("ir", "vis", "--skip-existing")
    assert result.exit_code == 0 and result.stdout.splitlines() == ["fused/a.png", "fused/c.png"]
    assert result.stderr == "skipped, exist already: 1 of 3 in fused\n"
    assert (here / "fused/b.png").read_bytes() == b"mine"
    result = fuse("ir", "vis", "--skip-existing")
    assert (result.exit_code, result.stdout) == (0, "") and "3 of 3" in result.stderr
    result = fuse("ir/a.png", "vis/a.jpg", "-o", "fused/b.png", "--skip-existing")
    assert (result.exit_code, result.stdout) == (0, "") and "fused/b.png" in result.stderr


def test_folders_without_a_common_stem_say_so(fuse, here, scene):
    write_image("others/z.png", scene.vis)
    result = fuse("ir", "others")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("error: ir and others: no picture shares its stem")


def test_stems_that_are_not_unique_are_reported(fuse, here, scene):
    write_image("ir/a.tif", scene.ir)
    result = fuse("ir", "vis")
    assert result.exit_code == 1 and result.stdout.splitlines() == ["fused/b.png", "fused/c.png"]
    assert "error: one stem for several files, skipped: ir/a.png ir/a.tif vis/a.jpg" in result.stderr


def test_upper_and_lower_case_pair_and_two_of_one_name_are_reported(fuse, here, scene):
    (here / "ir/a.png").rename(here / "ir/A.PNG")
    write_image("vis/B.png", scene.vis)
    result = fuse("ir", "vis")
    assert result.exit_code == 1 and result.stdout.splitlines() == ["fused/a.png", "fused/c.png"]
    assert "error: one stem for several files, skipped: ir/b.png vis/B.png" in result.stderr


def test_deep_visible_gives_a_deep_result(fuse, here, scene):
    write_image("deep.png", scene.vis.astype(np.uint16) * 257)
    assert fuse("cold.png", "deep.png").exit_code == 0
    assert read_image("deep_fused.png").dtype == np.uint16
    failed_with_one_line(
        fuse("cold.png", "deep.png", "-o", "d.jpg"), 1, "d.jpg", "cannot hold 16 bits", ".png"
    )
    assert not (here / "d.jpg").exists()


def test_false_colour_is_a_warning_of_one_line(fuse, here):
    result = fuse("day.png", "day.png", "-o", "f.png")
    assert result.exit_code == 0 and result.stderr.count("\n") == 1
    assert result.stderr.startswith("warning: day.png: infrared in colour")


@pytest.mark.parametrize(
    ("args", "code", "parts"),
    [
        (["none.png", "day.png"], 1, ["none.png: no such file"]),
        (["empty.png", "day.png"], 1, ["empty.png: empty file"]),
        (["text.png", "day.png"], 1, ["text.png: not a picture"]),
        (
            ["cold.png", "small.png"],
            1,
            ["cold.png and small.png", "--align resize if both show the same view"],
        ),
        (["tiny.png", "tiny.png"], 1, ["tiny.png: 9x9", "16x16"]),
        (["ir", "day.png"], 2, ["ir is a folder and day.png is a file"]),
        (["ir", "vis", "-o", "day.png"], 2, ["day.png: is a file"]),
        (["ir", "vis", "-o", "vis"], 2, ["vis: is one of the input folders"]),
        (["cold.png", "day.png", "-o", "day.png", "--overwrite"], 1, ["day.png: is one of the inputs"]),
        (["cold.png", "day.png", "-o", "f.xyz"], 1, ["f.xyz: unknown ending"]),
        (["cold.png", "day.png", "--ir-range", "hot"], 2, ["'hot'", "LO,HI"]),
        (["cold.png", "day.png", "--tile", "9"], 2, ["tile 9"]),
        (["cold.png", "day.png", "--device", "abacus"], 2, ["'abacus'", "cpu"]),
        (["cold.png", "day.png", "--precision", "half"], 2, ["precision 'half'", "bfloat16"]),
        (["cold.png", "day.png", "--model", "none"], 2, ["no model 'none'"]),
        (["a.mp4", "b.mp4"], 1, ["a.mp4: no such file"]),
        (["cold.png", "day.png", "-o", "results"], 2, ["results: no such folder", "results/ or results.png"]),
        (["cold.png", "day.png", "-o", "day.png/"], 2, ["day.png: is a file; give a folder"]),
        (["ir", "vis", "-o", "x.png"], 2, ["x.png: names a file", "-o x/"]),
        (["void", "vis"], 1, ["void: holds no picture"]),
        (["ir", "void"], 1, ["void: holds no picture"]),
        (["ir", "pictureless"], 1, ["pictureless: holds no picture", "subfolders"]),
        (["cold.png", "day.png", "--overwrite", "--skip-existing"], 2, ["exclude each other"]),
    ],
)
def test_wrong_input_is_one_line_and_an_exit_code(fuse, here, scene, args, code, parts):
    (here / "empty.png").touch()
    (here / "text.png").write_text("hello")
    (here / "void").mkdir()
    (here / "pictureless/sub").mkdir(parents=True)
    write_image("small.png", scene.vis[::2, ::2])
    write_image("tiny.png", scene.vis[:9, :9, 0])
    before = sorted(here.rglob("*"))
    failed_with_one_line(fuse(*args), code, *parts)
    assert sorted(here.rglob("*")) == before


def test_demo_writes_the_pair_its_fusion_and_a_sheet(model, tmp_path):
    args = ["demo", "--model", model, "--device", "cpu", "-o", str(tmp_path / "d")]
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [str(tmp_path / "d" / name) for name in ("fused.png", "sheet.png")]
    assert read_image(tmp_path / "d/fused.png").shape == (480, 640, 3)
    assert read_image(tmp_path / "d/sheet.png").shape == (480, 3 * 640 + 2 * 6, 3)
    failed_with_one_line(CliRunner().invoke(main, args), 1, "ir.png: exists already")
    assert CliRunner().invoke(main, [*args, "--overwrite"]).exit_code == 0


def test_models_are_listed(model, monkeypatch, tmp_path):
    monkeypatch.setattr("mgfusion.models.available_models", lambda: (model,))
    monkeypatch.setenv("COLUMNS", "20")  # which a file or pipe doesn't have
    result = CliRunner().invoke(main, ["models"])
    line = result.stdout.splitlines()[1].split()
    count = sum(
        p.numel() for p in MGFusion(MGFusionConfig(dim=8, scale=2, cii=False, cff=False)).parameters()
    )
    assert line[0] == model and line[1] == "none" and line[3] == "Apache-2.0"
    assert 0 <= int(line[2].replace(",", "")) - count < 20_000  # buffers come on top
    monkeypatch.setattr("mgfusion.models.available_models", tuple)
    failed_with_one_line(CliRunner().invoke(main, ["models"]), 1, "no packaged models")


def test_help_loads_nothing_heavy():
    code = (
        "import sys, mgfusion.cli; print([m for m in ('torch', 'numpy', 'cv2', 'rich') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_the_command_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "mgfusion", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "fuse" in done.stdout and "python -m mgfusion" in done.stdout
