"""The example without mgfusion scales infrared as mgfusion does."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mgfusion.images import write_image
from mgfusion.thermal import infrared_to_unit
from noise import noise

pytest.importorskip("onnxruntime")
EXAMPLE = Path(__file__).parents[2] / "examples" / "onnx_runtime.py"
COUNTS = 7000 + noise((30, 40)).astype(np.uint16) * 8
MISSING = np.where(noise((30, 40)) < 5, np.nan, noise((30, 40)) / 10).astype(np.float32)


@pytest.fixture(scope="module")
def example():
    return runpy.run_path(str(EXAMPLE))


@pytest.mark.parametrize(
    "ir",
    [
        noise((30, 40)),
        noise((30, 40)) // 3,
        COUNTS,
        noise((30, 40), np.uint16),
        np.full((30, 40), 7000, np.uint16) + noise((30, 40)) % 4,
        MISSING,
        (noise((30, 40)) / 255).astype(np.float32),
    ],
    ids=["8 bits", "dark 8 bits", "counts", "16 bits", "flat", "degrees", "unit"],
)
def test_infrared_is_scaled_by_the_rule_of_fuse(example, tmp_path, ir, recwarn):
    Image.fromarray(ir).save(tmp_path / "ir.tif")
    unit = example["read_infrared"](str(tmp_path / "ir.tif"))
    assert unit.dtype == np.float32
    np.testing.assert_allclose(unit, infrared_to_unit(ir), atol=1e-6)
    assert not recwarn.list


def test_false_colour_is_said_and_deep_visible_refused(example, tmp_path):
    write_image(tmp_path / "hot.png", noise((30, 40, 3)))
    with pytest.warns(UserWarning, match=r"hot\.png: infrared in colour"):
        assert example["read_infrared"](str(tmp_path / "hot.png")).shape == (30, 40)
    write_image(tmp_path / "deep.png", COUNTS)
    with pytest.raises(SystemExit, match=r"deep\.png: is deeper than 8 bits"):
        example["read_visible"](str(tmp_path / "deep.png"))
