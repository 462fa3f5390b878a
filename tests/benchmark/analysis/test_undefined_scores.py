"""Tables of variants where a metric is undefined."""

import numpy as np

from mgfusion.benchmark.analysis.ablation_scores import Result, write_ablation


def test_a_metric_undefined_for_every_variant_is_written_and_marks_nobody(tmp_path):
    values = np.array([[[0.5, np.nan]], [[0.6, np.nan]]])
    page = write_ablation(
        Result("paper", ("full", "no-cii"), ("Qabf", "VIF"), {"TNO": values}, {"TNO": 2}, ()), tmp_path
    )
    lines = page.read_text().splitlines()
    assert "| full | 0.5000 | nan |" in lines
    assert "| no-cii | **0.6000** | nan |" in lines
