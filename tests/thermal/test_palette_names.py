"""Palettes under the names that people know."""

import numpy as np
import pytest

from mgfusion.cli import main
from mgfusion.errors import OptionError
from mgfusion.thermal import named_palette, palette_names


def test_every_name_is_a_table_from_cold_to_hot():
    for name in palette_names():
        table = named_palette(name)
        assert table.shape == (256, 3) and table.dtype == np.uint8, name
        assert (table[0] != table[-1]).any(), name
    assert np.array_equal(named_palette("IronBow"), named_palette("iron"))
    assert np.array_equal(named_palette("cmrmap"), named_palette("CMRmap"))
    assert not np.array_equal(named_palette("hot"), named_palette("opencv-hot"))


@pytest.mark.parametrize(
    "name", ["inferno", "magma", "plasma", "viridis", "cividis", "turbo", "hot", "gist_heat"]
)
def test_matplotlibs_names_are_matplotlibs_colours(name):
    matplotlib = pytest.importorskip("matplotlib")
    theirs = 255 * matplotlib.colormaps[name](np.linspace(0, 1, 256))[:, :3]
    assert np.abs(named_palette(name) - theirs).max() <= 1.5


def test_an_unknown_name_says_what_is_near_or_what_there_is():
    with pytest.raises(OptionError, match="no palette 'iferno'; did you mean inferno"):
        named_palette("iferno")
    with pytest.raises(OptionError, match=r"no palette 'xyz'; there are CMRmap, .*, inferno, iron, "):
        named_palette("xyz")


def test_help_names_them_all():
    words = set((main.commands["fuse"].help or "").replace(",", " ").replace(".", " ").split())
    assert set(palette_names()) <= words
