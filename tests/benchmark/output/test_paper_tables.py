"""Statistics, tables, the paper's numbers, and the page that compares with them."""

import csv
import io

import numpy as np
import pytest

from mgfusion.benchmark.analysis import paper_numbers
from mgfusion.benchmark.analysis.paper_comparison import ABSENT, AHEAD, BEHIND, LEVEL, compare
from mgfusion.benchmark.analysis.resampling import mean_interval, paired_difference, rank, ranks_of_means
from mgfusion.benchmark.analysis.score_arrays import Scores, read_means
from mgfusion.benchmark.output.paper_tables import ablation_table, comparison_tables, cost_table, rank_table
from mgfusion.benchmark.output.reproduction_page import Facts, peer_checks, reproduction_page
from mgfusion.benchmark.run.method_cost import Cost
from mgfusion.evaluation.table_formats import Cell, Column, Table, to_csv, to_latex, to_markdown
from mgfusion.metrics import PAPER_METRICS


def scores_of(values, methods, sets=None, metrics=("Qabf", "Qcv"), convention="standard"):
    """Scores from set -> (pictures, methods, metrics)."""
    values = {name: np.asarray(v, float) for name, v in values.items()}
    present = {name: ~np.isnan(v).all(axis=2) for name, v in values.items()}
    pictures = {name: tuple(map(str, range(len(v)))) for name, v in values.items()}
    return Scores(convention, tuple(metrics), tuple(methods), pictures, values, present)


def three_methods(n=30, gap=0.1, noise=0.05):
    """good is ahead of poor by far more than noise, and twin is good with other noise."""
    generator = np.random.default_rng(0)
    scene = generator.normal(0.5, 0.2, (n, 1))  # pictures differ more than methods: pairing matters
    quality = scene + np.array([0, 0, -gap]) + generator.normal(0, noise, (n, 3))
    return scores_of({"TNO": np.stack([quality, 400 - 300 * quality], axis=2)}, ("good", "twin", "poor"))


def hot_scores(kept, spots, extra=()):
    """Scores of HTC from (pictures, methods), with the number of targets in each picture."""
    values = np.stack([kept, *extra], axis=2)
    metrics = ("HTC", "HTC_lost", "AG")[: values.shape[2]]
    spots = np.repeat(np.array(spots, float)[:, None], values.shape[1], 1)
    weights = {m: {"TNO": spots} for m in ("HTC", "HTC_lost") if m in metrics}
    present = {"TNO": np.ones(values.shape[:2], bool)}
    pictures = {"TNO": tuple(map(str, range(len(values))))}
    methods = ("a", "b", "c")[: values.shape[1]]
    return Scores("standard", metrics, methods, pictures, {"TNO": values}, present, weights)


def test_means_and_ranks_of_hot_targets_are_over_targets():
    """Over pictures a is ahead, over targets b is."""
    kept = np.array([[0.9, 0.1]] * 10 + [[0.5, 0.8]] * 10 + [[np.nan, np.nan]] * 3)
    scores = hot_scores(kept, [1] * 10 + [9] * 10 + [0] * 3)
    assert scores.means("TNO")[:, 0] == pytest.approx([0.54, 0.73])
    assert np.nanmean(kept, axis=0)[0] > np.nanmean(kept, axis=0)[1]
    assert rank(scores, ("TNO",)).methods[0] == "b"
    table = comparison_tables(scores, {})[0]
    assert [[c.text(table.columns[1]) for c in row[1:]] for row in table.rows] == [["0.5400"], ["0.7300"]]
    assert table.notes == ("HTC: means over hot targets (TNO 100).",)


def test_intervals_of_hot_targets_are_over_targets():
    """That of a ratio of sums: by linearisation its error is the spread of w (x - mean) over the sum of w."""
    generator = np.random.default_rng(0)
    weights = generator.integers(0, 12, 400).astype(float)
    values = np.where(weights > 0, 0.3 + 0.04 * weights + generator.normal(0, 0.1, 400), np.nan)
    low, high = mean_interval(values, weights, samples=8000)
    mean = np.nansum(values * weights) / weights.sum()
    error = 1.96 * np.nansum((weights * (values - mean)) ** 2) ** 0.5 / weights.sum()
    assert (low, high) == pytest.approx((mean - error, mean + error), abs=0.002)
    assert paired_difference(values, np.zeros(400), weights).mean == pytest.approx(mean)
    assert not low < np.nanmean(values) < high


def test_shares_of_hot_targets_count_once_in_ranks():
    generator = np.random.default_rng(1)
    kept, lost, detail = generator.random((3, 12, 3))
    scores = hot_scores(kept, [2] * 12, (lost, detail))
    assert scores.ranked() == (0, 2)
    table, _ = rank_table(scores, ("TNO",), "ranks")
    assert table.title.startswith("Mean rank over 2 metrics")
    assert "HTC_lost: read what HTC reads, which counts for them." in table.notes
    assert sum(int(n) for n in table.rows[1][5].value.split(" / ")) == 2


def test_hot_targets_without_their_number_are_refused():
    with pytest.raises(ValueError, match="HTC: give weights; a mean over pictures would mislead"):
        scores_of({"TNO": np.ones((2, 1, 1))}, ["a"], metrics=["HTC"])


def test_given_means_without_hot_targets_keep_their_rank(tmp_path):
    kept = np.array([[0.9, 0.1]] * 4)
    scores = hot_scores(kept, [1] * 4, (1 - kept, 10 * kept))
    path = tmp_path / "peers.csv"
    path.write_text("set,method,n,AG\nTNO,best,4,99\n")
    assert ranks_of_means(scores, read_means(path), ("TNO",)) == {"best": 1, "a": 2, "b": 3}
    assert ranks_of_means(scores, {}, ("TNO",)) == {"a": 1, "b": 2}
    path.write_text("set,method,n,AG,HTC\nTNO,best,4,99,0.5\n")
    assert ranks_of_means(scores, read_means(path), ("TNO",)) == {"best": 1.5, "a": 1.5, "b": 3}


def test_a_better_method_is_told_apart_and_its_twin_is_not():
    ranking = rank(three_methods(), ("TNO",))
    assert set(ranking.methods[:2]) == {"good", "twin"}
    assert ranking.methods[2] == "poor"
    assert ranking.mean_rank[2] == 3
    assert not ranking.separable(0)
    assert not ranking.separable(1)
    assert ranking.separable(2)
    assert ranking.behind[0] == (0, 0)
    assert ranking.behind[2] == pytest.approx((1, 2), abs=0.51)
    assert ranking.pictures == 30


def test_pairing_sees_what_independent_intervals_hide():
    scores = three_methods()
    good, poor = scores.values["TNO"][:, 0, 0], scores.values["TNO"][:, 2, 0]
    assert mean_interval(good)[0] < mean_interval(poor)[1]  # the intervals of the means overlap
    difference = paired_difference(good, poor)
    assert difference.low > 0.02
    assert difference.high < 0.1


def test_bootstrap_interval_is_that_of_the_normal_approximation():
    values = np.random.default_rng(3).normal(2, 1, 400)
    low, high = mean_interval(values, samples=20_000)
    error = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - error, values.mean() + error), abs=0.01)


def test_incomplete_methods_are_not_ranked():
    scores = three_methods()
    scores.values["TNO"][4, 1] = np.nan
    scores.present["TNO"][4, 1] = False
    assert set(rank(scores, ("TNO",)).methods) == {"good", "poor"}
    table = comparison_tables(scores, {})[0]
    assert "twin: scored on 29 of 30 on TNO only." in table.notes


def test_ranks_take_given_means_in(tmp_path):
    path = tmp_path / "peers.csv"
    path.write_text("set,method,n,Qabf,Qcv\nTNO,best,30,0.99,1\nTNO,other,29,0.99,1\nTNO,half,30,0.99,\n")
    means = read_means(path)
    ranks = ranks_of_means(three_methods(), means, ("TNO",))
    assert next(iter(ranks)) == "best"  # "other" has other pictures, "half" lacks a metric
    assert ranks == pytest.approx({"best": 1, "good": ranks["good"], "twin": ranks["twin"], "poor": 4})
    rows = {row[0].value for row in comparison_tables(three_methods(), means)[0].rows}
    assert rows == {"good", "twin", "poor", "best †", "half †"}


def test_best_three_are_marked_by_direction():
    values = np.array([[[0.5, 300.0], [0.7, 100.0], [0.6, 200.0], [0.1, 900.0]]])
    table = comparison_tables(scores_of({"TNO": values}, "abcd"), {})[0]
    marks = {row[0].value: [cell.mark for cell in row[1:]] for row in table.rows}
    assert marks == {"a": [3, 3], "b": [1, 1], "c": [2, 2], "d": [0, 0]}
    assert table.columns[2].heading == "Qcv ↓"


TABLE = Table(
    "t1",
    "A & B: 5 %",
    (Column("Method"), Column("Qabf", "LLVIP", 4, "higher"), Column("Qcv", "M3FD", 2, "lower")),
    ((Cell("a_b"), Cell(0.51239, 1), Cell(300.126, 2)), (Cell("c|d"), Cell(float("nan")), Cell(1.0, 3))),
    ("A note ±",),
)


def test_markdown():
    lines = to_markdown(TABLE).splitlines()
    assert lines[2] == "| Method | LLVIP Qabf ↑ | M3FD Qcv ↓ |"
    assert lines[3] == "|---|---:|---:|"
    assert lines[4] == "| a_b | **0.5124** | <u>300.13</u> |"
    assert lines[5] == "| c\\|d | – | *1.00* |"


def test_latex():
    text = to_latex(TABLE)
    assert r"\caption{A \& B: 5 \%}" in text
    assert r"Method & $Q_{AB/F}$ $\uparrow$ & $Q_{CV}$ $\downarrow$ \\" in text
    assert r"a\_b & \textbf{0.5124} & \underline{300.13} \\" in text
    assert r"\cmidrule(lr){2-2} \cmidrule(lr){3-3}" in text
    assert text.count("{") == text.count("}")


def test_csv_keeps_full_precision():
    rows = list(csv.reader(io.StringIO(to_csv(TABLE))))
    assert rows == [["Method", "LLVIP Qabf", "M3FD Qcv"], ["a_b", "0.51239", "300.126"], ["c|d", "", "1.0"]]


def test_the_papers_tables():
    assert len(paper_numbers.rows()) == 39
    assert paper_numbers.row(1, "LLVIP", "ours").scores["Qcv"] == 272.64
    assert paper_numbers.row(2, "RoadScene", "IVFWSR").scores["Qcv"] == 1088.85
    assert paper_numbers.row(3, "TNO", "TIMFusion").scores["VIF"] == 0.4553
    assert paper_numbers.row(4, "MSRS", "w/o CII and CFF").scores["SCD"] == 1.7938
    assert paper_numbers.row(4, "MSRS", "Ours").scores == paper_numbers.row(2, "MSRS", "Ours").scores
    assert [paper_numbers.table_of(s) for s in ("LLVIP", "M3FD", "MSRS", "RoadScene", "TNO")] == [
        1,
        1,
        2,
        2,
        3,
    ]
    assert paper_numbers.ablation_row("no-cii") == "w/o CII"
    assert paper_numbers.ablation_row("no-both") == "w/o CII and CFF"
    assert paper_numbers.ablation_row("plain") is None  # a name is never guessed
    assert paper_numbers.ablation_row("mgfusion-base") is None
    assert paper_numbers.ablation_row("SeAFusion") is None


def paper_scores(shift):
    """Our model at the paper's TNO numbers plus a shift to the better, with noise of 0.01."""
    theirs = np.array([paper_numbers.row(3, "TNO", "Ours").scores[m] for m in PAPER_METRICS])
    sign = np.array([1, -1, 1, 1, 1, 1])
    noise = np.random.default_rng(0).normal(0, 0.01, (50, 1, 6))
    return scores_of(
        {"TNO": theirs + sign * shift + noise - noise.mean(axis=0)}, ["mine"], metrics=PAPER_METRICS
    )


@pytest.mark.parametrize(
    ("shift", "verdict"), [(0.05, AHEAD), (0.001, LEVEL), (-0.001, LEVEL), (-0.05, BEHIND)]
)
def test_verdicts(shift, verdict):
    found = [c for c in compare(paper_scores(shift), "mine") if c.row.set == "TNO" and c.row.method == "Ours"]
    assert [c.verdict for c in found] == [verdict] * 6


def test_the_reproduction_page_accounts_for_every_number():
    scores = paper_scores(0.05)
    comparisons = compare(scores, "mine")
    assert len(comparisons) == 39 * 6
    page = reproduction_page(Facts("mgfusion benchmark", "A model.", "A machine."), scores, comparisons, [])
    assert "Of 30 numbers: 6 ahead, 24 not measured." in page
    assert "Of 24 numbers: 24 not measured." in page
    assert "* MLFusion: not measured on LLVIP, M3FD, MSRS, RoadScene, TNO" in page
    assert "* w/o CII: not measured" in page
    assert "| TNO | 50 | 55 |" in page
    assert "Not measured, because no pictures were given: LLVIP, M3FD, MSRS, RoadScene." in page
    assert {c.verdict for c in comparisons} == {AHEAD, ABSENT}


def test_ablation_table_says_what_is_missing():
    values = np.random.default_rng(0).random((4, 2, 2))
    table = ablation_table(scores_of({"MSRS": values}, ("no-cii", "mgfusion-base")), "mgfusion-base")
    assert [row[0].value for row in table.rows] == ["w/o CII (no-cii)", "Ours (mgfusion-base)"]
    assert len(table.notes) == 2
    assert table.notes[0].startswith("w/o CFF: no such model")


def test_peer_checks_measure_the_largest_difference(tmp_path):
    scores = three_methods()
    own = scores.means("TNO")
    path = tmp_path / "peers.csv"
    path.write_text(f"set,method,n,Qabf,Qcv\nTNO,good,30,{own[0, 0] + 0.25},{own[0, 1]}\nTNO,poor,7,0,0\n")
    assert peer_checks([scores], read_means(path)) == [
        "good, standard convention: 2 means, largest difference 0.250000"
    ]


def test_rank_and_cost_tables_can_be_printed():
    table, _ = rank_table(three_methods(), ("TNO",), "ranks")
    assert table.rows[2][4].value == "yes"
    assert "poor" in to_latex(table)
    assert "1,234" in to_markdown(cost_table({"x": Cost(cpu_seconds=0.5, parameters=1234)}))


def test_an_undefined_metric_is_left_out_of_a_mean_rank_and_is_not_worst():
    scores = three_methods()
    scores.values["TNO"][3, 0, 0] = np.nan  # one picture of good
    scores.values["TNO"][:, 1, 1] = np.nan  # a whole metric of twin
    ranking = rank(scores, ("TNO",))
    ranks = dict(zip(ranking.methods, ranking.mean_rank, strict=True))
    assert ranks["good"] <= 1.5
    assert ranks["twin"] <= 2  # by Qabf alone; it would be 2.5 with Qcv as worst
    assert np.isfinite(ranking.interval).all()
    assert ranks_of_means(scores, {}, ("TNO",)) == pytest.approx(ranks)


def test_a_metric_defined_for_nobody_changes_no_rank():
    scores = three_methods()
    alone = rank(
        scores_of({"TNO": scores.values["TNO"][..., :1]}, scores.methods, metrics=["Qabf"]), ("TNO",)
    )
    scores.values["TNO"][..., 1] = np.nan
    assert rank(scores, ("TNO",)) == alone
    assert len(ranks_of_means(scores, {}, ("TNO",))) == 3
    scores.values["TNO"][..., 0] = np.nan
    assert rank(scores, ("TNO",)) is None
    assert ranks_of_means(scores, {}, ("TNO",)) == {}


def test_the_page_names_the_convention_that_was_used():
    scores = scores_of({"TNO": np.full((3, 1, 6), 0.5)}, ["mine"], metrics=PAPER_METRICS)
    page = reproduction_page(Facts("c", "m", "e"), scores, compare(scores, "mine"), [])
    assert "Scores follow the `standard` convention" in page
    assert "Scores follow the `paper`" not in page
    assert "Test scores guided the settings" in page
