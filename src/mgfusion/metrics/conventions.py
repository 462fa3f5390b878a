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

STANDARD: dict[str, Parameters] = {
    name: {}
    for name in (
        [
            "Qabf",
            "Qcv",
            "SSIM",
            "AG",
            "VIF",
            "SCD",
            "EN",
            "SD",
            "SF",
            "MI",
            "CC",
            "PSNR",
            "MSE",
            "EI",
            "VIF_ir",
            "VIF_vis",
        ]
    )
}
STANDARD["VIF_ir"] = {"of": "ir"}
STANDARD["VIF_vis"] = {"of": "vis"}

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
        },
    ),
    "vifb": Convention(
        "VIFB (Zhang et al. 2020), MATLAB",
        {
            "Qabf": {},
            "Qcv": {},
            "SSIM": {},
            "AG": {},
            "EN": {},
            "SD": {},
            "SF": {"over_all_pixels": True},
            "MI": {"stretched": True, "nats": True},
            "EI": {},
        },
    ),
    "tang": Convention(
        "L. Tang's General Evaluation Metric, MATLAB",
        {
            "Qabf": {"equal_gain": 1.0},
            "SSIM": {"window": REPLICATED, "dynamic_range": 1.0, "average": True},
            "AG": {},
            "VIF": {},
            "VIF_ir": {"of": "ir"},
            "VIF_vis": {"of": "vis"},
            "SCD": {},
            "EN": {},
            "SD": {},
            "SF": {},
            "MI": {},
            "CC": {},
            "MSE": {"peak": 1.0},
        },
    ),
    "tang_uint8": Convention(
        "the same functions given uint8 pictures, as in the published spreadsheets",
        {
            "SSIM": {"window": REPLICATED, "average": True},
            "VIF": {"saturated": True},
            "VIF_ir": {"of": "ir", "saturated": True},
            "VIF_vis": {"of": "vis", "saturated": True},
            "SCD": {"clipped": True},
        },
    ),
    "cddfuse": Convention(
        "CDDFuse's Evaluator (Zhao et al. 2023), Python, in double precision",
        {
            "Qabf": {"equal_gain": 1.0},
            "SSIM": {"window": Window(7, None), "dynamic_range": 2.0, "unbiased": True},
            "AG": {"all_pixels": True},
            "VIF": {},
            "SCD": {},
            "EN": {},
            "SD": {},
            "SF": {},
            "MI": {"nats": True},
            "CC": {},
            "PSNR": {"peak": "fused"},
            "MSE": {},
        },
    ),
    "liu": Convention(
        "Z. Liu's imageFusionMetrics (Liu et al. 2012), MATLAB",
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
        },
    ),
    "mfif": Convention(
        "Y. Liu's corrected copies of the same (MFIF), MATLAB",
        {"Qabf": {"equal_gain": None, "tiny": 1e-5}, "Qcv": {}},
    ),
}
