"""Scores of pictures, one row each, as one array."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """The scores of one picture, metric -> value; NaN where the metric is undefined for it."""

    name: str
    scores: dict[str, float]


class ScoreRows(Sequence[Row]):
    """A :class:`Row` a picture, made as it is asked for: a million of them would take gigabytes."""

    def __init__(self, names: Sequence[str], metrics: Sequence[str], values: Values) -> None:
        """Rows of names (N) and float64 values (N, M), a column a metric."""
        self.names = list(names)
        self.metrics = tuple(metrics)
        self.values = values

    def column(self, metric: str) -> Values:
        """The values of one metric, (N,)."""
        values: Values = self.values[:, self.metrics.index(metric)]
        return values

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> "ScoreRows": ...
    def __getitem__(self, index: int | slice) -> "Row | ScoreRows":
        if isinstance(index, slice):
            return ScoreRows(self.names[index], self.metrics, self.values[index])
        return Row(self.names[index], dict(zip(self.metrics, self.values[index].tolist(), strict=True)))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ScoreRows)
            and (self.names, self.metrics) == (other.names, other.metrics)
            and np.array_equal(self.values, other.values, equal_nan=True)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"ScoreRows({list(self)!r})"
