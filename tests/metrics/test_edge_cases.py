"""Flat, tiny, deep, coloured and broken pictures: the right value, NaN or a clear error, never a silent 0."""

import math

import numpy as np
import pytest
from pictures import textured, triple_of

from mgfusion.errors import ImageError
from mgfusion.metrics import CONVENTIONS, METRICS, conventions_of, evaluate_pair, metric_name, select

FLAT_VALUES = {
    "SSIM": 2, "AG": 0, "EN": 0, "SD": 0, "SF": 0, "EI": 0, "MI": 0, "CE": 0, "MSE": 0, "RMSE": 0,
    "PSNR": math.inf, "Nabf": 0, "HTC_spots": 0, "Qy": 1, "Qs": 1, "Qw": 1, "Qc": 1, "MSSSIM": 1, "Qte": 0,
    "Qe": 1, "MEFSSIM": 1, "VIFF": 1, "Qncie": 0.80187969,
   "FMI_pixel": 1, "FMI_dct": 1, "FMI_wavelet": 1, "FMI_gradient": 1, "FMI_edge": 1,
}  # fmt: skip
FLAT_UNDEFINED = "VIF VIF_ir VIF_vis SCD CC QMI Qcv Qcb Qp Qm Qsf Qte_nava HTC HTC_lost HTC_inverted"


def test_flat_pictures_have_values_or_nan() -> None:
    flat = np.full((180, 190), 90, np.uint8)
    scores = evaluate_pair(flat, flat, flat)
    for name, value in FLAT_VALUES.items():
        assert scores.pop(name) == pytest.approx(value, abs=1e-6), name
    # the zero border of Q_AB/F frames a picture that is not black
    assert scores.pop("Qabf") == pytest.approx(0.975, abs=1e-3)
    assert {name for name in scores if math.isnan(scores[name])} == set(scores) == set(FLAT_UNDEFINED.split())
    assert math.isnan(evaluate_pair(flat * 0, flat * 0, flat * 0, ["Qabf"])["Qabf"])


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_no_picture_crashes(convention: str) -> None:
    ir, vis = textured(1), textured(2)
    flat = np.zeros_like(ir)
    for triple in ((flat, ir, vis), (ir, flat, vis), (ir, ir, flat), (flat, flat, flat), (ir, ir, ir)):
        scores = evaluate_pair(*triple, None, convention)
        assert all(isinstance(v, float) for v in scores.values())


@pytest.mark.parametrize("side", [1, 2, 3, 5, 7, 8, 10, 16, 40])
def test_small_pictures_give_nan_below_the_minimum_alone(side: int) -> None:
    fused, ir, vis = (textured(s, side, 64) for s in range(3))
    for convention in CONVENTIONS:
        scores = evaluate_pair(fused, ir, vis, None, convention)
        for name in scores:
            if side < METRICS[name].min_size and convention == "standard":
                assert math.isnan(scores[name]), name
    standard = evaluate_pair(fused, ir, vis)
    defined = [n for n in METRICS if METRICS[n].min_size <= side and side > 3 and METRICS[n].weight is None]
    assert [n for n in defined if math.isnan(standard[n])] == []


def test_colour_scores_as_its_luminance() -> None:
    fused, ir, vis = triple_of(3)
    colour = np.stack([vis, np.roll(vis, 1, 0), np.roll(vis, 1, 1)], axis=-1)
    grey = ((colour.astype(int) @ np.array([299, 587, 114]) + 500) // 1000).astype(np.uint8)
    names = ["Qabf", "SSIM", "MI", "VIF"]
    assert evaluate_pair(fused, ir, colour, names) == evaluate_pair(fused, ir, grey, names)
    assert evaluate_pair(fused, ir, colour, names) != evaluate_pair(fused, ir, vis, names)


def test_sixteen_bits_keep_their_depth() -> None:
    fused, ir, vis = triple_of(4)
    deep = vis.astype(np.uint16) * 257 + 100
    assert evaluate_pair(fused, ir, deep, ["MSE"])["MSE"] != evaluate_pair(fused, ir, vis, ["MSE"])["MSE"]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.full((64, 72), np.nan), "vis: 4608 values are NaN"),
        (np.full((64, 72), 3.0), r"vis: float values span \[3, 3\]"),
        (np.zeros((64, 71), np.uint8), "fused 64x72, ir 64x72, vis 64x71"),
        (np.zeros((64, 72, 4), np.uint8), r"vis: shape \(64, 72, 4\)"),
        (np.zeros((0, 72), np.uint8), "no pixels"),
    ],
)
def test_unusable_pictures_are_named(bad: np.ndarray, message: str) -> None:
    fused, ir, _ = triple_of(5)
    with pytest.raises(ValueError, match=message):
        evaluate_pair(fused, ir, bad)


def test_other_dtypes_are_refused() -> None:
    fused, ir, vis = triple_of(6)
    with pytest.raises(ImageError, match="ir: dtype int64; give uint8, uint16 or float"):
        evaluate_pair(fused, ir.astype(np.int64), vis)


@pytest.mark.parametrize("dtype", [">u2", ">f4", ">f8"])
def test_any_byte_order_scores_the_same(dtype: str) -> None:
    plain = [picture.astype(dtype[1:]) / (255 if dtype[1] == "f" else 1) for picture in triple_of(7)]
    plain = [picture.astype(dtype[1:]) for picture in plain]
    foreign = [picture.astype(dtype) for picture in plain]
    names = ["Qabf", "SSIM", "EN"]
    assert evaluate_pair(*foreign, names) == evaluate_pair(*plain, names)


def test_names_are_taken_in_any_case_and_given_back_in_their_own() -> None:
    assert select(["qabf", "ssim", "QABF", "Qabf"]) == ["Qabf", "SSIM"]
    assert select("fmi_PIXEL") == ["FMI_pixel"]
    assert list(evaluate_pair(*triple_of(9), ["scd", "ag"])) == ["SCD", "AG"]
    assert len({name.casefold() for name in METRICS}) == len(METRICS)  # none is two
    assert [metric_name(name.upper()) for name in METRICS] == list(METRICS)


def test_unknown_names_say_what_there_is() -> None:
    with pytest.raises(ValueError, match="unknown metric 'Qxy'; there are Qabf"):
        select(["Qxy"])
    with pytest.raises(ValueError, match="unknown convention 'mine'; there are standard"):
        select(None, "mine")
    with pytest.raises(ValueError, match="'paper' has no EN; it is in standard"):
        select(["EN"], "paper")


def test_every_metric_has_a_standard() -> None:
    assert list(CONVENTIONS["standard"].metrics) == select() and set(select()) == set(METRICS)
    for convention in CONVENTIONS.values():
        assert set(convention.metrics) <= set(METRICS)
    assert conventions_of("Qcv") == ["standard", "paper", "vifb", "liu", "mfif"]


def test_conventions_differ_where_the_codes_do() -> None:
    fused, ir, vis = triple_of(8)
    score = {c: evaluate_pair(fused, ir, vis, ["SSIM"], c)["SSIM"] for c in ("standard", "tang", "cddfuse")}
    assert len(set(score.values())) == 3
    sums = (
        evaluate_pair(fused, ir, vis, ["VIF"])["VIF"],
        evaluate_pair(fused, ir, vis, ["VIF"], "paper")["VIF"],
    )
    assert sums[0] / 2 < sums[1]  # the uint8 trap raises VIF


def test_level_255_falls_on_254_where_indices_saturate() -> None:
    top = np.repeat(np.array([[254, 255]], np.uint8), 8, axis=0).repeat(4, axis=1)
    assert evaluate_pair(top, top, top, ["MI"])["MI"] == pytest.approx(2)  # one bit from each source
    # the joint entropy loses its bit, the marginal ones keep theirs
    assert evaluate_pair(top, top, top, ["MI"], "tang")["MI"] == pytest.approx(4)
