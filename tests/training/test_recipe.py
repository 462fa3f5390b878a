"""Recipes: what they may say, and what a typo gets."""

import pytest

from mgfusion.errors import RecipeError
from mgfusion.models import MGFusionConfig
from mgfusion.training import TrainConfig, load_recipe, recipes
from mgfusion.training.fusion_module import learning_rate


def test_every_packaged_recipe_loads():
    assert {"cpu", "paper", "smoke"} <= set(recipes())
    for name in recipes():
        load_recipe(name)


def test_the_paper_recipe_is_section_4():
    paper = load_recipe("paper")
    assert (paper.crop, paper.batch, paper.epochs, paper.loss.intensity_weight) == (256, 16, 100, 0.2)
    assert paper.loss.gradient == "magnitude" and paper.model.scale == 1 and paper.model.vis_channels == 3
    assert paper.weights == {"RoadScene": 200, "LLVIP": 201, "MSRS": 217, "M3FD": 230}
    rates = [learning_rate(step, 100, paper) for step in (0, 10, 20, 60, 100)]
    assert rates == pytest.approx([1e-4, 5.5e-4, 1e-3, 5.5e-4, 1e-4])


def test_a_recipe_is_only_what_differs(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("crop: 64\nmodel: {dim: 8}\n")
    config = load_recipe(file, ["model.scale=2", "loss.gradient=signed", "weights.MSRS=2.5"])
    assert config == TrainConfig(
        crop=64,
        model=MGFusionConfig(dim=8, scale=2),
        loss=type(config.loss)(gradient="signed"),
        weights={"MSRS": 2.5},
    )


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("crop=big", "crop: .*valid integer.*got 'big'"),
        ("corp=128", r"corp: no such setting; did you mean crop\?"),
        ("Crop=128", r"Crop: no such setting; did you mean crop\?"),
        ("model.dims=8", r"model\.dims: no such setting; did you mean model\.dim\?"),
        ("loss.edge_wieght=2", r"did you mean loss\.edge_weight\?"),
        ("encoder=clip", r"did you mean model\.encoder\?"),
        ("modle.dim=8", r"modle: no such setting; did you mean model\?"),
        ("nothing_like=1", "nothing_like: no such setting; there are model, loss, weights, "),
        ("loss.foo=1", "there are gradient, intensity_weight, "),
        ("ir_range=[9, 1]", "ir_range: infrared range 9,1: give two numbers, LO less than HI"),
        ("ir_range=warm", "ir_range: .*'warm': give auto, full, plateau or LO,HI"),
        ("model.dim=7", "dim must be a multiple of num_heads"),
        ("loss.gradient=sobel", "loss.gradient: .*'magnitude' or 'signed'.*got 'sobel'"),
        ("crop", "--set takes key=value, got 'crop'"),
        ("crop.size=3", "crop is a single value, got 64"),
    ],
)
def test_a_typo_is_one_clear_line(setting, words):
    with pytest.raises(RecipeError, match=words) as error:
        load_recipe("smoke", [setting])
    assert "\n" not in str(error.value)


def test_a_misspelt_key_of_a_file_is_named_with_the_file(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("model: {dimm: 8}\n")
    with pytest.raises(
        RecipeError, match=r"mine\.yaml: model\.dimm: no such setting; did you mean model\.dim\?"
    ):
        load_recipe(file)


def test_an_infrared_range_as_options_and_files_write_it(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("ir_range: [20, 37.5]\n")
    assert load_recipe(file).ir_range == (20, 37.5)
    for text in ("7000,9000", "[7000, 9000]"):
        assert load_recipe("smoke", [f"ir_range={text}"]).ir_range == (7000, 9000)
    assert load_recipe("smoke", ["ir_range=full"]).ir_range == "full" and TrainConfig().ir_range == "auto"


def test_a_recipe_that_is_none(tmp_path):
    names = "ablation, base, cpu, fast, guidance, hot, nano, paper, smoke"
    with pytest.raises(RecipeError, match=f"no recipe 'papper'; there are {names}"):
        load_recipe("papper")
    for content in ("- a\n- b\n", "crop: [", "\xff"):
        file = tmp_path / "bad.yaml"
        file.write_bytes(content.encode("latin-1"))
        with pytest.raises(RecipeError, match=r"bad\.yaml"):
            load_recipe(file)
    with pytest.raises(RecipeError, match=r"missing\.yaml"):
        load_recipe(tmp_path / "missing.yaml")
