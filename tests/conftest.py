"""What several tests share."""

import os
from pathlib import Path

import pytest
import torch

from mgfusion.engines.tuning import tune_process
from mgfusion.images import write_image
from mgfusion.synthetic.night_street import night_street

torch.set_num_threads(1)  # pytest-xdist already keeps every core busy
tune_process()


@pytest.fixture
def evaluation_pairs() -> Path:
    """The folder of real data sets, ``<set>/<split>/{ir,vi}``, where the tester has one."""
    folder = os.environ.get("MGFUSION_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("no evaluation pairs: set MGFUSION_DATA to a folder of data sets")
    return Path(folder)


@pytest.fixture(scope="module")
def tiny_clip(tmp_path_factory) -> Path:
    """A randomly initialised CLIP image encoder in the hub's own format: 32 x 32 in, 20 numbers out."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    folder = tmp_path_factory.mktemp("clip") / "tiny"
    torch.manual_seed(0)
    config = CLIPVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=32,
        patch_size=8, projection_dim=20,
    )  # fmt: skip
    CLIPVisionModelWithProjection(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def scenes(tmp_path_factory) -> Path:
    """A tiny data set of synthetic scenes."""
    root = tmp_path_factory.mktemp("data") / "streets"
    for seed in range(4):
        scene = night_street(seed, height=96, width=128)
        for folder, array in (("ir", scene.ir), ("vi", scene.vis)):
            (root / "train" / folder).mkdir(parents=True, exist_ok=True)
            write_image(root / "train" / folder / f"{seed}.png", array)
    return root
