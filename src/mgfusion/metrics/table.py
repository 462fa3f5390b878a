"""The table of metrics: name -> what it is."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Literal

from mgfusion.metrics import edges, fidelity, gradients, information, perception, statistics, structure
from mgfusion.metrics.conventions import CONVENTIONS

Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        title: in words.
        function: takes a `Triple` and keyword parameters, gives a float.
        better: the direction that is usually called better.
        span: (lowest, highest) value under the standard convention.
        reference: whose definition it is.
        min_size: smallest picture side; below it the metric is NaN.
    """

    title: str
    function: Callable[..., float]
    better: Better
    span: tuple[float, float]
    reference: str
    min_size: int = 1


METRICS: dict[str, Metric] = {
    "Qabf": Metric("edge preservation Q_AB/F", edges.qabf, "higher", (0, 1), "Xydeas & Petrovic 2000"),
    "Qcv": Metric("Chen-Varshney", perception.qcv, "lower", (0, inf), "Chen & Varshney 2007"),
    "SSIM": Metric("structural similarity", structure.ssim, "higher", (-2, 2), "Wang et al. 2004", 11),
    "AG": Metric("average gradient", gradients.average_gradient, "higher", (0, inf), "Cui et al. 2015", 2),
    "VIF": Metric("visual information fidelity", fidelity.vif, "higher", (0, inf), "Sheikh & Bovik 2006", 41),
    "SCD": Metric(
        "sum of correlations of differences", statistics.scd, "higher", (-2, 2), "Aslantas & Bendes 2015"
    ),
    "EN": Metric("entropy", information.entropy, "higher", (0, 8), "Roberts et al. 2008"),
    "SD": Metric("standard deviation", statistics.standard_deviation, "higher", (0, 127.5), "Rao 1997"),
    "SF": Metric(
        "spatial frequency", gradients.spatial_frequency, "higher", (0, inf), "Eskicioglu & Fisher 1995", 2
    ),
    "MI": Metric("mutual information", information.mutual_information, "higher", (0, 16), "Qu et al. 2002"),
    "CC": Metric(
        "correlation coefficient", statistics.correlation_coefficient, "higher", (-1, 1), "Pearson 1896"
    ),
    "PSNR": Metric(
        "peak signal-to-noise ratio", statistics.psnr, "higher", (0, inf), "Jagalingam & Hegde 2015"
    ),
    "MSE": Metric("mean squared error", statistics.mse, "lower", (0, 65025), "Jagalingam & Hegde 2015"),
    "EI": Metric("edge intensity", gradients.edge_intensity, "higher", (0, inf), "Rajalingam & Priya 2018"),
    "VIF_ir": Metric(
        "VIF of the infrared alone", fidelity.vif, "higher", (0, inf), "Sheikh & Bovik 2006", 41
    ),
    "VIF_vis": Metric(
        "VIF of the visible alone", fidelity.vif, "higher", (0, inf), "Sheikh & Bovik 2006", 41
    ),
}


def conventions_of(metric: str) -> list[str]:
    """The conventions that define a metric."""
    return [name for name, convention in CONVENTIONS.items() if metric in convention.metrics]
