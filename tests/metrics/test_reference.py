"""Every value that the original codes give, in the convention of that code."""

import os
from functools import lru_cache
from pathlib import Path

import pytest
from reference import read_values

from mgfusion.images import read_image
from mgfusion.metrics import Triple, evaluate_triple

SYNTHETIC = Path(__file__).parent / "synthetic"

# Black ground has no contrast but the rounding error of the FFT, which the original Q_CB divides by itself.
OUT_OF_REACH = {("s05", "vifb", "Qcb"), ("s05", "liu", "Qcb")}
SINGLE_PRECISION = 1e-6  # of the original


def real_triples() -> Path | None:
    named = os.environ.get("MGFUSION_METRICS")
    data = os.environ.get("MGFUSION_DATA")
    for folder in [Path(named)] if named else [Path(data) / ".." / "metrics"] if data else []:
        if (folder / "reference.csv").is_file():
            return folder
    return None


REAL = real_triples()
SYNTHETIC_VALUES = read_values(SYNTHETIC / "synthetic.csv")
REAL_VALUES = read_values(REAL / "reference.csv") if REAL else {}


@lru_cache(maxsize=4)
def triple(folder: Path, name: str) -> Triple:
    fused, ir, vis = (read_image(folder / f"{name}_{kind}.png") for kind in ("fused", "ir", "vis"))
    return Triple(fused, ir, vis)


def check(folder: Path, name: str, convention: str, expected: dict[str, float]) -> None:
    got = evaluate_triple(triple(folder, name), expected, convention)
    tolerance = SINGLE_PRECISION if convention == "cddfuse_float32" else 1e-9
    for metric, value in expected.items():
        if (name, convention, metric) not in OUT_OF_REACH:
            assert got[metric] == pytest.approx(value, rel=tolerance, abs=1e-15, nan_ok=True), metric


@pytest.mark.parametrize(("name", "convention"), sorted(SYNTHETIC_VALUES))
def test_synthetic_values(name: str, convention: str) -> None:
    check(SYNTHETIC, name, convention, SYNTHETIC_VALUES[name, convention])


@pytest.mark.real_data
@pytest.mark.skipif(REAL is None, reason="no reference.csv: set MGFUSION_METRICS to the folder that holds it")
@pytest.mark.parametrize(("name", "convention"), sorted(REAL_VALUES))
def test_real_values(name: str, convention: str) -> None:
    assert REAL is not None
    check(REAL / "triples", name, convention, REAL_VALUES[name, convention])


def test_all_values_are_covered() -> None:
    assert sum(len(v) for v in SYNTHETIC_VALUES.values()) == 468
