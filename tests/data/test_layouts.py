"""Tiny fake trees of the data sets as they are downloaded."""

from pathlib import Path

import pytest

from mgfusion.data.pairs import Pair, find_data_sets, find_pairs
from mgfusion.data.splits import describe_split, draw_shares
from mgfusion.errors import DataError


def tree(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def described(root: Path, split: str = "train") -> list[tuple[str, str, str, str]]:
    return [
        (p.source, p.name, str(p.ir.relative_to(root)), str(p.vis.relative_to(root)))
        for p in find_pairs(root, split)
    ]


ROADSCENE = (
    "cropinfrared/FLIR_00006.jpg",
    "crop_LR_visible/FLIR_00006.jpg",
    "crop_HR_visible/FLIR_00006.jpg",
    "infrared/FLIR_00006.jpg",
    "visible/FLIR_00006.jpg",
    "README.md",
)


@pytest.mark.parametrize("folder", ["RoadScene-master", "road-scene-infrared-visible-images-master"])
def test_roadscene_takes_the_registered_crops_of_one_size(tmp_path, folder):
    root = tree(tmp_path / folder, *ROADSCENE)
    pair = ("RoadScene", "FLIR_00006", "cropinfrared/FLIR_00006.jpg", "crop_LR_visible/FLIR_00006.jpg")
    assert described(root) == described(root, "test") == [pair]


def test_roadscene_falls_back_to_the_large_crops(tmp_path):
    root = tree(tmp_path / "r", "cropinfrared/FLIR_1.jpg", "crop_HR_visible/FLIR_1.jpg")
    assert [p[3] for p in described(root)] == ["crop_HR_visible/FLIR_1.jpg"]


@pytest.mark.parametrize("folder", ["MSRS", "MSRS-main", "msrs"])
def test_msrs_has_its_modalities_inside_the_splits(tmp_path, folder):
    inside = [f"{s}/{m}/{n}.png" for s, n in (("train", "00001D"), ("test", "00004N")) for m in ("ir", "vi")]
    more = ("train/Segmentation_labels/00001D.png", "detection/ir/1.png", "detection/vi/1.png")
    root = tree(tmp_path / folder, *inside, *more)
    assert described(root) == [("MSRS", "00001D", "train/ir/00001D.png", "train/vi/00001D.png")]
    assert described(root, "test") == [("MSRS", "00004N", "test/ir/00004N.png", "test/vi/00004N.png")]
    assert [(p.source, p.name) for p in find_pairs(root / "train")] == [("MSRS", "00001D")]


def test_llvip_has_its_splits_inside_the_modalities(tmp_path):
    names = (("train", "010001"), ("test", "190001"))
    pictures = [f"{m}/{s}/{n}.jpg" for s, n in names for m in ("infrared", "visible")]
    root = tree(tmp_path / "LLVIP", *pictures, "Annotations/010001.xml")
    assert described(root) == [("LLVIP", "010001", "infrared/train/010001.jpg", "visible/train/010001.jpg")]
    assert [p.name for p in find_pairs(root, "test")] == ["190001"]
    with pytest.raises(DataError, match="no pairs found; expected val/ir"):
        find_pairs(root, "val")


def test_m3fd_keeps_its_two_parts_apart_by_name(tmp_path):
    parts = [f"M3FD_{part}/{m}/00000.png" for part in ("Fusion", "Detection") for m in ("Ir", "Vis")]
    root = tree(tmp_path / "M3FD", *parts, "M3FD_Detection/Annotation/00000.xml")
    assert described(root) == [
        ("M3FD", "Detection_00000", "M3FD_Detection/Ir/00000.png", "M3FD_Detection/Vis/00000.png"),
        ("M3FD", "Fusion_00000", "M3FD_Fusion/Ir/00000.png", "M3FD_Fusion/Vis/00000.png"),
    ]
    assert [(p.source, p.name) for p in find_pairs(root / "M3FD_Fusion")] == [("M3FD", "Fusion_00000")]


def test_m3fd_by_scenes_is_one_data_set(tmp_path):
    scenes = ("Challenge/Beach", "Night/Basement")
    pictures = [f"{s}/{m}/{n}.png" for s in scenes for m in ("Ir", "Vis") for n in ("00001", "00002")]
    labels = [f"{s}/Annotation/00001.xml" for s in scenes]
    root = tree(tmp_path / "M3FD", *pictures, *labels, "Night/Basement/Ir/00009.png")
    names = [f"{s.replace('/', '_')}_{n}" for s in scenes for n in ("00001", "00002")]
    assert [(p.source, p.name) for p in find_pairs(root)] == [("M3FD", name) for name in names]
    assert [p.source for p in find_pairs(tmp_path)] == ["M3FD"] * 4
    (found,) = find_data_sets(root)
    assert [p.name for p in found.ir_only] == ["00009.png"]


TNO = {
    "tank": ("tank/LWIR.tif", "tank/Vis.tif"),
    "lake": ("Athena_images/lake/IR_lake_g.bmp", "Athena_images/lake/VIS_lake_r.bmp"),
    "heather": ("Athena_images/heather/IR_hei_vis_g.bmp", "Athena_images/heather/VIS_hei_vis_r.bmp"),
    "bunker": ("Athena_images/bunker/IR_bunker_g.bmp", "Athena_images/bunker/bunker_r.bmp"),
    "airplane_in_trees": (
        "Athena_images/airplane_in_trees/ir.bmp",
        "Athena_images/airplane_in_trees/vis.bmp",
    ),
    "APC_2_view_1": (
        "Athena_images/APC_2/view_1/2_fk_ge_03_005.bmp",
        "Athena_images/APC_2/view_1/1_fk_ge_03_005.bmp",
    ),
    "Kaptein_01": ("Triclobs_images/Kaptein_01/IR01.bmp", "Triclobs_images/Kaptein_01/Vis01.bmp"),
    "Farm": ("Triclobs_images/Farm/Farm_IR.bmp", "Triclobs_images/Farm/Farm_Vis.bmp"),
    "barbed_wire_2": (
        "Triclobs_images/barbed_wire_2/c_LWIR-MarnehNew_24RGB_1110.tif",
        "Triclobs_images/barbed_wire_2/a_VIS-MarnehNew_24RGB_1110.tif",
    ),
    "wall": ("DHV_images/wall/IR_163rad.bmp", "DHV_images/wall/VIS_163dhvR.BMP"),
    "Fire_sequence_part_1_2": (
        "DHV_images/Fire_sequence/part_1/thermal/RAD2.bmp",
        "DHV_images/Fire_sequence/part_1/dhv/DHV2.bmp",
    ),
    "Fire_sequence_part_2_10": (
        "DHV_images/Fire_sequence/part_2/rad/RADheli10.bmp",
        "DHV_images/Fire_sequence/part_2/dhv/DHVheli10.bmp",
    ),
    "Duine_sequence_7400": (
        "FEL_images/Duine_sequence/thermal/7400i.bmp",
        "FEL_images/Duine_sequence/visual/7400v.bmp",
    ),
}
NEAR_INFRARED = (
    "Triclobs_images/Kaptein_01/NIR01.bmp",
    "Triclobs_images/Farm/Farm_II.bmp",
    "Triclobs_images/Balls/NIR.bmp",
    "Triclobs_images/Balls/VIS.bmp",
    "DHV_images/wall/NIR_163dhvG.BMP",
)


def test_tno_pairs_thermal_with_visible_scene_by_scene(tmp_path):
    root = tmp_path / "TNO_Image_Fusion_Dataset"
    tree(root / "TNO_Image_Fusion_Dataset", *(f for files in TNO.values() for f in files), *NEAR_INFRARED)
    assert described(root / "TNO_Image_Fusion_Dataset") == [("TNO", n, *TNO[n]) for n in sorted(TNO)]
    assert [p.name for p in find_pairs(root)] == sorted(TNO)
    (found,) = find_data_sets(root)
    assert not found.ir_only and not found.vis_only and not found.ambiguous


def test_tno_says_what_it_cannot_pair(tmp_path):
    (found,) = find_data_sets(
        tree(
            tmp_path,
            *("Athena_images/a/IR_1.bmp", "Athena_images/b/IR.bmp", "Athena_images/b/VIS_1.bmp"),
            *("Athena_images/b/VIS_2.bmp", "FEL_images/s/visual/7v.bmp", "FEL_images/s/thermal/8i.bmp"),
        )
    )
    assert [p.name for p in found.ir_only] == ["IR_1.bmp", "8i.bmp"]
    assert [p.name for p in found.vis_only] == ["7v.bmp"]
    assert [[p.name for p in group] for group in found.ambiguous] == [["IR.bmp", "VIS_1.bmp", "VIS_2.bmp"]]


def test_a_flat_copy_with_numbers(tmp_path):
    root = tree(tmp_path / "TNO", "IR1.png", "VIS1.png", "IR2.png", "VIS3.png", "fused1.png")
    assert described(root) == [("TNO", "1", "IR1.png", "VIS1.png")]
    (found,) = find_data_sets(root)
    assert [p.name for p in (*found.ir_only, *found.vis_only)] == ["IR2.png", "VIS3.png"]


def test_one_number_for_several_files_is_not_guessed(tmp_path):
    root = tree(tmp_path / "TNO", "IR1.png", "ir1.jpg", "VIS1.png", "IR2.png", "VIS2.png")
    assert described(root) == [("TNO", "2", "IR2.png", "VIS2.png")]
    (found,) = find_data_sets(root)
    assert [[p.name for p in group] for group in found.ambiguous] == [["IR1.png", "ir1.jpg", "VIS1.png"]]


def test_a_folder_of_downloads_is_read_as_one(tmp_path):
    tree(tmp_path / "RoadScene", *ROADSCENE)
    tree(tmp_path / "M3FD", "M3FD_Fusion/Ir/1.png", "M3FD_Fusion/Vis/1.png")
    tree(tmp_path / "mine", "Thermal/1.png", "RGB/1.jpg")
    tree(tmp_path / "LLVIP256", "train/ir/1.png", "train/vi/1.png")
    assert [p.source for p in find_pairs(tmp_path)] == ["LLVIP256", "M3FD", "RoadScene", "mine"]


def test_training_pictures_are_never_read_as_a_test_set(tmp_path):
    tree(tmp_path / "LLVIP256", "train/ir/1.png", "train/vi/1.png")
    for root in (tmp_path, tmp_path / "LLVIP256"):
        with pytest.raises(DataError, match="no pairs found; expected test/ir"):
            find_pairs(root, "test")


def test_the_current_folder_has_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tree(tmp_path / "TNO", "ir/1.png", "vi/1.png"))
    assert [p.source for p in find_pairs(".")] == ["TNO"]


def test_shares_follow_the_weights_and_the_split_is_told():
    train = [Pair(s, str(i), Path(), Path()) for s, n in (("a", 3), ("b", 1)) for i in range(n)]
    assert draw_shares({"a": 3, "b": 1}, {}) == {"a": 0.75, "b": 0.25}
    assert describe_split(train, train[:1], {"b": 9}) == [
        "a: 3 training pairs, 1 for validation, 25.0% of the crops",
        "b: 1 training pairs, 0 for validation, 75.0% of the crops",
    ]
    with pytest.raises(DataError, match="weights name c, but the data sets are a, b"):
        draw_shares({"a": 3, "b": 1}, {"c": 1})
    with pytest.raises(DataError, match="give none below 0 and one above"):
        draw_shares({"a": 3}, {"a": 0})
