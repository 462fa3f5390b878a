"""What a run's config.json says was trained, from what, and by which code."""

import json
import shutil
import subprocess

import pytest

import mgfusion
from mgfusion.models import MGFusion, MGFusionConfig, load_model, save_model
from mgfusion.training import load_recipe, train
from mgfusion.training.code_version import commit_of
from mgfusion.training.run_record import continued

SHORT = [
    "validation=0.5",
    "seed=1",
    "validate_every=0",
    "epochs=1",
    "steps_per_epoch=1",
    "crop=32",
    "batch=2",
]


def test_the_network_is_the_one_that_was_trained(scenes, tmp_path):
    plain = MGFusionConfig(network="pyramid", dim=4, num_blocks=0, scale=2, cii=False, cff=False)
    init = save_model(MGFusion(plain), tmp_path / "plain")
    config = load_recipe("smoke", [*SHORT, "ir_range=[0, 255]"])  # another network: restormer, dim 8
    model = train([scenes], config, tmp_path / "run", init=init, guided=True, progress=False)
    record = json.loads((tmp_path / "run" / "config.json").read_text())
    assert MGFusionConfig(**record["model"]) == load_model(model).config
    assert (record["model"]["network"], record["model"]["dim"], record["model"]["cii"]) == (
        "pyramid",
        4,
        True,
    )
    assert record["ir_range"] == [0, 255]
    facts = record["run"]
    assert facts["init"] == str(init) and facts["guided"] is True and facts["trainable"] == "all"
    assert facts["data"] == [str(scenes)]
    assert facts["pairs"]["train"] + facts["pairs"]["validation"] == 4
    assert facts["version"] == mgfusion.__version__ and "commit" in facts


def test_a_record_is_a_recipe(scenes, tmp_path):
    config = load_recipe("smoke", [*SHORT, "model.cii=false", "model.cff=false", "ir_range=[0, 255]"])
    train([scenes], config, tmp_path, progress=False)
    assert load_recipe(tmp_path / "config.json") == config


@pytest.fixture
def checkout(tmp_path):
    """A package tracked in a repository, and an untracked one as in an environment inside it."""
    if shutil.which("git") is None:
        pytest.skip("no git")
    for place in ("src/mgfusion", ".venv/mgfusion"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "__init__.py").write_text("")
    me = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "src"], [*me, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def test_the_commit_is_told_where_the_package_lies_in_its_checkout(checkout, monkeypatch):
    commit = commit_of(checkout / "src" / "mgfusion")
    assert commit and len(commit) == 40
    assert commit_of(checkout / ".venv" / "mgfusion") is None  # somebody else's repository
    (checkout / "src" / "mgfusion" / "__init__.py").write_text("x = 1\n")
    assert commit_of(checkout / "src" / "mgfusion") == f"{commit}-changed"
    monkeypatch.setenv("PATH", "")
    assert commit_of(checkout / "src" / "mgfusion") is None  # no git


def test_no_commit_outside_a_checkout(tmp_path, monkeypatch):
    (tmp_path / "__init__.py").write_text("")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert commit_of(tmp_path) is None


def test_a_resumed_run_keeps_what_it_was_before():
    old = {"crop": 8, "run": {"init": None, "commit": "a", "devices": 1, "earlier": [{"commit": "0"}]}}
    new = {"crop": 8, "run": {"init": None, "commit": "b", "devices": 1}}
    assert continued(old, new)["run"] == {**new["run"], "earlier": [{"commit": "0"}, {"commit": "a"}]}
    assert continued(new, new) == new
