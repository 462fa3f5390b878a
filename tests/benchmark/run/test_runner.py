"""Runs: resumable, parallel, and no failure but its own."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mgfusion.benchmark.methods.method_specs import Method, parse_method
from mgfusion.benchmark.methods.openers import open_method
from mgfusion.benchmark.methods.test_sets import find_sets
from mgfusion.benchmark.run import jobs
from mgfusion.benchmark.run.planning import Plan, chosen_metrics
from mgfusion.benchmark.run.runner import run
from mgfusion.benchmark.run.score_file import ScoreFile
from mgfusion.data import opened_pair
from mgfusion.data.opened_pair import read_luminance
from mgfusion.errors import BenchmarkError
from mgfusion.evaluation import evaluate
from mgfusion.images import reading, write_image
from mgfusion.metrics import evaluate_pair
from mgfusion.thermal import thermal_files


def make_plan(data, out, *specs, workers=0, metrics=("AG", "SCD"), conventions=("standard", "paper")):
    methods = tuple(s if isinstance(s, Method) else parse_method(s) for s in specs)
    return Plan(find_sets([data]), methods, out, chosen_metrics(conventions, metrics), workers)


def test_scores_are_those_of_the_saved_pictures(data, tmp_path):
    plan = make_plan(data, tmp_path / "out", "average", "laplacian")
    result = run(plan)
    assert result.failures == []
    pair = plan.sets["TNO"][1]
    fused, ir, vis = (
        np.asarray(Image.open(p))
        for p in (tmp_path / "out" / "laplacian" / "TNO" / "01.png", pair.ir, pair.vis)
    )
    assert fused.dtype == np.uint8
    for convention in ("standard", "paper"):
        row = result.scores[convention].rows["TNO", "laplacian", "01"]
        assert row == pytest.approx(evaluate_pair(fused, ir, vis, ["AG", "SCD"], convention))
    times = result.times.rows["TNO", "laplacian", "01"]
    assert times["height"] == 48
    assert times["cpu_seconds"] > 0


def test_what_is_done_is_skipped(data, tmp_path):
    out = tmp_path / "out"
    done = []
    run(make_plan(data, out, "average"), lambda *a: done.append(a))
    assert len(done) == 5
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*.png")}
    again = []
    result = run(make_plan(data, out, "average"), lambda *a: again.append(a))
    assert again == []
    assert len(result.scores["standard"].rows) == 5
    assert {p: p.stat().st_mtime_ns for p in out.rglob("*.png")} == before


def test_only_what_is_missing_is_done(data, tmp_path):
    out = tmp_path / "out"
    run(make_plan(data, out, "average"))
    (out / "average" / "TNO" / "02.png").unlink()
    done = []
    run(make_plan(data, out, "average", "maximum"), lambda *a: done.append(a))
    assert len(done) == 1 + 5
    more = []
    result = run(make_plan(data, out, "average", metrics=("AG", "SCD", "EN")), lambda *a: more.append(a))
    assert len(more) == 5  # scored again, for a metric that was not there
    assert result.scores["standard"].rows["TNO", "maximum", "00"].keys() == {"AG", "SCD"}


def test_changed_inputs_are_done_again(data, tmp_path):
    out, results = tmp_path / "out", tmp_path / "results"
    shutil.copytree(data / "TNO" / "test" / "vi", results / "TNO")
    spec = f"mine=folder:{results}"
    first = run(make_plan(data, out, spec, "average")).scores["standard"].rows
    Image.fromarray(np.zeros((48, 64), np.uint8)).save(results / "TNO" / "00.png")
    done = []
    second = run(make_plan(data, out, spec, "average"), lambda *a: done.append(a)).scores["standard"].rows
    assert len(done) == 3
    assert second["TNO", "mine", "00"]["AG"] == 0
    assert second["TNO", "mine", "01"]["AG"] == first["TNO", "mine", "01"]["AG"] > 0
    assert ("MSRS", "mine", "00000N") not in second


def test_one_failure_is_named_and_the_rest_is_done(data, tmp_path):
    (data / "TNO" / "test" / "ir" / "01.png").write_bytes(b"no picture")
    results = tmp_path / "results"
    shutil.copytree(data / "TNO" / "test" / "vi", results)
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(results / "02.png")
    (data / "MSRS").rename(tmp_path / "MSRS")
    result = run(make_plan(data, tmp_path / "out", f"mine=folder:{results}", "average"))
    assert len(result.failures) == 3
    assert any("average on TNO/01" in f and "01.png" in f for f in result.failures)
    assert any(
        "mine on TNO/02: the fused picture has 9x9 pixels, the pair 64x48" in f for f in result.failures
    )
    assert not (tmp_path / "out" / "mine" / "TNO" / "02.png").exists()
    assert len(result.scores["standard"].rows) == 3


def as_stored(folder, name, array):
    folder.mkdir(parents=True, exist_ok=True)
    return write_image(folder / f"{name}.png", array)


def test_evaluate_scores_colour_and_sixteen_bits_alike(tmp_path):
    """The visible picture is never stretched, the infrared one as for fusing."""
    noise = np.random.default_rng(0)
    counts = (7000 + noise.integers(0, 2000, (64, 64))).astype(np.uint16)
    root = tmp_path / "data" / "mine"
    sources = {
        "colour": (noise.integers(0, 256, (64, 64), np.uint8), noise.integers(0, 256, (64, 64, 3), np.uint8)),
        "deep": (counts, noise.integers(0, 9000, (64, 64)).astype(np.uint16)),
        "deep_colour": (counts, noise.integers(0, 9000, (64, 64, 3)).astype(np.uint16)),
    }
    for name, (ir, vis) in sources.items():
        as_stored(root / "ir", name, ir)
        as_stored(root / "vi", name, vis)
    plan = make_plan(tmp_path / "data", tmp_path / "out", "average", metrics=("EN", "MI", "SCD", "AG"))
    result = run(plan)
    assert result.failures == []
    report = evaluate(tmp_path / "out/average/mine", root / "ir", root / "vi", ["EN", "MI", "SCD", "AG"])
    assert len(report.rows) == 3
    for row in report.rows:
        assert row.scores == pytest.approx(result.scores["standard"].rows["mine", "average", row.name])
    dark = read_luminance(tmp_path / "out/average/mine/deep.png")
    assert dark.max() < 0.5 + 9000 / 65535 / 2 + 0.01


@pytest.mark.parametrize("method", ["average", "mgfusion-tiny"])
def test_a_job_decodes_each_file_once_and_none_while_it_is_timed(data, tmp_path, monkeypatch, method):
    plan = make_plan(data / "MSRS", tmp_path / "out", method, metrics=("AG",))
    decoded, during = [], []
    real, timed = reading.decode_image, jobs.timed

    def counted(data, path):
        path = Path(path)
        decoded.append(path.name if "vi" not in path.parts else f"vi/{path.name}")
        return real(data, path)

    def watched(work):
        before = len(decoded)
        done = timed(work)
        during.append(len(decoded) - before)
        return done

    for module in (reading, opened_pair, thermal_files):
        monkeypatch.setattr(module, "decode_image", counted)
    monkeypatch.setattr(jobs, "timed", watched)
    assert run(plan).failures == []
    assert decoded == ["00000N.png", "vi/00000N.png", "00001N.png", "vi/00001N.png"]
    assert during == [0, 0]


def test_any_error_of_one_job_is_one_line(data, tmp_path, monkeypatch):
    def scarce(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes\nframe 0")

    monkeypatch.setattr("mgfusion.benchmark.methods.classical.fuse_classical", scarce)
    (data / "MSRS").rename(tmp_path / "MSRS")
    open_method.cache_clear()
    result = run(make_plan(data, tmp_path / "out", "average"))
    open_method.cache_clear()
    assert result.failures[0] == ("average on TNO/00: not enough memory; let fewer run at once (--workers)")
    assert len(result.failures) == 3 and not list((tmp_path / "out").rglob("*.png"))


def test_workers_give_the_same_as_none(data, tmp_path):
    alone = run(make_plan(data, tmp_path / "a", "tif"))
    parallel = run(make_plan(data, tmp_path / "b", "tif", workers=2))
    assert parallel.failures == []
    assert parallel.scores["standard"].rows == alone.scores["standard"].rows


@pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9")
def test_a_worker_that_dies_costs_its_own_job_alone(data, tmp_path):
    (data / "MSRS").rename(tmp_path / "MSRS")
    killer = Method("killer", "command", "sh -c 'kill -9 $PPID' {ir} {vis} {out}")
    result = run(make_plan(data, tmp_path / "out", killer, "average", workers=2))
    assert len(result.failures) == 3
    assert all("killer on TNO/0" in f and "its process died" in f for f in result.failures)
    assert len(result.scores["standard"].rows) == 3


def test_a_half_written_line_is_not_done(tmp_path):
    path = tmp_path / "scores.csv"
    file = ScoreFile(path)
    file.add(("TNO", "x", "01"), {"AG": 1.5, "EN": float("nan")})
    file.add(("TNO", "x", "02"), {"AG": 2.5})
    assert len(path.read_text().splitlines()) == 3  # on disk before it is closed
    file.close()
    with path.open("a") as out:
        out.write("TNO,x,03,2.5,0.01")  # of 0.0123, say
    rows = ScoreFile(path).rows
    assert rows["TNO", "x", "02"] == {"AG": 2.5}
    assert np.isnan(rows["TNO", "x", "01"]["EN"])
    assert ("TNO", "x", "03") not in rows


def test_another_table_is_not_taken_for_scores(tmp_path):
    (tmp_path / "scores.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BenchmarkError, match=r"scores\.csv: lacks the columns set, method, name"):
        ScoreFile(tmp_path / "scores.csv")


def test_metrics_are_checked():
    assert chosen_metrics(["standard", "paper"], ["EN"]) == {"standard": ("EN",)}
    with pytest.raises(ValueError, match="unknown metric 'nothing'"):
        chosen_metrics(["standard"], ["nothing"])
    with pytest.raises(ValueError, match="unknown convention"):
        chosen_metrics(["nothing"], None)
