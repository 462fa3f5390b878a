"""How an infrared picture lies, as the page asks for it, shows it and keeps it."""

import json
import sys

import numpy as np
import pytest
from PIL import Image
from running_service import street

import mgfusion
from mgfusion.errors import OptionError
from mgfusion.images import read_image
from mgfusion.images.writing import encode_image
from mgfusion.registration import Alignment
from mgfusion.registration.matrices import shift
from mgfusion.service.doing_jobs import run_job
from mgfusion.service.page.command_line import command_line
from mgfusion.service.page.placed_pairs import pair_key, placed_by_hand
from mgfusion.service.page.placement_panel import in_words, panel_html
from mgfusion.service.placements import ByHand, Placement
from mgfusion.service.worker_jobs import FuseJob, ViewJob
from mgfusion.synthetic.night_street import night_street

SCENE = night_street(0, 120, 160)
IR, VIS = encode_image(SCENE.ir[10:110, 20:140], ".png"), encode_image(SCENE.vis, ".png")
OPTIONS = {"model": "mgfusion-tiny", "device": "cpu", "ir_range": "auto"}
RIGHT = tuple(shift(20, 10).ravel())


@pytest.fixture(autouse=True)
def _this_process_stays_as_it_was(monkeypatch):
    """A job bounds what its process decodes, which is a worker's else."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)


def viewed(ir: bytes = IR, **given):
    return run_job(ViewJob(FuseJob(ir, VIS, ".png", OPTIONS), **given), 1_000_000)


def test_laid_by_hand_it_is_what_a_command_makes_of_the_points(tmp_path):
    done = viewed(by_hand=ByHand(RIGHT))
    (tmp_path / "points.csv").write_text(done.placement.points)
    expected = mgfusion.fuse(IR, VIS, model="mgfusion-tiny", align=tmp_path / "points.csv")
    assert np.array_equal(read_image(done.data), expected) and done.placement.by_hand
    shown = {name: read_image(data).shape[:2] for name, data in done.placement_views.items()}
    assert shown == {"vis": (120, 160), "ir": (100, 120), "edges": (600, 720)}
    np.testing.assert_allclose(done.placement.alignment.matrix, shift(20, 10), atol=1e-3)


def test_what_was_found_before_is_not_searched_again_and_is_shown(monkeypatch):
    monkeypatch.delattr(sys.modules[Placement.__module__], "find_alignment")
    known = Alignment(shift(20, 10), 0.9, (120, 100), (160, 120))
    done = viewed(known=known)
    expected = mgfusion.fuse(IR, VIS, model="mgfusion-tiny", align=known)
    assert np.array_equal(read_image(done.data), expected)
    assert in_words(done.placement) == "Aligned by what both show: fairly sure (confidence 0.90 of 1)."


def test_what_is_not_sure_is_shown_and_not_fused():
    for given in ({"known": Alignment(shift(20, 10), 0.3, (120, 100), (160, 120))}, {"by_hand": ByHand()}):
        done = viewed(**given)
        assert not done.data and not done.views and set(done.placement_views) == {"vis", "ir", "edges"}
    assert in_words(done.placement).startswith("Not laid yet")


def test_pictures_of_one_size_are_registered():
    assert viewed(street(120, 160)["ir"]).placement is None


def test_what_a_page_sends_is_taken_for_its_pair_alone():
    key = pair_key(IR, VIS)
    sent = json.dumps({"key": key, "matrix": RIGHT})
    assert placed_by_hand(sent, key) == ByHand(RIGHT)
    assert placed_by_hand("", key) is None and placed_by_hand(sent, pair_key(VIS, IR)) is None
    for wrong in ("{", "[]", json.dumps({"key": key}), json.dumps({"key": key, "matrix": RIGHT[:8]}),
                  json.dumps({"key": key, "matrix": [*RIGHT[:8], float("nan")]}), "[" * 3000):  # fmt: skip
        with pytest.raises(OptionError, match="matrix by hand"):
            placed_by_hand(wrong, key)


def test_the_panel_says_nothing_as_html_that_was_sent():
    found = Alignment(shift(20, 10), 0.97, (120, 100), (160, 120))
    html = panel_html(Placement(found), found, dict.fromkeys(("vis", "ir", "edges"), b""), "<script>")
    assert "<script>" not in html and ": sure (confidence 0.97 of 1)" in html


def test_a_command_with_points_has_no_other_alignment():
    line = command_line("ir.png", "vis.png", ".png", {"align": "auto"}, "points.csv")
    assert line == "mgfusion fuse ir.png vis.png -o fused.png --points points.csv"
