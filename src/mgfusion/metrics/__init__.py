"""Fusion metrics with their conventions: what the fused picture keeps of the infrared and the visible one.

``evaluate_pair`` is the door; ``METRICS`` and ``CONVENTIONS`` are the tables behind it. docs/metrics.md has
the formulas.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from mgfusion.errors import OptionError
from mgfusion.metrics.conventions import CONVENTIONS, Convention
from mgfusion.metrics.picture import Triple
from mgfusion.metrics.registry import (
    METRICS,
    Metric,
    conventions_of,
    mean_over_pictures,
    metric_name,
    with_weights,
)

if TYPE_CHECKING:
    from mgfusion.metrics.batched import evaluate_batch
    from mgfusion.metrics.torch_metric import FusionMetrics

__all__ = [
    "CONVENTIONS",
    "HOT_TARGET_METRICS",
    "METRICS",
    "PAPER_METRICS",
    "Convention",
    "FusionMetrics",
    "Metric",
    "Triple",
    "conventions_of",
    "evaluate_batch",
    "evaluate_pair",
    "evaluate_triple",
    "mean_over_pictures",
    "metric_name",
    "select",
    "with_weights",
]

PAPER_METRICS = ("Qabf", "Qcv", "SSIM", "AG", "VIF", "SCD")
HOT_TARGET_METRICS = ("HTC", "HTC_lost", "HTC_inverted")


def select(metrics: Iterable[str] | None = None, convention: str = "standard") -> list[str]:
    """The names to compute, checked, in their own spelling: all of the convention where ``metrics`` is None.

    Args:
        metrics: names from ``METRICS``, in upper or lower case; one given twice counts once.
        convention: a name from ``CONVENTIONS``.

    Raises:
        OptionError: unknown convention or metric, or a metric that the convention does not define.
    """
    if convention not in CONVENTIONS:
        raise OptionError(f"unknown convention {convention!r}; there are {', '.join(CONVENTIONS)}")
    defined = CONVENTIONS[convention].metrics
    if metrics is None:
        return list(defined)
    wanted = [metrics] if isinstance(metrics, str) else metrics
    names = list(dict.fromkeys(map(metric_name, wanted)))
    for name in names:
        if name not in defined:
            raise OptionError(
                f"convention {convention!r} has no {name}; it is in {', '.join(conventions_of(name))}"
            )
    return names


def evaluate_triple(
    triple: Triple, metrics: Iterable[str] | None = None, convention: str = "standard"
) -> dict[str, float]:
    """``evaluate_pair`` on a prepared triple, which keeps its intermediate results for a next call."""
    names = select(metrics, convention)
    chosen = CONVENTIONS[convention]
    scores = {}
    for name in names:
        metric = METRICS[name]
        if min(triple.shape) < chosen.min_sizes.get(name, metric.min_size):
            scores[name] = float("nan")
        else:
            scores[name] = float(metric.function(triple, **chosen.metrics[name]))
    return scores


def evaluate_pair(
    fused: ArrayLike,
    ir: ArrayLike,
    vis: ArrayLike,
    metrics: Iterable[str] | None = None,
    convention: str = "standard",
) -> dict[str, float]:
    """Score a fused picture against its two sources.

    Args:
        fused, ir, vis: uint8, uint16 or float in [0, 1]; (H, W), or (H, W, 3) RGB, which is scored by its
            luminance.
        metrics: names from ``METRICS``, in upper or lower case; all that the convention defines where None.
        convention: a name from ``CONVENTIONS``.

    Returns:
        Metric name, as ``METRICS`` spells it -> value, in the order asked for. NaN where the metric is
        undefined: a picture smaller than the metric's minimum size, or too flat for it (say, the correlation
        with a constant picture).

    Raises:
        ImageError: sizes differ, values are NaN or out of range, or another dtype.
        OptionError: a name is unknown.
    """
    return evaluate_triple(Triple(fused, ir, vis), metrics, convention)


def __getattr__(name: str) -> Any:
    """The names that need torch, on first use."""
    if name == "evaluate_batch":
        from mgfusion.metrics.batched import evaluate_batch

        return evaluate_batch
    if name == "FusionMetrics":
        from mgfusion.extras import needs_extra

        with needs_extra("train", "FusionMetrics"):
            from mgfusion.metrics.torch_metric import FusionMetrics

        return FusionMetrics
    raise AttributeError(f"module 'mgfusion.metrics' has no attribute {name!r}")
