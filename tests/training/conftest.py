"""A tiny data set of synthetic scenes."""

from pathlib import Path

import pytest

from mgfusion.data.scenes import night_street
from mgfusion.images import write_image


@pytest.fixture(scope="session")
def scenes(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("data") / "streets"
    for seed in range(4):
        scene = night_street(seed, height=96, width=128)
        for folder, array in (("ir", scene.ir), ("vi", scene.vis)):
            (root / "train" / folder).mkdir(parents=True, exist_ok=True)
            write_image(root / "train" / folder / f"{seed}.png", array)
    return root
