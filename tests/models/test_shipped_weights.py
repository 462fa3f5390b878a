"""What every packaged model must do, on scenes made here and on real pairs."""

import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch

from mgfusion import Fuser
from mgfusion.benchmark.methods.classical import fuse_classical
from mgfusion.data.opened_pair import open_pair
from mgfusion.data.pairs import find_pairs
from mgfusion.images import from_unit, luminance, to_tensor
from mgfusion.metrics import evaluate_pair
from mgfusion.models import available_models
from mgfusion.synthetic.night_street import night_street
from mgfusion.synthetic.scene_scores import (
    HOT_CONTRAST_AT_LEAST,
    TEXTURE_AT_LEAST,
    hot_contrast_kept,
    texture_kept,
)

ROOT = Path(__file__).parents[2]


def test_the_packaged_models_are_there():
    names = {f"mgfusion-{name}" for name in ("base", "fast", "tiny", "nano", "restormer")}
    assert names <= set(available_models())


@pytest.mark.parametrize("name", available_models())
@pytest.mark.parametrize("seed", [0, 1, 2, 5])
def test_hot_people_and_visible_texture_are_kept(name, seed):
    scene = night_street(seed)
    fused = Fuser(name, device="cpu")(scene.ir, scene.vis)
    assert hot_contrast_kept(scene, fused) >= HOT_CONTRAST_AT_LEAST
    assert texture_kept(scene, fused) >= TEXTURE_AT_LEAST


def seam(change: torch.Tensor) -> float:
    """The largest jump along a whole row or column, in grey levels: what an eye sees as a line."""
    return 255 * max(change.diff(dim=-d).mean(d - 3).abs().max().item() for d in (1, 2))


@pytest.mark.parametrize("name", available_models())
def test_tiling_shows_no_seam(name):
    scene = night_street(3, 700, 900)
    ir, vis = to_tensor(scene.ir), to_tensor(scene.vis)
    untiled = Fuser(name, device="cpu", tile=0)
    whole = untiled.fuse_tensors(ir, vis)
    change = (Fuser(name, device="cpu", tile=384).fuse_tensors(ir, vis) - whole).mean(1)
    halves = [untiled.fuse_tensors(ir[..., side], vis[..., side]) for side in (slice(448), slice(448, None))]
    side_by_side = (torch.cat(halves, -1) - whole).mean(1)
    # 8 bits hide half a level; tiles without overlap are the control.
    assert seam(change) < min(0.5, seam(side_by_side) / 2)
    # Channel attention sees one tile: tiles this small have a brightness of their own, by less than a level.
    assert change.abs().mean() < 1 / 255 and change.abs().flatten().quantile(0.999) < 6 / 255


@pytest.mark.parametrize("name", available_models())
def test_the_fused_picture_keeps_to_the_brightness_of_its_sources(name):
    scene = night_street(4)
    ir, vis = to_tensor(scene.ir), to_tensor(scene.vis)
    fused = Fuser(name, device="cpu").fuse_tensors(ir, vis)
    assert luminance(vis).mean() * 0.9 < fused.mean() < (ir + luminance(vis)).mean()


@pytest.mark.parametrize("name", available_models())
def test_bfloat16_moves_the_picture_by_less_than_half_a_level_on_average(name):
    scene = night_street(6, 120, 160)
    ir, vis = to_tensor(scene.ir), to_tensor(scene.vis)
    exact, low = (
        Fuser(name, device="cpu", precision=p).fuse_tensors(ir, vis) for p in ("float32", "bfloat16")
    )
    assert low.dtype == torch.float32 and not torch.equal(low, exact)
    assert (low - exact).abs().mean() < 0.5 / 255


def test_pictures_of_the_readme_exist():
    links = re.findall(r"\]\((?!http)([^)#]+)", (ROOT / "README.md").read_text())
    assert links and all((ROOT / link).exists() for link in links), links


@pytest.mark.parametrize("name", available_models())
@pytest.mark.parametrize("source", ["TNO", "RoadScene", "MSRS"])
def test_edges_of_real_pairs_beat_the_methods_without_training(name, source, evaluation_pairs):
    """Two pairs of a set, for time; docs/model_card.md has the means over all."""
    if not (evaluation_pairs / source).is_dir():
        pytest.skip(f"no {source} in {evaluation_pairs}")
    fuser, scores = Fuser(name, device="cpu", gray=True), defaultdict(list)
    for pair in find_pairs(evaluation_pairs / source, "test")[:2]:
        opened = open_pair(pair.ir, pair.vis)
        ir, vis = (from_unit(plane, np.uint8) for plane in (opened.ir, opened.vis))
        fused = {method: fuse_classical(method, ir / 255, vis / 255) for method in ("average", "laplacian")}
        for method, picture in {**fused, name: fuser(ir, vis)}.items():
            scores[method].append(evaluate_pair(picture, ir, vis, ["Qabf"])["Qabf"])
    means = {method: np.mean(values) for method, values in scores.items()}
    assert means[name] > means["average"] + 0.05
    if name != "mgfusion-nano":  # it weights the sources and draws no edge itself, as its card says
        assert means[name] > means["laplacian"]
