"""The names under which the original codes' values are kept, and ours for the same."""

import csv
from collections import defaultdict
from pathlib import Path

# source: which code; see docs/metrics.md
CONVENTION_OF = {
    "a": "vifb",
    "b": "tang",
    "c": "liu",
    "c2": "mfif",
    "d": "cddfuse_float32",
    "d64": "cddfuse",
    "e": "han",
}
NAME_OF = {
    "Avg_gradient": "AG",
    "Cross_entropy": "CE",
    "Edge_intensity": "EI",
    "Entropy": "EN",
    "Mutinf": "MI",
    "Psnr": "PSNR",
    "Rmse": "RMSE",
    "Spatial_frequency": "SF",
    "Ssim": "SSIM",
    "Variance": "SD",
    "FMI_w": "FMI_wavelet",
    "MEF_SSIM(single scale)": "MEFSSIM",
    "MS_SSIM(MEF-MS-SSIM)": "MSSSIM",
    "Nabf(as shipped: args rotated)": "Nabf",
    "SSIM(avg;DynamicRange=1 as shipped)": "SSIM",
    "VIF(sum)": "VIF",
    "Q_C(Cvejic)": "Qc",
    "Q_CB(Chen-Blum)": "Qcb",
    "Q_CV(Chen-Varshney)": "Qcv",
    "Q_E(Piella)": "Qe",
    "Q_G(Xydeas)": "Qabf",
    "Q_M(PWW)": "Qm",
    "Q_MI(Hossny)": "QMI",
    "Q_NCIE": "Qncie",
    "Q_P(Zhao)": "Qp",
    "Q_S(Piella)": "Qs",
    "Q_SF(Zheng)": "Qsf",
    "Q_TE(Cvejic q=1.85)": "Qte",
    "Q_TE(Nava q=0.43137)": "Qte_nava",
    "Q_W(Piella)": "Qw",
    "Q_Y(Yang)": "Qy",
    "MI(nats)": "MI",
    "SSIM(sum,7x7,data_range=2)": "SSIM",
    "VIFF(Han)": "VIFF",
}
# values of a code's function when it is called otherwise than its own script does
ELSEWHERE = {
    ("Nabf(correct args)", "b"): ("standard", "Nabf"),
    ("SSIM_uint8(avg;DynamicRange=255)", "b"): ("tang_uint8", "SSIM"),
    ("FMI_none(true pixel)", "b"): ("standard", "FMI_pixel"),
}

Values = dict[tuple[str, str], dict[str, float]]


def read_values(path: Path) -> Values:
    """(triple, convention) -> metric -> value."""
    values: Values = defaultdict(dict)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name, source = row["metric"], row["source"]
            convention, metric = ELSEWHERE.get(
                (name, source), (CONVENTION_OF[source], NAME_OF.get(name, name))
            )
            values[row["triple"], convention][metric] = float(row["value"])
    return values
