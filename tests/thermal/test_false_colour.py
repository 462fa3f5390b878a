"""Round trips through the palettes of thermal cameras, and pictures that are in none of them."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from mgfusion import thermal
from mgfusion.data.opened_pair import read_infrared
from mgfusion.errors import OptionError
from mgfusion.synthetic.night_street import night_street
from mgfusion.thermal.false_colour import recognise_palette, temperature_order
from mgfusion.thermal.palettes import palette, palettes


def _warmth(seed: int = 0) -> np.ndarray:
    """Counts of a scene with every level in it, smooth, with sharp hot and cold things."""
    y, x = np.mgrid[0:96, 0:128]
    scene = (
        70
        + 60 * np.sin(x / 23 + seed)
        + 50 * np.cos(y / 17)
        + np.random.default_rng(seed).normal(0, 1.5, x.shape)
    )
    scene[20:40, 30:42], scene[60:70, 90:110] = 250 - 0.3 * x[20:40, 30:42], 8
    return np.clip(scene, 0, 255).astype(np.uint8)


def _jpeg(rgb: np.ndarray, subsampling: int) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=95, subsampling=subsampling)
    return np.asarray(Image.open(buffer))


@pytest.mark.parametrize("name", palettes())
def test_every_palette_is_recognised_and_undone(name):
    warmth = _warmth()
    drawn = palette(name)[warmth]
    assert recognise_palette(drawn) == name
    assert np.abs(255 * temperature_order(drawn, name) - warmth).mean() <= 0.6
    for rgb in (_jpeg(drawn, 0), _jpeg(drawn, 2)):  # colour in full, and at half of the resolution
        found = recognise_palette(rgb)
        assert found == name or {found, name} == {"hot", "opencv-hot"}  # one line in slightly different steps
        assert np.abs(255 * temperature_order(rgb, name) - warmth).mean() <= 2
    deep = drawn.astype(np.uint16) * 257
    assert recognise_palette(deep) == name
    np.testing.assert_array_equal(temperature_order(deep, name), temperature_order(drawn, name))


def test_fusing_and_scoring_see_temperatures(tmp_path):
    warmth = _warmth(1)
    Image.fromarray(palette("iron")[warmth]).save(tmp_path / "iron.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        unit = thermal.infrared_to_unit(palette("iron")[warmth], name="iron.png")
        np.testing.assert_array_equal(read_infrared(tmp_path / "iron.png"), unit)
    assert np.abs(255 * unit - warmth).max() <= 2
    fixed = thermal.infrared_to_unit(palette("iron")[warmth], (50.0, 200.0))
    assert fixed[warmth < 45].max() == 0 and fixed[warmth > 205].min() == 1


def test_a_logo_and_a_scale_do_not_hide_the_palette():
    drawn = palette("opencv-jet")[_warmth()]
    drawn[:8, :40], drawn[80:, 120:] = 255, 0
    drawn[2:6, 4:30] = (200, 20, 120)
    assert recognise_palette(drawn) == "opencv-jet"


def test_a_palette_of_which_little_is_used_keeps_the_order():
    dark = (_warmth() // 4).astype(np.uint8)
    rgb = _jpeg(palette("opencv-inferno")[dark], 0)
    name = recognise_palette(rgb)
    assert name is not None
    assert np.corrcoef(temperature_order(rgb, name).ravel(), dark.ravel())[0, 1] > 0.99


def test_colours_of_no_palette_are_warned_of():
    rng = np.random.default_rng(3)
    unknown = np.stack([_warmth(0), _warmth(2), _warmth(4)], axis=2)
    street = night_street(3).vis
    for rgb in (unknown, rng.integers(0, 256, (40, 50, 3), dtype=np.uint8), street):
        rgb = rgb if rgb.dtype == np.uint8 else np.rint(255 * rgb).astype(np.uint8)
        assert recognise_palette(rgb) is None
    with pytest.warns(UserWarning, match=r"a\.png: infrared in colour of an unknown palette"):
        thermal.infrared_to_unit(unknown, name="a.png")


def test_a_palette_whose_direction_is_not_sure_is_said():
    with pytest.warns(UserWarning, match="red is cold"):
        thermal.infrared_to_unit(palette("opencv-rainbow")[_warmth()])


def test_grey_is_no_palette():
    grey = np.repeat(_warmth()[..., None], 3, axis=2)
    assert recognise_palette(grey) is None


def test_matplotlib_draws_the_palettes_named_after_it():
    matplotlib = pytest.importorskip("matplotlib")
    for name in ("hot", "afmhot", "gist_heat", "gnuplot2", "CMRmap"):
        drawn = 255 * matplotlib.colormaps[name](np.arange(256))[:, :3]
        assert np.abs(palette(name) - drawn).max() <= 2.5, name


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(OptionError, match=r"no palette 'tin'; there are .*iron"):
        palette("tin")
