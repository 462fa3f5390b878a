"""Figures: where they look, what they join, and that each is drawn at its size."""

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


def test_the_frontier_holds_what_nothing_faster_beats():
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
    figure = pareto({"average": 0.1, "laplacian": 0.2, "maximum": float("nan")}, [quality], [], ["laplacian"])
    named = {t.get_text() for t in figure.axes[0].texts}
    assert named == {"average", "laplacian"}
    assert figure.axes[0].yaxis_inverted()
