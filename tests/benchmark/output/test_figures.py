"""Figures: where they look, what they join, and that each is drawn at its size."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from mgfusion.benchmark.analysis.score_arrays import collect
from mgfusion.benchmark.methods.method_specs import parse_method
from mgfusion.benchmark.methods.test_sets import find_sets
from mgfusion.benchmark.output.figures.distributions import distributions
from mgfusion.benchmark.output.figures.grids import grid
from mgfusion.benchmark.output.figures.pareto import Quality, frontier, pareto
from mgfusion.benchmark.output.figures.regions import Box, View, parse_view, pick_boxes
from mgfusion.benchmark.output.figures.shown_pictures import in_colour, pick_views, with_boxes
from mgfusion.benchmark.output.figures.style import save
from mgfusion.benchmark.run.planning import Plan, chosen_metrics
from mgfusion.benchmark.run.runner import run
from mgfusion.errors import BenchmarkError

pytest.importorskip("matplotlib")


@pytest.fixture
def plan(data, tmp_path):
    methods = tuple(map(parse_method, ("average", "laplacian", "maximum")))
    made = Plan(find_sets([data]), methods, tmp_path / "out", chosen_metrics(["standard"], ["AG", "Qabf"]), 0)
    run(made)
    return made


def test_boxes_find_the_disagreement():
    base = np.full((100, 200), 100, np.uint8)
    other = base.copy()
    other[60:75, 130:160:2] = 200
    other[10:25, 20:50:3] = 180
    boxes = pick_boxes([base, other], 2)
    assert (boxes[0].w, boxes[0].h) == (40, 20)
    assert boxes[0].overlaps(Box(130, 60, 30, 15))
    assert boxes[1].overlaps(Box(20, 10, 30, 15))
    assert not boxes[0].overlaps(boxes[1])


def test_views_are_parsed():
    assert parse_view("TNO/01") == View("TNO", "01")
    assert parse_view("TNO/01:1,2,30,40;5,6,7,8") == View("TNO", "01", (Box(1, 2, 30, 40), Box(5, 6, 7, 8)))
    for bad in ("TNO", "TNO/", "TNO/01:1,2,3", "TNO/01:1,2,0,4", "TNO/01:a,b,c,d"):
        with pytest.raises(BenchmarkError, match="give SET/NAME"):
            parse_view(bad)


def test_colour_of_the_visible_picture_is_kept():
    vis = np.full((4, 4, 3), (200, 40, 40), np.uint8)
    red, green, _ = in_colour(np.full((4, 4), 100, np.uint8), vis)[0, 0].astype(int)
    assert red - green > 100
    grey = np.full((4, 4), 7, np.uint8)
    assert in_colour(grey, grey) is grey


def test_the_frontier_holds_what_nothing_cheaper_beats():
    points = {"a": (1.0, 0.5), "b": (2.0, 0.4), "c": (3.0, 0.9), "d": (3.0, 0.8), "e": (0.5, 0.1)}
    assert frontier(points, higher=True) == ["e", "a", "c"]
    assert frontier(points, higher=False) == ["e"]


def test_a_grid_shows_every_method_and_box(plan, tmp_path):
    views = [with_boxes(plan, plan.methods, v) for v in pick_views(plan, plan.methods, "MSRS", 2)]
    assert len(views) == 2
    assert all(len(view.boxes) == 2 for view in views)
    figure = grid(plan, plan.methods, views, "laplacian")
    # Five columns; each of the two rows a picture and two enlarged boxes.
    assert len(figure.axes) == 5 * 2 * 3
    titles = {text.get_text(): text.get_fontweight() for text in figure.texts}
    assert titles["laplacian"] == "bold"
    assert titles["Infrared"] == "normal"
    path = save(figure, tmp_path / "grid", dpi=50)
    assert Image.open(path).size[0] > 300
    assert path.with_suffix(".pdf").read_bytes().startswith(b"%PDF")


def test_distributions_and_pareto_are_drawn(plan, tmp_path):
    from mgfusion.benchmark.run.planning import Run
    from mgfusion.benchmark.run.score_file import ScoreFile

    stored = Run(
        plan, {"standard": ScoreFile(plan.out / "scores-standard.csv")}, ScoreFile(plan.out / "times.csv")
    )
    scores = collect(stored, "standard", ("average", "laplacian", "maximum"))
    figure = distributions(scores, "TNO", ["maximum", "average", "laplacian"], ["laplacian"])
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["maximum", "average", "laplacian"]
    save(figure, tmp_path / "d", dpi=40)
    quality = Quality("rank", {"average": 2.0, "laplacian": 1.0, "maximum": 3.0}, False)
    figure = pareto({"average": 0.1, "laplacian": 0.2, "maximum": float("nan")}, [quality], {}, ["laplacian"])
    named = {t.get_text() for t in figure.axes[0].texts}
    assert named == {"average", "laplacian"}
    assert figure.axes[0].yaxis_inverted()


def test_published_networks_are_hollow_and_the_legend_says_what_was_measured():
    units = {"ours": 0.3, "theirs": 5.0, "drawing": 7.0, "elsewhere": 2.0}
    quality = Quality("rank", {"ours": 1.0, "theirs": 2.0, "drawing": 3.0}, False)
    what = {"theirs": "public weights", "drawing": "random weights", "elsewhere": "not ranked here"}
    figure = pareto(units, [quality], what, ["ours"])
    faces = {spot.get_label(): spot.get_facecolor()[0][:3].tolist() for spot in figure.axes[0].collections}
    assert faces["theirs"] == faces["drawing"] == [1, 1, 1]
    assert faces["ours"] != [1, 1, 1]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(legend) == 3
    assert legend[1] == "published networks, measured in the same unit elsewhere: public weights"
    assert legend[2].endswith("random weights")


@pytest.mark.parametrize("limits", [(0.05, 40), (480, 1400), (90, 2500), (500, 510), (1e-3, 1e4), (3, 25)])
def test_numbers_on_a_logarithmic_axis_never_run_into_each_other(limits, tmp_path):
    from mgfusion.benchmark.output.figures.style import new_figure, plain_log_axis, style

    with style():
        figure = new_figure(2.6, 1.5)
        panel = figure.subplots()
        panel.set_xscale("log")
        panel.set_xlim(*limits)
        plain_log_axis(panel.xaxis)
        figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    labels = panel.get_xticklabels() + panel.get_xticklabels(minor=True)
    boxes = [label.get_window_extent(renderer) for label in labels if label.get_text()]
    boxes.sort(key=lambda box: box.x0)
    assert len(boxes) >= 2
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
