"""Models on disk: round trips and what goes wrong."""

import json

import pytest
import torch

from mgfusion.errors import ModelError
from mgfusion.models import MGFusion, MGFusionConfig, load_model, save_model


def small() -> MGFusion:
    torch.manual_seed(0)
    model = MGFusion(MGFusionConfig(dim=8, embed_dim=12, adapter_dim=4, scale=2))
    model.ir_mean.uniform_()
    return model.eval()


def test_round_trip(tmp_path):
    model = small()
    save_model(model, tmp_path / "m", about={"licence": "Apache-2.0"})
    loaded = load_model(tmp_path / "m")
    assert loaded.config == model.config and not loaded.training
    ir, vis, e = torch.rand(1, 1, 20, 20), torch.rand(1, 3, 20, 20), (torch.rand(1, 12), torch.rand(1, 12))
    torch.testing.assert_close(loaded(ir, vis, e), model(ir, vis, e), atol=0, rtol=0)
    assert json.loads((tmp_path / "m" / "config.json").read_text())["licence"] == "Apache-2.0"


def test_half_precision_halves_the_file(tmp_path):
    model = small()
    save_model(model, tmp_path / "full")
    save_model(model, tmp_path / "half", half=True)
    sizes = [(tmp_path / n / "model.safetensors").stat().st_size for n in ("full", "half")]
    assert sizes[1] < 0.75 * sizes[0]
    assert all(p.dtype == torch.float32 for p in load_model(tmp_path / "half").parameters())


def test_the_frozen_encoder_is_not_saved(tmp_path):
    model = MGFusion(MGFusionConfig(dim=8))
    model.embed(torch.rand(1, 1, 32, 32), torch.rand(1, 3, 32, 32))
    assert any(key.startswith("encoder.") for key in model.state_dict())
    save_model(model, tmp_path)
    load_model(tmp_path)
    assert (tmp_path / "model.safetensors").stat().st_size < 4e6  # EfficientNet-Lite2 has 22 MB


def test_what_goes_wrong_is_named(tmp_path):
    with pytest.raises(ModelError, match="no model 'nothing'; packaged: "):
        load_model("nothing")
    with pytest.raises(ModelError, match=r"is no model folder: it needs model\.safetensors and config\.json"):
        load_model(tmp_path)
    save_model(small(), tmp_path)
    weights, config = tmp_path / "model.safetensors", tmp_path / "config.json"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:1000])
    with pytest.raises(ModelError, match=r"model\.safetensors can't be read"):
        load_model(tmp_path)
    weights.write_bytes(whole)
    settings = json.loads(config.read_text())
    settings["model"]["dim"] = 16
    config.write_text(json.dumps(settings))
    with pytest.raises(ModelError, match=r"does not fit its config\.json: \d+ tensors differ, first "):
        load_model(tmp_path)
    settings["model"]["colour"] = "red"
    config.write_text(json.dumps(settings))
    with pytest.raises(ModelError, match="is no configuration of this version"):
        load_model(tmp_path)
