"""Training with guidance by a map: each crop sees what lies under it, and the network learns from that."""

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch.utils.data import default_collate

from mgfusion.cli import main
from mgfusion.data.crops import Crops
from mgfusion.data.decoded_pictures import Picture
from mgfusion.data.pairs import Pair
from mgfusion.losses import Whole, whole
from mgfusion.models import MGFusion, MGFusionConfig, load_model
from mgfusion.models.guidance_map import Underlay, beside_features
from mgfusion.training import load_recipe, train
from mgfusion.training.fusion_module import FusionModule
from mgfusion.training.prepared_pictures import set_statistics

SIZE, CELLS = (150, 170), 9


class Listener(torch.nn.Module):
    """Keeps what it is given."""

    placed = True

    def forward(self, ir, vis, embeddings, place):
        self.embeddings, self.place = embeddings, place
        return ir.requires_grad_()


@pytest.mark.parametrize("halved", [0.0, 1.0])
def test_the_map_under_a_crop_says_of_each_pixel_where_it_is_from(halved, monkeypatch):
    """However the crop is flipped and turned: maps and pixels hold their own rows and columns."""
    rows, columns = torch.meshgrid(*(torch.arange(n, dtype=torch.uint8) for n in SIZE), indexing="ij")
    picture = Picture(Pair("s", "p", Path("i"), Path("v")), rows[None], columns.expand(3, -1, -1))
    at = (torch.arange(CELLS) + 0.5) / CELLS
    cells = torch.stack(torch.meshgrid(at * SIZE[0], at * SIZE[1], indexing="ij"), dim=-1) - 0.5
    maps = cells[None].half(), -cells[None].half()
    module = FusionModule(
        Listener(), load_recipe("smoke"), ["p"], maps, Whole(*whole(*(x / 2 for x in picture.unit()))[:]), 1
    )
    for name in ("log", "log_dict", "_check"):
        monkeypatch.setattr(module, name, lambda *_, **__: None)
    batch = default_collate([Crops([picture], 32, {}, 0, halved=halved)[i] for i in range(60)])
    module.training_step(batch, 0)
    under = Underlay()(module.model.place, batch.ir, (CELLS, CELLS))
    ir, vis = batch.clean_ir.float(), batch.clean_vis[:, :1].float()
    inside = ((ir - 75).abs() < 65) & (
        (vis - 85).abs() < 74
    )  # beyond the outer cells' centres a map goes on as it is
    bound = 0.1 + 0.5 * batch.halvings.max()
    for embedding, sign in zip(module.model.embeddings, (1, -1), strict=True):
        said = sign * beside_features(embedding, under)
        assert ((said[:, :1] - ir).abs() * inside).max() < bound
        assert ((said[:, 1:] - vis).abs() * inside).max() < bound
    assert inside.float().mean() > 0.5


def test_statistics_are_over_all_places_and_pictures():
    embed_ir, embed_vis = torch.randn(4, 3, 3, 6).half() + 2, torch.randn(4, 3, 3, 6).half() * 2
    model = MGFusion(MGFusionConfig(dim=8, embed_dim=6, guidance="map"))
    set_statistics(model, embed_ir, embed_vis)
    flat = MGFusion(MGFusionConfig(dim=8, embed_dim=6))
    set_statistics(flat, *(e.float().reshape(-1, 6) for e in (embed_ir, embed_vis)))
    rest = torch.cat([e.float().flatten(0, 2) - e.float().mean((0, 1, 2)) for e in (embed_ir, embed_vis)])
    torch.testing.assert_close(model.ir_mean, embed_ir.float().mean((0, 1, 2)))
    torch.testing.assert_close(model.embed_std, rest.std())
    torch.testing.assert_close(model.embed_std, flat.embed_std)


def test_a_run_moves_the_guidance_and_its_adapters_stay_where_they_are(scenes, tmp_path):
    settings = ["model.guidance=map", "validation=0", "epochs=1", "steps_per_epoch=3", "lr_peak=0.01"]
    folder = train([scenes], load_recipe("smoke", settings), tmp_path / "run", progress=False)
    model = load_model(folder)
    assert model.config.guidance == "map" and model.ir_mean.abs().sum() > 0
    assert (model.cii_ir.w_i - 0.5).abs().max() > 1e-4
    arguments = ["--init", folder, "--trainable", "adapters", "--encoder", "efficientnet-lite0"]
    out = tmp_path / "moved"
    result = CliRunner().invoke(main, ["train", str(scenes), "-o", str(out), *map(str, arguments)])
    assert result.exit_code == 2 and "is guided by a map" in result.stderr and not out.exists()
