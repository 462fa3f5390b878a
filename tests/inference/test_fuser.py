from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image

import mgfusion
from mgfusion.errors import ImageError, ModelError, OptionError
from mgfusion.images import luminance, read_image, to_tensor, write_image
from mgfusion.inference import fuser as fuser_module
from mgfusion.inference.fuser import SMALLEST_SIDE, Fuser
from mgfusion.inference.tiling import OVERLAP, SMALLEST_TILE, STEP, even_tile, run_tiled, tile_starts
from mgfusion.models import MGFusion, MGFusionConfig, save_model
from mgfusion.synthetic.night_street import night_street


class CountingEncoder(torch.nn.Module):
    """An encoder whose embedding is the mean picture, and which remembers the sizes that it has seen."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, pictures):
        self.seen.append(tuple(pictures.shape))
        return pictures.mean(dim=(2, 3)).repeat(1, 4)


def small_model(**settings):
    torch.manual_seed(0)
    model = MGFusion(MGFusionConfig(**{"dim": 8, "scale": 2, "cii": False, "cff": False} | settings))
    return model.eval()


@pytest.fixture(scope="module")
def fuser():
    return Fuser(small_model(), device="cpu")


@pytest.fixture(scope="module")
def scene():
    return night_street(0, 96, 128)


KINDS = {
    "array": lambda a: a,
    "three axes": lambda a: a if a.ndim == 3 else a[..., None],
    "deep": lambda a: a.astype(np.uint16) * 257,
    "float32": lambda a: (a / 255).astype(np.float32),
    "float64": lambda a: a / 255,
    "picture": Image.fromarray,
    "tensor": lambda a: to_tensor(a)[0],
    "batch": to_tensor,
    "bytes tensor": lambda a: (to_tensor(a)[0] * 255).round().to(torch.uint8),
    "double": lambda a: to_tensor(a)[0].double(),
}


def kind_of(x):
    if isinstance(x, Image.Image):
        return (Image.Image, x.mode, x.size)
    return (type(x), x.dtype, tuple(x.shape))


def plain(x):
    """Anything as (H, W, C) float."""
    if isinstance(x, torch.Tensor):
        scale = 255 if x.dtype == torch.uint8 else 1
        return x.reshape(-1, *x.shape[-2:]).permute(1, 2, 0).numpy() / scale
    x = np.asarray(x)
    return x.reshape(*x.shape[:2], -1) / {"uint8": 255, "uint16": 65535}.get(str(x.dtype), 1)


@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_kind_comes_out(fuser, scene, kind, colour):
    vis = scene.vis if colour else scene.vis[..., 1]
    source = KINDS[kind](vis)
    fused = fuser(KINDS[kind](scene.ir), source)
    assert kind_of(fused) == kind_of(source)
    # Deeper kinds need not round red and blue for the sake of an exact luminance.
    np.testing.assert_allclose(plain(fused), plain(fuser(scene.ir, vis)), atol=(2 if colour else 1.01) / 255)


@pytest.mark.parametrize("kind", KINDS)
def test_gray_gives_one_channel(scene, kind):
    fused = Fuser(small_model(), device="cpu", gray=True)(scene.ir, KINDS[kind](scene.vis))
    assert plain(fused).shape == (96, 128, 1)
    assert not isinstance(fused, np.ndarray) or fused.shape == (96, 128)


def test_a_flat_tensor_and_mixed_kinds(fuser, scene):
    y = luminance(to_tensor(scene.vis))[0, 0]
    assert fuser(to_tensor(scene.ir)[0, 0], y).shape == (96, 128)
    assert isinstance(fuser(Image.fromarray(scene.ir), scene.vis), np.ndarray)
    assert isinstance(fuser(scene.ir, to_tensor(scene.vis)), torch.Tensor)


def test_paths_give_arrays_of_the_visible_depth(fuser, scene, tmp_path):
    ir = write_image(tmp_path / "ir.png", scene.ir)
    for vis in (scene.vis, scene.vis.astype(np.uint16) * 257, scene.vis[..., 0]):
        path = write_image(tmp_path / "vis.png", vis, overwrite=True)
        fused = fuser(str(ir), path)
        assert (fused.dtype, fused.shape) == (vis.dtype, vis.shape)
    out = fuser.file(ir, path, tmp_path / "out" / "fused.tif")
    np.testing.assert_array_equal(read_image(out), fused)


def test_a_file_never_replaces_an_input_or_anything_unasked(fuser, scene, tmp_path):
    ir, vis = write_image(tmp_path / "ir.png", scene.ir), write_image(tmp_path / "vis.png", scene.vis)
    for source in (ir, vis):
        with pytest.raises(ImageError, match="is one of the inputs"):
            fuser.file(ir, vis, source, overwrite=True)
    out = fuser.file(ir, vis, tmp_path / "f.png")
    with pytest.raises(ImageError, match=r"f\.png: exists already"):
        fuser.file(ir, vis, out)
    np.testing.assert_array_equal(read_image(vis), scene.vis)


def test_deep_infrared_of_a_narrow_range_is_seen(scene):
    counts = (7000 + 8 * scene.ir.astype(int)).astype(np.uint16)
    y = np.zeros_like(scene.ir)
    model = small_model()
    torch.nn.init.zeros_(model.reconstruct.weight)
    torch.nn.init.zeros_(model.reconstruct.bias)  # now exactly the maximum
    assert Fuser(model, device="cpu")(counts, y).max() == 255
    assert Fuser(model, device="cpu", ir_range="full")(counts, y).max() < 40
    fixed = Fuser(model, device="cpu", ir_range=(7000, 7000 + 8 * 255))(counts, y)
    np.testing.assert_array_equal(fixed, scene.ir)


def test_chroma_is_kept_and_luminance_fused(fuser, scene):
    ir, vis = to_tensor(scene.ir), to_tensor(scene.vis)
    with torch.inference_mode():
        expected = fuser.model(ir, vis)
    torch.testing.assert_close(luminance(fuser(ir, vis)), expected, atol=1e-5, rtol=0)
    grey = np.repeat(scene.vis[..., :1], 3, axis=2)
    fused = fuser(scene.ir, grey)
    assert fused.shape == grey.shape and np.ptp(fused, axis=2).max() == 0  # no colour out of none


@pytest.mark.parametrize(
    "size", [(16, 16), (17, 23), (16, 999), (701, 16), (97, 131), (480, 640)], ids=lambda s: f"{s[0]}x{s[1]}"
)
def test_any_size(fuser, size):
    rng = np.random.default_rng(0)
    ir, vis = rng.integers(0, 255, size, np.uint8), rng.integers(0, 255, (*size, 3), np.uint8)
    assert fuser(ir, vis).shape == (*size, 3)


@pytest.mark.parametrize(
    ("ir", "vis", "says"),
    [
        (
            np.zeros((20, 30), np.uint8),
            np.zeros((40, 60, 3), np.uint8),
            "ir: 30x20 pixels is too small to align; the least is 32x32",
        ),
        (np.zeros((15, 30), np.uint8), np.zeros((15, 30), np.uint8), "30x15 pixels is too small.*16x16"),
        (np.zeros((20, 30), np.uint8), np.zeros((20, 30, 4), np.uint8), r"vis: shape \(20, 30, 4\)"),
        (np.zeros((20, 30), np.uint8), np.zeros((20, 30), np.int32), "vis: dtype int32"),
        (
            np.zeros((20, 30), np.uint8),
            np.full((20, 30), 7.0),
            r"vis: float values from 7 to 7; scale them to \[0, 1\]",
        ),
        (np.zeros((20, 30), np.uint8), np.full((20, 30), np.nan), "vis: float values from nan"),
        (np.zeros(20, np.uint8), np.zeros((20, 30), np.uint8), "ir: shape"),
        (np.zeros((20, 30), bool), np.zeros((20, 30), np.uint8), "ir: dtype bool"),
        ([[1, 2]], np.zeros((20, 30), np.uint8), "ir: got list; give a path"),
        (torch.zeros(2, 1, 20, 30), torch.zeros(1, 3, 20, 30), "2 infrared and 1 visible"),
        (torch.zeros(20, 30), torch.zeros(2, 20, 30), r"vis: tensor of shape \(2, 20, 30\)"),
        (torch.zeros(20, 30), torch.full((20, 30), 255.0), "vis: float values from 255"),
        ("none.png", "none.png", r"none\.png: no such file"),
    ],
)
def test_what_cannot_be_fused_is_said_in_one_line(fuser, ir, vis, says):
    with pytest.raises(ImageError, match=says) as caught:
        fuser(ir, vis)
    assert "\n" not in str(caught.value)
    assert SMALLEST_SIDE == 16


def test_sizes_that_differ_name_both_files(scene, tmp_path):
    ir, vis = write_image(tmp_path / "i.png", scene.ir[:50]), write_image(tmp_path / "v.png", scene.vis)
    with pytest.raises(ImageError, match=r"i\.png is 128x50 and .*v\.png is 128x96"):
        Fuser("mgfusion-tiny", device="cpu", align="none")(ir, vis)


def test_a_batch_is_its_pictures_one_by_one(fuser):
    generator = torch.Generator().manual_seed(1)
    ir, vis = torch.rand(3, 1, 33, 47, generator=generator), torch.rand(3, 3, 33, 47, generator=generator)
    batch = fuser(ir, vis)
    singles = torch.cat([fuser(ir[i : i + 1], vis[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(batch, singles, atol=1e-5, rtol=0)
    assert not batch.requires_grad and not batch.is_inference()


@pytest.mark.parametrize(("length", "tile"), [(192, 192), (193, 192), (1000, 256), (5001, 640), (300, 299)])
def test_tiles_cover_everything_and_overlap(length, tile):
    starts = tile_starts(length, tile)
    assert starts[0] == 0 and length <= starts[-1] + tile < length + STEP
    assert all(0 < b - a <= tile - OVERLAP + STEP for a, b in pairwise(starts))
    assert all(start % STEP == 0 for start in starts)  # on the grid of the network


@pytest.mark.parametrize("length", [200, 700, 2945, 3072, 4096, 5000])
@pytest.mark.parametrize("largest", [SMALLEST_TILE, 1024, 2944])
def test_even_tiles_are_as_few_and_no_larger_than_they_must(length, largest):
    tile = even_tile(length, largest)
    assert SMALLEST_TILE <= tile <= largest
    count = len(tile_starts(length, largest))
    assert len(tile_starts(length, tile)) == count
    if tile > SMALLEST_TILE + STEP:
        assert len(tile_starts(length, tile - STEP)) > count


def test_a_large_picture_is_not_run_twice_for_nothing(monkeypatch):
    """Each side has tiles of its own length: square ones would overlap by half here."""
    model, pixels = small_model(), []
    monkeypatch.setattr(MGFusion, "bytes_per_pixel", (2 << 30) / (520 * 520))
    monkeypatch.setattr(model, "forward", lambda ir, vis, *_: pixels.append(ir.numel()) or ir)
    ir = torch.zeros(1, 1, 1280, 600)
    Fuser(model, device="cpu").fuse_tensors(ir, ir.expand(-1, 3, -1, -1))
    assert len(pixels) == 6 and sum(pixels) < 1.5 * ir.numel()


def test_the_larger_a_picture_the_smaller_its_tiles_so_that_both_fit(monkeypatch):
    monkeypatch.setattr(fuser_module, "_MEMORY", 40 * 1280 * 600)
    monkeypatch.setattr(fuser_module, "_LEAST_MEMORY", 1)
    largest = {}
    for name, size in (("small", (640, 600)), ("large", (1280, 600))):
        model, pixels = small_model(), []
        monkeypatch.setattr(MGFusion, "bytes_per_pixel", 100)
        monkeypatch.setattr(model, "forward", lambda ir, vis, *_, kept=pixels: kept.append(ir.numel()) or ir)
        ir = torch.zeros(1, 1, *size)
        Fuser(model, device="cpu").fuse_tensors(ir, ir.expand(-1, 3, -1, -1))
        largest[name] = max(pixels)
    assert largest["large"] * 100 <= 12 * 1280 * 600 < 1.5 * largest["small"] * 100


def test_tiles_of_a_pointwise_model_change_nothing():
    generator = torch.Generator().manual_seed(0)
    ir, vis = torch.rand(1, 1, 401, 523, generator=generator), torch.rand(1, 3, 401, 523, generator=generator)
    tiled = run_tiled(lambda i, v, _: torch.maximum(i, v[:, :1]), ir, vis, (SMALLEST_TILE, 256))
    torch.testing.assert_close(tiled, torch.maximum(ir, vis[:, :1]), atol=1e-6, rtol=0)


def test_tiling_shows_no_seam():
    scene = night_street(1, 500, 620)
    ir, vis = to_tensor(scene.ir), to_tensor(scene.vis)
    model = small_model()
    whole = Fuser(model, device="cpu", tile=0).fuse_tensors(ir, vis)
    tiled = Fuser(model, device="cpu", tile=256).fuse_tensors(ir, vis)
    difference = tiled - whole
    assert 0 < difference.abs().mean() < 0.004 and difference.abs().max() < 0.05
    for axis in (-1, -2):  # where a tile begins or ends, the difference has no more of a step than elsewhere
        steps = difference.diff(dim=axis).abs().mean(dim=-2 if axis == -1 else -1).flatten()
        starts = tile_starts(ir.shape[axis], 256)
        borders = [s - 1 for s in starts[1:]] + [s + 255 for s in starts[:-1]]
        assert steps[borders].max() < 4 * steps.median() + 1e-4


def test_tiles_have_their_own_place_in_a_map():
    """Within the bounds of a network without guidance; with the whole map under each tile far outside."""

    def thumbnail(pictures):
        small = torch.nn.functional.adaptive_avg_pool2d(pictures, 9)
        return torch.cat([small, -small, small.square(), 1 - small], 1).permute(0, 2, 3, 1)

    scene = night_street(1, 500, 620)
    ir, vis = to_tensor(scene.ir), to_tensor(scene.vis)
    settings = {"cii": True, "cff": True, "guidance": "map", "embed_dim": 12, "adapter_dim": 4}
    model = small_model(**settings)
    with torch.no_grad():
        model.reconstruct.weight.normal_(std=0.02)
        for adapter in (model.cii_ir.adapter, model.cii_vis.adapter, model.cff.ira, model.cff.via):
            adapter[-1].weight.mul_(8)
    model.encoder = thumbnail
    fuser = Fuser(model, device="cpu", tile=0)
    whole = fuser.fuse_tensors(ir, vis)
    fuser.tile = 256
    tiled = fuser.fuse_tensors(ir, vis)
    assert (tiled - whole).abs().mean() < 0.004 and (tiled - whole).abs().max() < 0.05
    fuser.traits.placed = False
    elsewhere = fuser.fuse_tensors(ir, vis)
    assert (elsewhere - whole).abs().mean() > 3 * (tiled - whole).abs().mean()


def test_the_encoder_sees_the_whole_picture_once():
    encoder = CountingEncoder()
    config = MGFusionConfig(dim=8, scale=2, embed_dim=12, adapter_dim=4)
    model = MGFusion(config, encoder=encoder).eval()
    ir, vis = torch.rand(1, 1, 300, 420), torch.rand(1, 3, 300, 420)
    fuser = Fuser(model, device="cpu", tile=192)
    fuser(ir, vis)
    assert fuser.model.encoder.seen == [(2, 3, 300, 420)]


def test_large_pictures_are_cut_and_large_batches_split(monkeypatch):
    model = small_model()
    sizes = []
    model.register_forward_pre_hook(lambda _, inputs: sizes.append(tuple(inputs[0].shape)))
    monkeypatch.setattr(MGFusion, "bytes_per_pixel", (2 << 30) / (256 * 256))
    fuser = Fuser(model, device="cpu")
    fuser(torch.rand(1, 1, 300, 400), torch.rand(1, 1, 300, 400))
    assert len(sizes) > 1 and all(h <= 256 and w <= 256 for _, _, h, w in sizes)
    sizes.clear()
    fuser(torch.rand(5, 1, 128, 200), torch.rand(5, 1, 128, 200))
    assert [s[0] for s in sizes] == [2, 2, 1]


def test_options_that_cannot_be(tmp_path):
    with pytest.raises(ValueError, match=r"tile 100: give at least \d+ pixels, or 0"):
        Fuser(small_model(), tile=100)
    with pytest.raises(ValueError, match="device 'abacus'"):
        Fuser(small_model(), device="abacus")
    with pytest.raises(ValueError, match="precision 'float8': give one of float32, bfloat16, float16"):
        Fuser(small_model(), precision="float8")
    with pytest.raises(ModelError, match="no model 'none'"):
        Fuser("none")


def test_fuse_loads_a_folder_once(tmp_path, scene, monkeypatch):
    folder = save_model(small_model(), tmp_path / "model")
    first = mgfusion.fuse(scene.ir, scene.vis, model=folder, device="cpu")
    (folder / "model.safetensors").unlink()
    second = mgfusion.fuse(scene.ir, scene.vis, model=folder, device="cpu", gray=True)
    assert first.shape == (96, 128, 3) and second.shape == (96, 128)
    with pytest.raises(TypeError):
        mgfusion.fuse(scene.ir, scene.vis, model=folder, colours=True)


def test_the_thermal_dial_turns_and_refuses_what_is_no_number_from_0_to_1():
    scene = night_street(3, 240, 320)
    mean = [
        float(Fuser("mgfusion-tiny", gray=True, thermal=t)(scene.ir, scene.vis)[scene.hot_mask].mean())
        for t in (0, 0.5, 1)
    ]
    assert mean[0] < mean[1] < mean[2]
    plain = Fuser("mgfusion-tiny")(scene.ir, scene.vis)
    np.testing.assert_array_equal(plain, Fuser("mgfusion-tiny", thermal=0.5)(scene.ir, scene.vis))
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(OptionError, match=r"thermal .*: give a number from 0"):
            Fuser("mgfusion-tiny", thermal=wrong)


@pytest.mark.parametrize("dtype", [">u2", ">f4", ">f8"])
def test_arrays_of_any_byte_order_give_the_same(scene, dtype):
    fuser = Fuser(small_model(), device="cpu")
    scale = 257 if dtype == ">u2" else 1 / 255
    ir, vis = ((picture.astype(np.float64) * scale).astype(dtype[1:]) for picture in (scene.ir, scene.vis))
    fused = fuser(ir.astype(dtype), vis.astype(dtype))
    assert fused.dtype == vis.dtype and fused.dtype.isnative
    np.testing.assert_array_equal(fused, fuser(ir, vis))
