"""The ablation as one command: real runs of seconds on four synthetic scenes."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from mgfusion.benchmark.methods.method_specs import ablations
from mgfusion.cli import main
from mgfusion.errors import RecipeError
from mgfusion.models import MGFusion, MGFusionConfig, load_model, save_model

TINY = ["model.dim=2", "epochs=1", "steps_per_epoch=2", "batch=2", "crop=32", "validation=0", "average=0"]


@pytest.fixture(scope="module")
def streets(tmp_path_factory, scenes):
    root = tmp_path_factory.mktemp("ablation") / "streets"
    shutil.copytree(scenes, root)
    for kind in ("ir", "vi"):
        (root / "test" / kind).mkdir(parents=True)
        for stem in "01":
            shutil.copy(root / "train" / kind / f"{stem}.png", root / "test" / kind / f"new{stem}.png")
    return root


def run(*arguments, settings=TINY):
    chosen = [part for setting in settings for part in ("--set", setting)]
    return CliRunner().invoke(main, ["ablation", "--workers", "0", *chosen, *map(str, arguments)])


@pytest.fixture(scope="module")
def done(streets, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "ablation"
    result = run(streets, "--seeds", "0,3", "--out", out)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[-1] == str(out / "ablation.md")
    return out, result


def test_four_variants_for_each_seed(done):
    out, result = done
    assert sum(line.startswith("training ") for line in result.stderr.splitlines()) == 8
    switches = {"full": (1, 1), "no-cii": (0, 1), "no-cff": (1, 0), "no-both": (0, 0)}
    for variant, switch in switches.items():
        for folder in (out / variant, out / variant / "seed-3"):
            config = load_model(folder / "model").config
            assert (config.cii, config.cff) == switch
    assert {m.name: Path(m.source) for m in ablations(out)} == {v: out / v / "model" for v in switches}


def test_guidance_of_each_kind_from_one_model_on_the_same_split(streets, tmp_path):
    model = MGFusion(MGFusionConfig(network="pyramid", dim=6, num_blocks=0, scale=2, cii=False, cff=False))
    init, out = save_model(model, tmp_path / "small"), tmp_path / "out"
    settings = [*TINY[1:], "validation=0.5", "split=2"]
    arguments = ["--variants", "none,vector,map", "--init", init, "--seeds", "0,1", "--held-out", "-o", out]
    result = run(streets, *arguments, settings=settings)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[-1] == str(out / "held-out.md")
    splits = {(out / v / s / "split.json").read_text() for v in ("none", "map") for s in ("", "seed-1")}
    assert len(splits) == 1
    found = {v: load_model(out / v / "seed-1" / "model").config for v in ("none", "vector", "map")}
    assert {v: (c.guided, c.guidance, c.num_blocks) for v, c in found.items()} == {
        "none": (False, "vector", 1),
        "vector": (True, "vector", 1),
        "map": (True, "map", 1),
    }
    page = (out / "held-out.md").read_text()
    assert "from small; C = 6" in page and "less none" in page and page.count("| map |") == 2
    count = len(json.loads(splits.pop())["validation"])
    assert f"held-out: {count} pairs, 2 seeds" in page
    assert len(list((out / ".held-out" / "map seed 1" / "held-out").glob("streets-*.png"))) == count
    again = run(streets, "--variants", "none,mop", "--init", init, "-o", tmp_path / "new", settings=settings)
    assert again.exit_code == 2 and "no variant 'mop'; there are full, no-cii" in again.stderr


def test_the_table_has_means_and_spreads(done):
    out, _ = done
    rows = list(csv.DictReader((out / "ablation.csv").open()))
    assert [(r["Set"], r["Variant"], r["Seeds"]) for r in rows] == [
        ("streets", v, "2") for v in ("full", "no-cii", "no-cff", "no-both")
    ]
    scores = list(csv.DictReader((out / ".test" / "scores-paper.csv").open()))
    by_seed = [
        sum(float(r["Qabf"]) for r in scores if r["method"] == f"no-cii seed {seed}") / 2 for seed in (0, 3)
    ]
    assert float(rows[1]["Qabf mean"]) == pytest.approx(sum(by_seed) / 2)
    assert float(rows[1]["Qabf spread"]) == pytest.approx(abs(by_seed[0] - by_seed[1]) / 2**0.5)
    page = (out / "ablation.md").read_text()
    assert "| no-cff |" in page and " ± " in page and "streets: 2 pairs, 2 seeds" in page


def test_what_is_finished_is_not_done_again(done, streets):
    out, _ = done
    before = (out / "full" / "model" / "model.safetensors").stat().st_mtime_ns
    shutil.rmtree(out / "no-cff" / "seed-3")
    result = run(streets, "--seeds", "0,3", "--out", out)
    assert result.exit_code == 0, result.stderr
    trained = [line for line in result.stderr.splitlines() if line.startswith("training ")]
    assert trained == ["training no-cff, seed 3 (7 of 8)"]
    assert (out / "full" / "model" / "model.safetensors").stat().st_mtime_ns == before


def test_embeddings_are_computed_once_for_all_runs(streets, tmp_path, monkeypatch):
    from mgfusion.models import MGFusion

    seen = []
    embed = MGFusion.embed
    monkeypatch.setattr(MGFusion, "embed", lambda self, ir, vis: seen.append(1) or embed(self, ir, vis))
    monkeypatch.setattr("mgfusion.benchmark.analysis.ablation_scores.run", lambda plan, progress: None)
    with pytest.raises(AttributeError):
        result = run(streets, "--seeds", "0,1", "--out", tmp_path / "out")
        raise result.exception
    assert len(seen) == 4


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        (["{scenes}"], TINY, "no test pairs"),
        (["{streets}", "--test", "{scenes}/train"], TINY, "would be trained on and tested on"),
        (["{streets}", "--seeds", "0,x"], TINY, "'0,x' is no list of seeds"),
        (["{streets}"], ["model.cii=false"], "leave model.cii and model.cff true"),
        (["{streets}", "--convention", "mine"], TINY, "unknown convention 'mine'"),
        (["{streets}", "--held-out"], TINY, "validation=0 holds no pair out"),
        (["{streets}", "--held-out", "--test", "{streets}"], TINY, "give one of them"),
        (["{streets}", "--out", "{done}"], TINY[:-1], "holds another ablation: average is 0.0, now 0.995"),
    ],
)
def test_wrong_usage(scenes, streets, done, tmp_path, arguments, settings, words):
    filled = [text.format(scenes=scenes, streets=streets, done=done[0]) for text in arguments]
    out = [] if "--out" in filled else ["--out", tmp_path / "out"]
    if "--test" in filled:
        filled[0] = str(scenes)
    result = run(*filled, *out, settings=settings)
    assert result.exit_code == 2 and words in result.stderr
    assert not (tmp_path / "out").exists()


def test_another_ablation_replaces_one_only_if_asked(streets, tmp_path, monkeypatch):
    """Its runs go, of seeds that are not trained again too, and nothing else."""
    from mgfusion.training import ablation_runs, load_recipe

    def train(data, config, folder, **_):
        (folder / "model").mkdir(parents=True, exist_ok=True)
        for name in ("config.json", "model/config.json", "model/model.safetensors"):
            (folder / name).write_text('{"run": {}}')

    monkeypatch.setattr(ablation_runs, "train", train)
    config = load_recipe("ablation", TINY)
    ablation_runs.train_variants([streets], config, tmp_path, (0, 3))
    (tmp_path / "full" / "notes.txt").write_text("mine")
    other = load_recipe("ablation", [*TINY, "crop=40"])
    with pytest.raises(RecipeError, match="holds another ablation: crop is 32, now 40"):
        ablation_runs.train_variants([streets], other, tmp_path)
    ablation_runs.train_variants([streets], other, tmp_path, overwrite=True)
    assert not list(tmp_path.glob("*/seed-3")) and (tmp_path / "full" / "notes.txt").is_file()
    (tmp_path / "ablation.json").unlink()
    with pytest.raises(RecipeError, match="full holds a run of no ablation"):
        ablation_runs.train_variants([streets], other, tmp_path, overwrite=True)
