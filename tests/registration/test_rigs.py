"""One transform from many frames; control points; the file that keeps it."""

import json

import numpy as np
import pytest
from test_alignment import seen

import mgfusion
from mgfusion.errors import DataError, ImageError, OutputError
from mgfusion.registration import read_points
from mgfusion.registration.matrices import corner_distance, resizing, shift
from mgfusion.synthetic.night_street import night_street
from noise import noise


def test_frames_of_one_rig_give_one_transform_and_strangers_are_left_out():
    scenes = [night_street(seed, 240, 320) for seed in (1, 2, 4)]
    pairs = []
    for scene in scenes:
        narrow, truth = seen(scene.ir, 0.8, 2, 8, -6)
        pairs.append((narrow, scene.vis))
    pairs.append((noise((192, 256)), scenes[0].vis))
    told = []
    rig = mgfusion.calibrate(pairs, "similarity", names=["a", "b", "c", "noise"], progress=told.append)
    assert corner_distance(rig.matrix, truth, rig.ir_size) < 0.012 * 320
    assert "noise" in dict(rig.left_out) and "noise" not in rig.used and len(rig.used) >= 2
    assert told == ["a", "b", "c", "noise"] and rig.parallax < 0.03


def test_a_frame_that_lies_beside_the_others_is_left_out_with_how_far():
    pairs = []
    for seed, right in ((1, -6), (2, -6), (4, -6), (5, -6), (7, -6), (8, 0)):
        scene = night_street(seed, 240, 320)
        pairs.append((seen(scene.ir, 0.8, 2, right, 4)[0], scene.vis))
    rig = mgfusion.calibrate(pairs, "similarity", names=list("abcdef"))
    assert rig.used == tuple("abcde")
    ((name, why),) = rig.left_out
    share = float(why.split()[1])
    assert name == "f" and why.startswith("lies") and share == pytest.approx(100 * 6 / 320, abs=0.6)


def test_a_rig_is_kept_in_a_file_and_serves_pictures_of_other_sizes(tmp_path):
    rig = mgfusion.Rig(shift(30, 20), (320, 240), (640, 480), 0.004, ("a",), (("b", "elsewhere"),), 0.002)
    path = rig.save(tmp_path / "rig.json")
    again = mgfusion.Rig.load(path)
    np.testing.assert_array_equal(again.matrix, rig.matrix)
    assert (again.used, again.left_out, again.expected_error) == (rig.used, rig.left_out, 0.004)
    with pytest.raises(OutputError, match="exists already"):
        rig.save(path)
    half = again.alignment((160, 120), (320, 240))
    truth = resizing((640, 480), (320, 240)) @ rig.matrix @ resizing((160, 120), (320, 240))
    assert corner_distance(half.matrix, truth, (160, 120)) < 1e-9 and half.trusted
    with pytest.raises(ImageError, match="ir: 320x200 pixels, and the rig's are 320x240"):
        again.alignment((320, 200), (640, 480))


@pytest.mark.parametrize(
    "change", [{"kind": "x"}, {"version": 9}, {"matrix": [[1]]}, {"ir_size": [0, 4]}, {"used": 3}]
)
def test_a_file_that_holds_no_rig_is_refused(tmp_path, change):
    path = mgfusion.Rig(shift(1, 2), (32, 24), (64, 48)).save(tmp_path / "rig.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ImageError, match=r"rig.json: holds no rig"):
        mgfusion.Rig.load(path)
    path.write_text("[")
    with pytest.raises(ImageError, match="holds no rig"):
        mgfusion.Rig.load(path)


def test_no_pairs_and_frames_of_two_rigs_are_refused():
    with pytest.raises(DataError, match="no pairs"):
        mgfusion.calibrate([])
    with pytest.raises(ImageError, match="64x64 and 80x80 pixels, the first frame 64x64 and 64x64"):
        mgfusion.calibrate([(noise((64, 64)), noise((64, 64))), (noise((64, 64)), noise((80, 80)))])


def points(tmp_path, rows, head="pair,ir_x,ir_y,vis_x,vis_y"):
    path = tmp_path / "points.csv"
    path.write_text("\n".join([head, *rows]))
    return path


def test_control_points_give_their_homography(tmp_path):
    truth = np.array([[1.9, 0.05, 40], [-0.03, 2.0, 12], [1e-5, 2e-5, 1]])
    places = np.array([[10, 10], [150, 12], [140, 110], [12, 100], [80, 60], [40, 80.0]])
    moved = np.column_stack([places, np.ones(6)]) @ truth.T
    rows = [f"01,{x},{y},{a / c},{b / c}" for (x, y), (a, b, c) in zip(places, moved, strict=True)]
    path = points(tmp_path, [*rows, *(f"02,{k},{k},{k},{k * k}" for k in range(5))])
    found = read_points(path, "01_ir", "01_vis").alignment((160, 120), (400, 300))
    assert corner_distance(found.matrix, truth, (160, 120)) < 1e-4 and found.confidence == 1
    with pytest.raises(ImageError, match=r"point .* pixels from where the others put it|on a line"):
        read_points(path, "02_ir").alignment((160, 120), (400, 300))
    with pytest.raises(ImageError, match="0 points for 07_ir"):
        read_points(path, "07_ir")


@pytest.mark.parametrize(
    ("rows", "head", "said"),
    [
        (["1,2,3"], "x,y,z", "must name the columns"),
        (["1,2,3,4"], "ir_x,ir_y,vis_x,vis_y", "1 points; give at least 4"),
        (["1,2,3,four"], "ir_x,ir_y,vis_x,vis_y", "no number"),
        ([f"{k},{k},{k},{k}" for k in range(4)], "ir_x,ir_y,vis_x,vis_y", "lie on a line"),
        ([f"{k * 99},{k * k},{k},{k}" for k in range(4)], "ir_x,ir_y,vis_x,vis_y", "lie outside 160x120"),
    ],
)
def test_points_that_cannot_be_used_are_refused(tmp_path, rows, head, said):
    with pytest.raises(ImageError, match=said):
        read_points(points(tmp_path, rows, head)).alignment((160, 120), (400, 300))
