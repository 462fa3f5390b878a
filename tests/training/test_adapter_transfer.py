"""Moving a trained model to another encoder: what moves, what stays, what is learnt, and wrong usage."""

import json

import pytest
import torch
from click.testing import CliRunner

from mgfusion.cli import main
from mgfusion.errors import RecipeError
from mgfusion.models import MGFusion, MGFusionConfig, load_model, save_model
from mgfusion.training import adapt, load_recipe, train
from mgfusion.training.adapter_transfer import GUIDANCE, distil, with_encoder


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_clip):
    """A small model whose encoder is the tiny CLIP, with weights that are nobody's start."""
    torch.manual_seed(1)
    model = MGFusion(MGFusionConfig(dim=8, scale=2, embed_dim=20, encoder=f"clip:{tiny_clip}"))
    with torch.no_grad():
        for tensor in model.state_dict().values():
            if tensor.is_floating_point():
                tensor.add_((torch.rand_like(tensor) - 0.5) * 0.1)  # centred: tanh must not saturate
    return save_model(model, tmp_path_factory.mktemp("models") / "small", about={"licence": "Apache-2.0"})


def is_guidance(name):
    return name.startswith((*GUIDANCE, "ir_mean", "vis_mean", "embed_std"))


def test_a_model_moves_to_another_encoder(scenes, trained, tmp_path):
    folder = adapt([scenes], trained, "efficientnet-lite2", tmp_path, validation=0)
    before, after = load_model(trained), load_model(folder)
    assert (after.config.encoder, after.config.embed_dim) == ("efficientnet-lite2", 1280)
    old, new = before.state_dict(), after.state_dict()
    assert all(torch.equal(old[name], new[name]) for name in old if not is_guidance(name))
    ir, vis = torch.rand(1, 1, 96, 128), torch.rand(1, 3, 96, 128)
    assert after(ir, vis).shape == (1, 1, 96, 128)
    # Statistics are the new encoder's own.
    assert after.ir_mean.shape == (1280,) and after.ir_mean.abs().sum() > 0
    split = json.loads((tmp_path / "split.json").read_text())
    assert split == {"train": [f"streets/{i}" for i in range(4)], "validation": []}
    explained = json.loads((tmp_path / "adapters.json").read_text())
    assert set(explained) == {"cii_ir", "cii_vis", "ira", "via"} and min(explained.values()) > 0.9
    record = json.loads((tmp_path / "config.json").read_text())
    assert record["encoder"] == "efficientnet-lite2" and record["run"]["init"] == str(trained)
    assert record["run"]["data"] == [str(scenes)] and record["ir_range"] == "auto"
    with pytest.raises(RecipeError, match="holds a run"):
        adapt([scenes], trained, "efficientnet-lite2", tmp_path, validation=0)
    about = json.loads((folder / "config.json").read_text())
    assert about["licence"] == "Apache-2.0" and "efficientnet-lite2 on 4 pairs" in about["adapters"]


def test_new_adapters_say_of_unseen_pictures_what_the_old_ones_say():
    """Embeddings of the new encoder hold what the old ones hold, in other numbers."""
    torch.manual_seed(0)
    teacher = MGFusion(MGFusionConfig(dim=8, embed_dim=24)).eval()
    content = torch.randn(2, 300, 6)
    old, new = content @ torch.randn(6, 24), content @ torch.randn(6, 40) + 3
    with torch.no_grad():
        targets = teacher.guidance((old[0], old[1]))
    student = with_encoder(teacher, "another", 40)
    explained = distil(student, (new[0], new[1]), targets, 250)
    assert min(explained.values()) > 0.9, explained
    shuffled = {name: vectors[torch.randperm(300)] for name, vectors in targets.items()}
    nothing = distil(with_encoder(teacher, "another", 40), (new[0], new[1]), shuffled, 250)
    assert max(nothing.values()) < 0.1, nothing


def test_training_the_adapters_alone_moves_nothing_else(scenes, trained, tmp_path):
    config = load_recipe("smoke", ["validation=0", "epochs=1", "steps_per_epoch=3", "lr_peak=0.01"])
    folder = train([scenes], config, tmp_path, init=trained, trainable="adapters", progress=False)
    old, new = load_model(trained).state_dict(), load_model(folder).state_dict()
    moved = {name for name in old if not torch.equal(old[name], new[name])}
    assert moved == {name for name in old if name.startswith(GUIDANCE)}


MOVE = ["--init", "{trained}", "--trainable", "adapters", "--encoder"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--trainable", "adapters"], "name one with --init"),
        (["--encoder", "efficientnet-lite2"], "give --init MODEL and --trainable adapters"),
        ([*MOVE[:2], "--encoder", "efficientnet-lite2"], "give --init MODEL and --trainable adapters"),
        (["--init", "{plain}", "--trainable", "adapters"], "neither CII nor CFF"),
        (["--init", "{plain}", *MOVE[2:], "clip:/none"], "neither CII nor CFF"),
        (["--init", "none", *MOVE[2:], "clip:/none"], "no model 'none'"),
        ([*MOVE, "resnet"], "unknown encoder 'resnet'"),
        ([*MOVE, "clip:/none"], "no CLIP model at /none"),
        ([*MOVE, "efficientnet-lite2", "--set", "crop=64"], "--set crop=64 means nothing with --encoder"),
        ([*MOVE, "efficientnet-lite2", "--resume"], "--resume means nothing with --encoder"),
    ],
)
def test_wrong_usage_is_one_line(scenes, trained, tmp_path, arguments, words):
    plain = save_model(MGFusion(MGFusionConfig(dim=8, cii=False, cff=False)), tmp_path / "plain")
    filled = [text.format(trained=trained, plain=plain) for text in arguments]
    result = CliRunner().invoke(main, ["train", str(scenes), "--out", str(tmp_path / "out"), *filled])
    assert result.exit_code == 2 and result.stdout == ""
    [line] = result.stderr.strip().splitlines()
    assert words in line
    assert not (tmp_path / "out").exists()
