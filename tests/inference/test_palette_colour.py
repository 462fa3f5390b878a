"""Temperatures in a palette's colours, with the fused picture's detail."""

import numpy as np
import pytest
import torch

import mgfusion
from mgfusion import Fuser
from mgfusion.errors import OptionError
from mgfusion.images import luminance, read_image, write_image
from mgfusion.inference.palette_colour import palette_colour
from mgfusion.synthetic.night_street import night_street
from mgfusion.thermal import named_palette


class Average:
    """A network of the Protocol's least kind."""

    def __call__(self, ir, vis):
        return 0.5 * ir + 0.5 * vis


@pytest.fixture(scope="module")
def scene():
    return night_street(0, height=96, width=128)


def test_a_flat_fused_picture_adds_nothing_to_the_palette():
    table = named_palette("inferno")
    ir = torch.linspace(0, 1, 256).view(1, 1, 1, 256).expand(1, 1, 200, 256)
    wide = torch.nn.functional.interpolate(ir, scale_factor=(1, 12), mode="nearest")
    got = palette_colour(wide, torch.full_like(wide, 0.5), table)[0, :, 100, 6::12].T * 255
    middle = np.s_[20:236]  # ends are darker or lighter than the mean around them
    assert np.abs(got.numpy() - table)[middle].max() < 6


def test_between_two_entries_colours_are_mixed():
    table = np.zeros((256, 3), np.uint8)
    table[100], table[101] = (100, 100, 100), (200, 200, 200)
    ir = torch.full((1, 1, 20, 20), 100.25 / 255)
    assert palette_colour(ir, torch.zeros_like(ir), table) == pytest.approx(125 / 255, abs=1e-4)


def test_hue_tells_the_temperature_and_detail_is_the_fused_pictures(scene):
    ir = torch.from_numpy(scene.ir / np.float32(255))[None, None]
    y = torch.from_numpy(scene.vis.mean(2).astype(np.float32) / 255)[None, None]
    out = palette_colour(ir, y, named_palette("iron"))
    assert out.min() >= 0 and out.max() <= 1
    table = named_palette("iron").astype(float)
    chroma = table[scene.ir] - (table @ [0.299, 0.587, 0.114])[scene.ir][..., None]
    ours = (out - luminance(out))[0].permute(1, 2, 0).numpy()
    assert (ours * chroma).sum(2).min() > -1e-3  # never the opposite hue
    fine = [p - torch.nn.functional.avg_pool2d(p, 3, 1, 1) for p in (luminance(out), y, ir)]
    like = [float(torch.corrcoef(torch.stack([fine[0].flatten(), f.flatten()]))[0, 1]) for f in fine[1:]]
    assert like[0] > 0.8 > like[1]


@pytest.mark.parametrize("deep", [False, True])
def test_a_palette_colours_grey_and_deep_pictures_too(scene, deep):
    dtype = np.uint16 if deep else np.uint8
    vis = scene.vis.astype(dtype) * (257 if deep else 1)
    for picture in (vis, vis[..., 0], vis[..., :1]):
        out = Fuser(Average(), colour="inferno")(scene.ir, picture)
        assert out.shape == (96, 128, 3) and out.dtype == dtype
        assert np.ptp(out.astype(int), axis=2).max() > 0.3 * np.iinfo(dtype).max
    tensor = torch.from_numpy(vis[..., 0].astype(np.float32) / np.iinfo(dtype).max)
    assert Fuser(Average(), colour="iron")(scene.ir, tensor).shape == (3, 96, 128)


def test_gray_and_colour_grey_are_one(scene):
    both = Fuser(Average(), gray=True), Fuser(Average(), colour="grey")
    one, other = (fuser(scene.ir, scene.vis) for fuser in both)
    assert one.shape == (96, 128) and np.array_equal(one, other)
    assert all(fuser.gray and fuser.colour == "grey" for fuser in both)
    assert Fuser(Average())(scene.ir, scene.vis).shape == (96, 128, 3)


def test_wrong_colours_are_one_line():
    with pytest.raises(OptionError, match="no colour 'infreno'; did you mean inferno"):
        Fuser(Average(), colour="infreno")
    with pytest.raises(OptionError, match="no colour 'visble'; did you mean visible"):
        Fuser(Average(), colour="visble")
    with pytest.raises(OptionError, match="no colour True; there are visible, grey, CMRmap, "):
        Fuser(Average(), colour=True)
    assert Fuser(Average(), colour="Gray").gray and Fuser(Average(), colour="Iron").colour == "iron"
    with pytest.raises(OptionError, match="colour 'iron' and gray: give one of them"):
        Fuser(Average(), gray=True, colour="iron")


def test_the_command(scene, tmp_path, monkeypatch):
    from click.testing import CliRunner

    from mgfusion.cli import main

    monkeypatch.chdir(tmp_path)
    write_image("ir.png", scene.ir)
    write_image("vis.png", scene.vis)

    def run(*words):
        return CliRunner().invoke(main, ["fuse", "ir.png", "vis.png", "--model", "mgfusion-tiny", *words])

    assert run("-o", "iron.png", "--colour", "iron").exit_code == 0
    expected = mgfusion.fuse(scene.ir, scene.vis, model="mgfusion-tiny", colour="iron")
    assert np.array_equal(read_image("iron.png"), expected)
    failed = run("-o", "x.png", "--color", "irom")
    assert failed.exit_code == 2 and "did you mean iron" in failed.stderr and failed.stderr.count("\n") == 1
    assert not (tmp_path / "x.png").exists()
