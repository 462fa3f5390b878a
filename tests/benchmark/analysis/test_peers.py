"""The same scores as an independent measurement of published networks' results."""

import os
from pathlib import Path

import pytest

from mgfusion.benchmark.analysis.score_arrays import collect, read_means
from mgfusion.benchmark.methods.method_specs import peers
from mgfusion.benchmark.methods.test_sets import find_sets
from mgfusion.benchmark.run.planning import Plan, chosen_metrics
from mgfusion.benchmark.run.runner import run

DATA = os.environ.get("MGFUSION_DATA")
PEERS = Path(os.environ.get("MGFUSION_PEERS") or (Path(DATA, "..", "peers") if DATA else "none"))
HERE = DATA is not None and (PEERS / "peers.csv").is_file()


@pytest.mark.real_data
@pytest.mark.skipif(not HERE, reason="needs MGFUSION_DATA, and MGFUSION_PEERS or ../peers beside it")
@pytest.mark.parametrize(
    ("method", "set_name", "metrics"),
    [
        ("MMDRFuse", "RoadScene", ["Qabf", "Qcv", "SSIM", "AG", "VIF", "SCD", "EN", "SD"]),
        ("SeAFusion", "M3FD", ["SSIM", "AG", "SCD"]),  # megapixels in colour: how grey is read shows in SSIM
    ],
)
def test_means_equal_those_given(method, set_name, metrics, tmp_path):
    chosen = tuple(m for m in peers(PEERS) if m.name == method)
    sets = {set_name: find_sets([Path(DATA)])[set_name]}
    plan = Plan(sets, chosen, tmp_path, chosen_metrics(["standard", "paper"], metrics), 0)
    result = run(plan)
    assert result.failures == []
    means = read_means(PEERS / "peers.csv")
    for convention in plan.metrics:
        scores = collect(result, convention, (method,))
        own = dict(zip(scores.metrics, scores.means(set_name)[0], strict=True))
        given = {k: v for k, v in means[convention, set_name, method].items() if k in own}
        assert given.keys() >= set(metrics) - {"VIF", "EN", "SD"}
        assert {k: own[k] for k in given} == pytest.approx(given, abs=1e-4)
