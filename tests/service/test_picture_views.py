"""What a person is shown says what is so."""

import shlex

import numpy as np
import pytest

from mgfusion.images import read_image
from mgfusion.service.page.command_line import command_line
from mgfusion.service.page.example_pairs import TITLES, example_pair
from mgfusion.service.page.html_parts import said_html, view_html
from mgfusion.service.picture_views import (
    COLDEST,
    STEPS,
    Sources,
    contributions,
    extremes,
    temperature_map,
    views,
)
from noise import noise


def test_detail_has_the_colour_of_the_source_that_it_comes_from():
    ir, vis = (noise((64, 64), seed=seed).astype(np.float32) / 255 for seed in (0, 1))
    fused = np.where(np.arange(64) < 32, ir, vis)
    shown = contributions(fused, ir, vis).astype(int)
    assert (shown[8:-8, 8:20, 0] > shown[8:-8, 8:20, 2]).mean() > 0.98  # infrared: orange
    assert (shown[8:-8, -20:-8, 2] > shown[8:-8, -20:-8, 0]).mean() > 0.98  # visible: blue
    flat = contributions(np.full((64, 64), 0.5, np.float32), ir, vis)
    assert np.ptp(flat.astype(int), axis=2).max() <= 2  # neither: grey


def test_a_temperature_map_gives_back_its_degrees_and_says_where_there_is_none():
    celsius = np.array([[-40.0, 0.0, 36.6], [np.nan, 999.9, 15.02]], np.float32)
    high, low, none = np.moveaxis(temperature_map(celsius).astype(int), 2, 0)
    degrees = (256 * high + low) / STEPS + COLDEST
    there = np.isfinite(celsius)
    np.testing.assert_allclose(degrees[there], celsius[there], atol=0.5 / STEPS + 1e-3)
    np.testing.assert_array_equal(none == 255, ~there)
    assert extremes(celsius)["high"] == pytest.approx(999.9) and extremes(celsius * np.nan) == {}


def test_views_are_of_one_size_and_large_ones_are_shrunk():
    sources = Sources(np.zeros((900, 1600), np.float32), np.zeros((900, 1600, 3), np.uint16), None)
    files = views(sources, np.zeros((900, 1600, 3), np.uint16))
    shapes = {name: read_image(data).shape[:2] for name, data in files.items()}
    assert shapes == dict.fromkeys(("fused", "vis", "ir", "share"), (720, 1280))


def test_what_others_wrote_is_shown_as_text():
    assert "<script>" not in said_html("error", "<script>alert(1)</script>.png: no picture")
    html = view_html(dict.fromkeys(("fused", "vis", "ir", "share"), b""), {"CC": None, "EN": 7.0}, {})
    assert "undefined" in html and "7.000" in html and "data-map" not in html


def test_the_command_has_what_differs_from_its_defaults_and_is_quoted():
    options = {"model": "mgfusion-base", "thermal": 0.5, "colour": "visible", "ir_range": "auto",
               "isotherm": None, "invert": False}  # fmt: skip
    assert command_line("ir.png", "vis.png", ".png", options) == "mgfusion fuse ir.png vis.png -o fused.png"
    given = {"model": "mine", "thermal": 0.85, "ir_range": "7000,9000", "isotherm": "30C..", "invert": True}
    line = command_line("a b;rm.jpg", None, ".tif", {**options, **given})
    assert shlex.split(line) == [
        "mgfusion", "fuse", "a b;rm.jpg", "-o", "fused.tif", "--model", "mine", "--thermal", "0.85",
        "--ir-range", "7000,9000", "--isotherm", "30C..", "--invert",
    ]  # fmt: skip


def test_the_examples_are_three_kinds_of_infrared():
    kinds = []
    for number in range(len(TITLES)):
        pair = example_pair(number)
        ir, vis = (read_image(data) for data in pair.files.values())
        assert ir.shape == vis.shape[:2] == (480, 640)
        kinds.append(ir.dtype)
    assert kinds == [np.uint8, np.uint16, np.float32]
