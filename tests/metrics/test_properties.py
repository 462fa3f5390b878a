"""What holds for any picture: symmetry, bounds, invariance, and the direction under blur and noise."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import blurred, textured, triple_of

from mgfusion.metrics import METRICS, evaluate_pair

some = settings(max_examples=10, deadline=None)
seeds = st.integers(0, 10**6)
sides = st.integers(45, 80)
SMALL = [name for name in METRICS if METRICS[name].min_size <= 45]
ORDERED = {"VIF_ir", "VIF_vis"}
HOT = {"HTC", "HTC_lost", "HTC_inverted", "HTC_spots"}  # of the infrared alone


@some
@given(seeds, sides, sides)
def test_order_of_sources_does_not_matter(seed: int, height: int, width: int) -> None:
    fused, ir, vis = triple_of(seed, height, width)
    names = [n for n in SMALL if n not in ORDERED | HOT]
    one, other = evaluate_pair(fused, ir, vis, names), evaluate_pair(fused, vis, ir, names)
    assert one == pytest.approx(other, rel=1e-9)
    parts = evaluate_pair(fused, ir, vis, ORDERED), evaluate_pair(fused, vis, ir, ORDERED)
    assert parts[0]["VIF_ir"] == pytest.approx(parts[1]["VIF_vis"])


@some
@given(seeds, sides, sides)
def test_values_stay_in_their_range(seed: int, height: int, width: int) -> None:
    fused, ir, vis = (
        textured(seed, height, width),
        textured(seed + 1, height, width),
        textured(7, height, width),
    )
    for convention in ("standard", "paper"):
        for name, value in evaluate_pair(fused, ir, vis, None, convention).items():
            if name in SMALL and not (name in HOT and math.isnan(value)):  # no hot target
                assert METRICS[name].low - 1e-9 <= value <= METRICS[name].high + 1e-9, name


@some
@given(seeds)
def test_depth_and_dtype_do_not_matter(seed: int) -> None:
    pictures = triple_of(seed)
    names = [n for n in SMALL if not n.startswith("FMI")]
    eight = evaluate_pair(*pictures, names)
    for convert in (
        lambda x: x.astype(np.float32) / np.float32(255),
        lambda x: x / 255,
        lambda x: x.astype(np.uint16) * 257,
        lambda x: np.stack([x] * 3, axis=-1),
    ):
        # Not a number where there is no hot target, which is not equal to itself.
        np.testing.assert_equal(evaluate_pair(*(convert(x) for x in pictures), names), eight)


FLIPPABLE = "AG EN SD SF MI QMI CC SCD SSIM MSE PSNR EI Nabf Qs Qw Qe Qy Qc Qcb Qsf Qncie CE"


@some
@given(seeds, st.sampled_from([0, 1]))
def test_mirrored_pictures_score_the_same(seed: int, axis: int) -> None:
    pictures = triple_of(seed)
    names = FLIPPABLE.split()
    mirrored = evaluate_pair(*(np.flip(x, axis) for x in pictures), names)
    assert mirrored == pytest.approx(evaluate_pair(*pictures, names), rel=1e-8)


@some
@given(seeds)
def test_negative_pictures_share_their_information(seed: int) -> None:
    pictures = triple_of(seed)
    names = ["EN", "MI", "QMI", "CC", "SCD", "SD", "AG", "SF", "EI", "Qncie", "MSE", "Qm", "Qsf"]
    assert evaluate_pair(*(255 - x for x in pictures), names) == pytest.approx(
        evaluate_pair(*pictures, names)
    )


@some
@given(seeds)
def test_blur_takes_detail_away(seed: int) -> None:
    x = textured(seed)
    steps = [
        evaluate_pair(blurred(x, s), x, x, ["AG", "SF", "EI", "VIF", "Qabf", "SD", "SSIM"])
        for s in (0.6, 1, 2)
    ]
    for name in steps[0]:
        values = [s[name] for s in steps]
        assert values == sorted(values, reverse=True), name


@some
@given(seeds)
def test_noise_takes_similarity_away(seed: int) -> None:
    x = textured(seed)
    noise = np.random.default_rng(seed).standard_normal(x.shape)
    names = ["SSIM", "PSNR", "VIF", "CC", "Qs", "Qw", "Qy", "MEFSSIM", "MSE", "Qcv", "Nabf"]
    steps = [evaluate_pair(np.clip(x / 255 + s * noise, 0, 1), x, x, names) for s in (0.02, 0.06, 0.18)]
    for name in names:
        values = [s[name] for s in steps]
        assert values == sorted(values, reverse=METRICS[name].better == "higher"), name


@some
@given(seeds)
def test_a_picture_against_itself_is_perfect(seed: int) -> None:
    x = textured(seed, 180, 184)
    best = {"SSIM": 2, "VIF": 2, "CC": 1, "MSE": 0, "PSNR": math.inf, "Qcv": 0, "Nabf": 0, "CE": 0, "QMI": 2}
    best |= dict.fromkeys(["Qs", "Qw", "Qe", "Qy", "Qcb", "MSSSIM", "VIFF", "FMI_pixel", "FMI_wavelet"], 1.0)
    best |= {"Qm": 3, "Qsf": 0, "VIF_ir": 1}
    assert evaluate_pair(x, x, x, best) == pytest.approx(best, rel=1e-5, abs=1e-9)
    assert evaluate_pair(x, x, x, ["Qabf"])["Qabf"] == pytest.approx(
        0.9994 * 0.9879 / (1 + math.exp(-4.4)), rel=1e-3
    )


@some
@given(seeds)
def test_fused_equal_to_one_source_has_all_of_it(seed: int) -> None:
    ir, vis = textured(seed), textured(seed + 1)
    scores = evaluate_pair(ir, ir, vis)
    assert scores["VIF_ir"] == pytest.approx(1)
    # 1 for the one, and for the other SSIM of both: symmetric, and below 0 where textures are opposed.
    assert scores["SSIM"] == pytest.approx(evaluate_pair(vis, ir, vis, ["SSIM"])["SSIM"])
    assert scores["Nabf"] == 0  # no edge is stronger than in both sources
    assert scores["MI"] > scores["EN"]
