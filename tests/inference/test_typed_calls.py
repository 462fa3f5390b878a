"""What an editor knows of a fused picture: the kind of the visible one. mypy reads this file too."""

from pathlib import Path
from typing import Any, assert_type

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

import mgfusion
from mgfusion.synthetic.night_street import night_street

SCENE = night_street(0, 64, 96)
IR: npt.NDArray[np.uint8] = SCENE.ir
VIS: npt.NDArray[np.uint8] = SCENE.vis


def network(ir: torch.Tensor, vis: torch.Tensor) -> torch.Tensor:
    return torch.maximum(ir, vis)


def test_an_array_gives_an_array_of_its_depth() -> None:
    fuser = mgfusion.Fuser(network, device="cpu")
    assert_type(fuser(IR, VIS), npt.NDArray[np.uint8])
    deep = VIS.astype(np.uint16)
    fused = assert_type(fuser(IR, deep), npt.NDArray[np.uint16])
    assert fused.dtype == np.uint16
    assert_type(mgfusion.fuse(IR, VIS, model=network, gray=True), npt.NDArray[np.uint8])


def test_a_tensor_gives_a_tensor() -> None:
    tensor = torch.rand(1, 3, 32, 32)
    fused = assert_type(mgfusion.Fuser(network, device="cpu")(tensor[:, :1], tensor), torch.Tensor)
    assert isinstance(fused, torch.Tensor)
    assert_type(mgfusion.fuse(tensor[:, :1], tensor, model=network), torch.Tensor)


def test_a_pillow_picture_gives_a_pillow_picture() -> None:
    vis = Image.fromarray(VIS)
    fused = assert_type(mgfusion.Fuser(network, device="cpu")(IR, vis), Image.Image)
    assert isinstance(fused, Image.Image)
    assert_type(mgfusion.fuse(IR, vis, model=network, device="cpu"), Image.Image)


def test_a_path_gives_an_array(tmp_path: Path) -> None:
    ir, vis = tmp_path / "ir.png", tmp_path / "vis.png"
    mgfusion.write_image(ir, IR)
    mgfusion.write_image(vis, VIS)
    fuser = mgfusion.Fuser(network, device="cpu", precision="float32")
    assert isinstance(assert_type(fuser(ir, vis), npt.NDArray[Any]), np.ndarray)
    assert isinstance(assert_type(fuser(str(ir), str(vis)), npt.NDArray[Any]), np.ndarray)
    assert_type(mgfusion.fuse(ir, vis, model=network), npt.NDArray[Any])
