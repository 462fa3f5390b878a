"""What each published code base computes under each name, as the parameters that make our functions do it."""

from dataclasses import dataclass, field
from typing import Any

from mgfusion.metrics.moments import Window

Parameters = dict[str, Any]


@dataclass(frozen=True)
class Convention:
    """One set of definitions.

    Attributes:
        title: whose definitions these are.
        metrics: metric name -> parameters of its function; a metric that is absent has no such definition.
        min_sizes: smallest picture side, where it is not the metric's own.
    """

    title: str
    metrics: dict[str, Parameters]
    min_sizes: dict[str, int] = field(default_factory=dict)


REPLICATED = Window(11, 1.5, "replicate")
SSIM_CONSTANTS: Parameters = {"window": Window(11, 1.5, direct=True), "c1": 2.55**2, "c2": 7.65**2}
NAVA: Parameters = {"order": 0.43137, "normalised": True}

HOT_TARGETS: dict[str, Parameters] = {  # in no code base but this one
    "HTC": {"of": "kept"},
    "HTC_lost": {"of": "lost"},
    "HTC_inverted": {"of": "inverted"},
    "HTC_spots": {"of": "spots"},
}

STANDARD: dict[str, Parameters] = {
    "Qabf": {},
    "Qcv": {},
    "SSIM": {},
    "AG": {},
    "VIF": {},
    "SCD": {},
    "EN": {},
    "SD": {},
    "SF": {},
    "MI": {},
    "QMI": {},
    "CC": {},
    "PSNR": {},
    "MSE": {},
    "RMSE": {},
    "CE": {},
    "EI": {},
    "Nabf": {},
    "Qcb": {},
    "Qy": {},
    "Qp": {},
    "Qs": {},
    "Qw": {},
    "Qe": {},
    "Qc": {},
    "Qm": {},
    "Qsf": {},
    "Qncie": {},
    "Qte": {},
    "Qte_nava": NAVA,
    "VIF_ir": {"of": "ir"},
    "VIF_vis": {"of": "vis"},
    "VIFF": {},
    "MSSSIM": {},
    "MEFSSIM": {},
    "FMI_pixel": {"feature": "pixel"},
    "FMI_dct": {"feature": "dct"},
    "FMI_wavelet": {"feature": "wavelet"},
    "FMI_gradient": {"feature": "gradient"},
    "FMI_edge": {"feature": "edge"},
    **HOT_TARGETS,
}

CDDFUSE: dict[str, Parameters] = {
    "Qabf": {"equal_gain": 1.0},
    "SSIM": {"window": Window(7, None), "dynamic_range": 2.0, "unbiased": True},
    "AG": {"all_pixels": True},
    "VIF": {"swapping": True},
    "SCD": {},
    "EN": {},
    "SD": {},
    "SF": {},
    "MI": {"nats": True},
    "CC": {},
    "PSNR": {"peak": "fused"},
    "MSE": {},
}
CDDFUSE_SIZES = {"VIF": 1, "SSIM": 7}

CONVENTIONS: dict[str, Convention] = {
    "standard": Convention("each metric's own paper, in floating point, known bugs mended", STANDARD),
    "paper": Convention(
        "what best explains the tables of the MGFusion paper",
        {
            "Qabf": {},
            "Qcv": {},
            "SSIM": {},
            "AG": {},
            "VIF": {"average": True, "saturated": True},
            "SCD": {"clipped": True},
            **HOT_TARGETS,
        },
    ),
    "vifb": Convention(
        "VIFB (Zhang et al., 2020), MATLAB",
        {
            "Qabf": {},
            "Qcv": {},
            "SSIM": {},
            "AG": {},
            "EN": {},
            "SD": {},
            "SF": {"over_all_pixels": True},
            "MI": {"stretched": True, "nats": True},
            "PSNR": {"root_first": True},
            "RMSE": {"root_first": True},
            "CE": {},
            "EI": {},
            "Qcb": {"mended": False},
        },
    ),
    "tang": Convention(
        "General Evaluation Metric of L. Tang, MATLAB, its functions given doubles 0..255",
        {
            "Qabf": {"equal_gain": 1.0},
            "SSIM": {"window": REPLICATED, "dynamic_range": 1.0, "average": True},
            "AG": {},
            "VIF": {},
            "SCD": {},
            "EN": {},
            "SD": {},
            "SF": {},
            "MI": {"top_merged": True},
            "CC": {},
            "PSNR": {"data_peak": 1.0},
            "MSE": {"peak": 1.0},
            "Nabf": {"rotated": True},
            "VIF_ir": {"of": "ir"},
            "VIF_vis": {"of": "vis"},
            "MSSSIM": {"measure": "mef", "too_small": float("-inf")},
            "MEFSSIM": {"weights": (1.0,)},
            "FMI_pixel": {"feature": "edge"},
            "FMI_dct": {"feature": "dct"},
            "FMI_wavelet": {"feature": "wavelet"},
            "FMI_gradient": {"feature": "gradient"},
        },
        {"VIF": 1, "VIF_ir": 1, "VIF_vis": 1, "SSIM": 1, "MSSSIM": 1, "MEFSSIM": 11},
    ),
    "tang_uint8": Convention(
        "the same functions given uint8 pictures, as for the published spreadsheets",
        {
            "SSIM": {"window": REPLICATED, "average": True},
            "VIF": {"saturated": True},
            "SCD": {"clipped": True},
            "VIF_ir": {"of": "ir", "saturated": True},
            "VIF_vis": {"of": "vis", "saturated": True},
        },
        {"VIF": 1, "VIF_ir": 1, "VIF_vis": 1, "SSIM": 1},
    ),
    "cddfuse": Convention(
        "Evaluator of CDDFuse (Zhao et al., 2023), Python, in double precision", CDDFUSE, CDDFUSE_SIZES
    ),
    "cddfuse_float32": Convention(
        "the same as shipped, in single precision, which only SSIM feels (the others stay double)",
        {**CDDFUSE, "SSIM": {**CDDFUSE["SSIM"], "single": True}},
        CDDFUSE_SIZES,
    ),
    "liu": Convention(
        "imageFusionMetrics of Z. Liu (Liu et al., 2012), MATLAB",
        {
            "Qabf": {
                "equal_gain": None,
                "strength": (1.0, 10.0, 0.5),
                "orientation": (1.0, 20.0, 0.75),
                "tiny": 1e-5,
                "folded": True,
                "pixel_mean": True,
            },
            "Qcv": {},
            "QMI": {"stretched": True},
            "Qcb": {"mended": False},
            "Qy": {"mended": False, "half": False},
            "Qp": {"shift_mended": False},
            "Qs": SSIM_CONSTANTS,
            "Qw": SSIM_CONSTANTS,
            "Qe": {"crashing": True},
            "Qc": {"mended": False},
            "Qm": {},
            "Qsf": {},
            "Qncie": {"stretched": True},
            "Qte": {"swapped": True},
            "Qte_nava": {**NAVA, "swapped": True},
        },
        {"Qs": 11, "Qw": 11},
    ),
    "mfif": Convention(
        "corrected copies of the same by Y. Liu (MFIF), MATLAB",
        {
            "Qabf": {"equal_gain": None, "tiny": 1e-5},
            "Qcv": {},
            "QMI": {"stretched": True},
            "Qcb": {"mended": False},
            "Qy": {"mended": False},
            "Qp": {"shift_mended": False},
            "Qs": {},
            "Qw": {},
            "Qe": {},
            "Qm": {},
            "Qsf": {},
            "Qncie": {"stretched": True},
            "Qte": {"swapped": True},
            "Qte_nava": {**NAVA, "swapped": True},
        },
    ),
    "han": Convention("VIFF_Public of Y. Han et al. (2013), MATLAB", {"VIFF": {}}),
}
