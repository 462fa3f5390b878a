"""``mgfusion align``, ``calibrate``, and ``fuse`` of pictures of other sizes."""

import json

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from mgfusion.cli import main
from mgfusion.images import read_image, write_image
from mgfusion.registration import Rig
from mgfusion.registration.matrices import corner_distance, inverse, shift, turn_and_scale
from mgfusion.synthetic.night_street import night_street

TRUTH = shift(70, 50) @ turn_and_scale(2.0, 0)
POINTS = "ir_x,ir_y,vis_x,vis_y\n" + "\n".join(
    f"{x},{y},{2 * x + 70},{2 * y + 50}"
    for x, y in ((9, 9), (200, 12), (190, 150), (20, 140), (100, 80), (60, 33))
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scene = night_street(3)
    write_image("ir.png", cv2.warpPerspective(scene.ir, inverse(TRUTH), (250, 190), flags=cv2.INTER_AREA))
    write_image("flat.png", np.full((190, 250), 80, np.uint8))
    write_image("vis.png", scene.vis)
    (tmp_path / "points.csv").write_text(POINTS)
    return tmp_path


def run(*args):
    return CliRunner().invoke(main, list(args))


def fuse(*args):
    return run("fuse", "--model", "mgfusion-tiny", "--device", "cpu", *args)


def test_align_prints_the_matrix_and_writes_the_warped_infrared(here):
    done = run("align", "ir.png", "vis.png", "--model", "similarity", "--json", "-o", "warped.png")
    lines = done.stdout.splitlines()
    found = json.loads(lines[0])
    assert done.exit_code == 0 and lines[1] == "warped.png" and found["trusted"]
    assert corner_distance(np.array(found["matrix"]), TRUTH, (250, 190)) < 6.4
    assert found["ir_size"] == [250, 190] and found["vis_size"] == [640, 480]
    assert read_image("warped.png").shape == (480, 640)
    refused = run("align", "flat.png", "vis.png", "-o", "other.png")
    assert refused.exit_code == 1 and "can't tell how they lie" in refused.stderr
    assert not (here / "other.png").exists()
    by_hand = run("align", "flat.png", "vis.png", "--points", "points.csv")
    assert by_hand.exit_code == 0 and "confidence 1.00" in by_hand.stdout


def test_fuse_says_what_it_found_and_refuses_what_is_not_sure(here):
    done = fuse("ir.png", "vis.png", "-o", "fused.png")
    assert done.exit_code == 0 and done.stdout == "fused.png\n"
    assert done.stderr.startswith("aligned ir.png: infrared covers 7") and done.stderr.count("\n") == 1
    assert read_image("fused.png").shape == (480, 640, 3)
    refused = fuse("flat.png", "vis.png", "-o", "no.png")
    assert refused.exit_code == 1 and not (here / "no.png").exists()
    assert refused.stderr.startswith("error: flat.png and vis.png: can't tell")
    for way in ("--align rig.json", "--points points.csv", "--align resize"):
        assert way in refused.stderr


def test_fuse_by_points_a_rig_and_cropped(here):
    assert fuse("ir.png", "vis.png", "--points", "points.csv", "-o", "a.png").exit_code == 0
    Rig(TRUTH, (250, 190), (640, 480)).save("rig.json")
    done = fuse("ir.png", "vis.png", "--align", "rig.json", "--crop", "-o", "b.png")
    assert done.exit_code == 0 and done.stderr == ""
    height, width = read_image("b.png").shape[:2]
    assert abs(height - 378) <= 4 and abs(width - 498) <= 4
    assert (
        np.abs(read_image("a.png")[60:420, 80:560].astype(int) - read_image("b.png")[9:369, 9:489]).mean()
        < 12
    )
    for wrong, said in (
        (("--align", "rig.json", "--points", "points.csv"), "exclude each other"),
        (("--align", "perhaps"), "give auto, none, resize"),
        (("--align", "vis.png"), "holds no rig"),
    ):
        refused = fuse("ir.png", "vis.png", *wrong)
        assert refused.exit_code == 2 and said in refused.stderr, refused.stderr


def test_calibrate_writes_a_rig_once(here):
    for folder, name in (("i", "ir.png"), ("v", "vis.png")):
        for k in (1, 2):
            write_image(f"{folder}/{k}.png", read_image(name))
    done = run("calibrate", "i", "v", "--model", "similarity")
    assert done.exit_code == 0 and done.stdout == "rig.json\n" and "2 frames" in done.stderr
    assert corner_distance(Rig.load("rig.json").matrix, TRUTH, (250, 190)) < 6.4
    again = run("calibrate", "i", "v")
    assert again.exit_code == 1 and "exists already" in again.stderr
    marked = run("calibrate", "i", "v", "--points", "points.csv", "-o", "marked.json")
    assert marked.exit_code == 0 and corner_distance(Rig.load("marked.json").matrix, TRUTH, (250, 190)) < 0.1
