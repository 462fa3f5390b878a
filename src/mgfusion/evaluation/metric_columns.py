"""Metrics as columns of a table."""

from collections.abc import Sequence

from mgfusion.evaluation.table_formats import Column
from mgfusion.metrics import METRICS

_DECIMALS = {"Qcv": 2, "EN": 4, "SD": 2, "SF": 2, "PSNR": 2, "MSE": 5, "EI": 2}


def metric_columns(metrics: Sequence[str], group: str = "") -> tuple[Column, ...]:
    """A column a metric, with its arrow."""
    return tuple(Column(m, group, _DECIMALS.get(m, 4), METRICS[m].better) for m in metrics)
