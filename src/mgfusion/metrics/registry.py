"""The table of metrics: name -> what it is."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import fsum, inf, isfinite, nan
from typing import Literal

from mgfusion.errors import OptionError
from mgfusion.metrics import (
    edges,
    fidelity,
    global_statistics,
    gradients,
    hot_targets,
    information,
    multiscale,
    mutual_features,
    perception,
    phase,
    similarity,
    structure,
    wavelet_edges,
)
from mgfusion.metrics.conventions import CONVENTIONS

Better = Literal["higher", "lower", "nearer 0", ""]


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        title: in words.
        function: takes a ``Triple`` and keyword parameters, gives a float.
        better: the direction that is usually called better; empty for a count, which has none.
        low, high: the values it can take under the standard convention.
        reference: whose definition it is.
        min_size: smallest picture side; below it the metric is NaN.
        weight: the metric that says how much a picture counts in a mean over pictures; all alike where None.
        part_of: the metric that reads the same thing, and stands for both where metrics are counted.
    """

    title: str
    function: Callable[..., float]
    better: Better
    low: float
    high: float
    reference: str
    min_size: int = 1
    weight: str | None = None
    part_of: str | None = None


_SHEIKH = "Sheikh & Bovik 2006"
_FMI = "Haghighat et al. 2011"
_PIELLA = "Piella & Heijmans 2003"
_HERE = "defined here"

METRICS: dict[str, Metric] = {
    "Qabf": Metric("edge preservation Q_AB/F", edges.qabf, "higher", 0, 1, "Xydeas & Petrovic 2000"),
    "Qcv": Metric("Chen-Varshney", perception.qcv, "lower", 0, inf, "Chen & Varshney 2007"),
    "SSIM": Metric("structural similarity, sum", structure.ssim, "higher", -2, 2, "Wang et al. 2004", 11),
    "AG": Metric("average gradient", gradients.average_gradient, "higher", 0, inf, "Cui et al. 2015", 2),
    "VIF": Metric("visual information fidelity, sum", fidelity.vif, "higher", 0, inf, _SHEIKH, 41),
    "SCD": Metric(
        "sum of correlations of differences", global_statistics.scd, "higher", -2, 2, "Aslantas & Bendes 2015"
    ),
    "EN": Metric("entropy, bits", information.entropy, "higher", 0, 8, "Roberts et al. 2008"),
    "SD": Metric("standard deviation", global_statistics.standard_deviation, "higher", 0, 127.5, "Rao 1997"),
    "SF": Metric(
        "spatial frequency", gradients.spatial_frequency, "higher", 0, inf, "Eskicioglu & Fisher 1995", 2
    ),
    "MI": Metric(
        "mutual information, bits", information.mutual_information, "higher", 0, 16, "Qu et al. 2002"
    ),
    "QMI": Metric(
        "normalised mutual information",
        information.normalised_mutual_information,
        "higher",
        0,
        2,
        "Hossny et al. 2008",
    ),
    "CC": Metric(
        "correlation coefficient",
        global_statistics.correlation_coefficient,
        "higher",
        -1,
        1,
        "Deshmukh & Bhosale 2010",
    ),
    "PSNR": Metric(
        "peak signal-to-noise ratio, dB", global_statistics.psnr, "higher", 0, inf, "Jagalingam & Hegde 2015"
    ),
    "MSE": Metric("mean squared error", global_statistics.mse, "lower", 0, 65025, "Jagalingam & Hegde 2015"),
    "RMSE": Metric("root of MSE", global_statistics.rmse, "lower", 0, 255, "Jagalingam & Hegde 2015"),
    "CE": Metric("cross entropy, bits", information.cross_entropy, "lower", -inf, inf, "Bulanon et al. 2009"),
    "EI": Metric("edge intensity", gradients.edge_intensity, "higher", 0, inf, "Rajalingam & Priya 2018"),
    "Nabf": Metric("fusion artefacts N_AB/F", edges.nabf, "lower", 0, 1, "Shreyamsha Kumar 2013", 2),
    "Qcb": Metric("Chen-Blum", perception.qcb, "higher", 0, 1, "Chen & Blum 2009"),
    "Qy": Metric("Yang", similarity.qy, "higher", -1, 1, "Yang et al. 2008", 11),
    "Qp": Metric("phase congruency", phase.qp, "higher", 0, 1, "Zhao et al. 2007", 11),
    "Qs": Metric("Piella, saliency", similarity.qs, "higher", -1, 1, _PIELLA, 8),
    "Qw": Metric("Piella, weighted", similarity.qw, "higher", -1, 1, _PIELLA, 8),
    "Qe": Metric("Piella, edge-dependent", similarity.qe, "higher", -1, 1, _PIELLA, 8),
    "Qc": Metric("Cvejic", similarity.qc, "higher", -1, 1, "Cvejic et al. 2005", 11),
    "Qm": Metric("multi-scale wavelet", wavelet_edges.qm, "higher", 0, 3, "Wang & Liu 2008", 4),
    "Qsf": Metric(
        "spatial frequency ratio",
        gradients.spatial_frequency_ratio,
        "nearer 0",
        -1,
        inf,
        "Zheng et al. 2007",
        2,
    ),
    "Qncie": Metric(
        "nonlinear correlation information entropy",
        information.nonlinear_correlation,
        "higher",
        0,
        1,
        "Wang et al. 2008",
    ),
    "Qte": Metric(
        "Tsallis information", information.tsallis_information, "higher", 0, inf, "Cvejic et al. 2006"
    ),
    "Qte_nava": Metric(
        "normalised Tsallis information",
        information.tsallis_information,
        "higher",
        0,
        inf,
        "Nava et al. 2007",
    ),
    "VIF_ir": Metric("VIF of the infrared alone", fidelity.vif, "higher", 0, inf, _SHEIKH, 41),
    "VIF_vis": Metric("VIF of the visible alone", fidelity.vif, "higher", 0, inf, _SHEIKH, 41),
    "VIFF": Metric("VIF for fusion", fidelity.viff, "higher", 0, inf, "Han et al. 2013", 41),
    "MSSSIM": Metric("multi-scale SSIM, mean", multiscale.ms_ssim, "higher", 0, 1, "Wang et al. 2003", 176),
    "MEFSSIM": Metric("multi-exposure SSIM", multiscale.mef_ssim, "higher", 0, 1, "Ma et al. 2015", 44),
    "FMI_pixel": Metric("feature MI, grey levels", mutual_features.fmi, "higher", 0, 1, _FMI, 3),
    "FMI_dct": Metric("feature MI, DCT", mutual_features.fmi, "higher", 0, 1, _FMI, 3),
    "FMI_wavelet": Metric("feature MI, Meyer wavelet", mutual_features.fmi, "higher", 0, 1, _FMI, 3),
    "FMI_gradient": Metric("feature MI, gradient", mutual_features.fmi, "higher", 0, 1, _FMI, 3),
    "FMI_edge": Metric("feature MI, Sobel edges", mutual_features.fmi, "higher", 0, 1, _FMI, 3),
    "HTC": Metric(
        "hot-target contrast kept",
        hot_targets.hot_target_contrast,
        "higher",
        0,
        1,
        _HERE,
        weight="HTC_spots",
    ),
    "HTC_lost": Metric(
        "share of hot targets lost",
        hot_targets.hot_target_contrast,
        "lower",
        0,
        1,
        _HERE,
        weight="HTC_spots",
        part_of="HTC",
    ),
    "HTC_inverted": Metric(
        "share of hot targets drawn dark",
        hot_targets.hot_target_contrast,
        "lower",
        0,
        1,
        _HERE,
        weight="HTC_spots",
        part_of="HTC",
    ),
    "HTC_spots": Metric("hot targets", hot_targets.hot_target_contrast, "", 0, 12, _HERE),
}

_BY_FOLDED_NAME = {name.casefold(): name for name in METRICS}


def with_weights(metrics: Iterable[str]) -> list[str]:
    """The same names, then what weighs them in a mean over pictures, see :class:`Metric`."""
    names = list(metrics)
    weights = dict.fromkeys(w for name in names if (w := METRICS[name].weight))
    return names + [name for name in weights if name not in names]


def mean_over_pictures(pictures: Iterable[Mapping[str, float]], metric: str) -> float:
    """Mean of a metric over the pictures for which it is finite, weighted as it asks; NaN for none.

    Args:
        pictures: the scores of each, metric -> value.

    Raises:
        KeyError: the metric's weight is not among the scores; :func:`with_weights` adds it.
    """
    weight = METRICS[metric].weight
    counted = [(p[metric], 1.0 if weight is None else p[weight]) for p in pictures if isfinite(p[metric])]
    total = fsum(w for _, w in counted)
    return fsum(value * w for value, w in counted) / total if total > 0 else nan


def conventions_of(metric: str) -> list[str]:
    """The conventions that define a metric."""
    return [name for name, convention in CONVENTIONS.items() if metric in convention.metrics]


def metric_name(name: str) -> str:
    """A metric's name as :data:`METRICS` spells it: ``qabf`` gives ``Qabf``.

    Raises:
        OptionError: no such metric.
    """
    found = _BY_FOLDED_NAME.get(name.casefold())
    if found is None:
        raise OptionError(f"unknown metric {name!r}; there are {', '.join(METRICS)}")
    return found
