"""Cached pictures and scores carry what they were made with."""

import json

import pytest
from test_runner import make_plan

from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.benchmark.run import fingerprints, runner
from mgfusion.benchmark.run.runner import run
from mgfusion.benchmark.run.score_file import ScoreFile
from mgfusion.errors import BenchmarkError


def jobs_of(plan):
    done = []
    assert run(plan, lambda *a: done.append(a)).failures == []
    return len(done)


def test_changed_metrics_are_scored_anew_and_the_pictures_kept(data, tmp_path, monkeypatch):
    plan = make_plan(data, tmp_path / "out", "average")
    assert jobs_of(plan) == 5
    before = {p: p.stat().st_mtime_ns for p in plan.out.rglob("*.png")}
    monkeypatch.setattr(runner, "code_fingerprint", lambda *packages: "corrected")
    assert jobs_of(plan) == 5
    assert {p: p.stat().st_mtime_ns for p in plan.out.rglob("*.png")} == before
    assert jobs_of(plan) == 0


def test_changed_inference_code_changes_a_models_fingerprint(monkeypatch):
    model, classical = Method("m", "model", "mgfusion-tiny"), Method("average", "classical", "average")
    before = [fingerprints.method_fingerprint(m) for m in (model, classical)]
    monkeypatch.setattr(fingerprints, "code_fingerprint", lambda *packages: "changed")
    after = [fingerprints.method_fingerprint(m) for m in (model, classical)]
    assert after[0] != before[0]
    assert after[1] == before[1]


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"methods": 3}), ""])
def test_of_a_damaged_state_nothing_is_believed(data, tmp_path, text):
    plan = make_plan(data, tmp_path / "out", "average")
    run(plan)
    (plan.out / "state.json").write_text(text)
    assert jobs_of(plan) == 5
    assert jobs_of(plan) == 0


def test_scores_that_are_no_text_are_one_line(tmp_path):
    (tmp_path / "scores.csv").write_bytes(b"set,method,name\n\xff\xfe\n")
    with pytest.raises(BenchmarkError, match=r"scores\.csv: cannot be read"):
        ScoreFile(tmp_path / "scores.csv")
