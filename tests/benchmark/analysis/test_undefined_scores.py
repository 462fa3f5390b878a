"""Tables of variants where a metric is undefined."""

import numpy as np

from mgfusion.benchmark.analysis.ablation_scores import Result, write_ablation
from mgfusion.benchmark.analysis.score_arrays import Scores


def test_a_metric_undefined_for_every_variant_is_written_and_marks_nobody(tmp_path):
    values = np.array([[[0.5, np.nan]], [[0.6, np.nan]]])
    scores = Scores(
        convention="paper",
        metrics=("Qabf", "VIF"),
        methods=("full", "no-cii"),
        pictures={"TNO": ("a", "b")},
        values={"TNO": np.repeat(values.transpose(1, 0, 2), 2, axis=0)},
        present={"TNO": np.ones((2, 2), bool)},
    )
    order = np.array([[0], [1]])
    page = write_ablation(
        Result("paper", ("full", "no-cii"), ("Qabf", "VIF"), {"TNO": values}, scores, order, ()), tmp_path
    )
    lines = page.read_text().splitlines()
    assert "| full | 0.5000 | nan |" in lines
    assert "| no-cii | **0.6000** | nan |" in lines
