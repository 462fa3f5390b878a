"""Hot-target contrast: known values, what must hold, weighted means, the numbers of an independent code."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hot_scene import BOXES, GROUND, HEAT, hot_scene
from hypothesis import given, settings
from hypothesis import strategies as st

from mgfusion.images import read_image, to_grey
from mgfusion.metrics import (
    HOT_TARGET_METRICS,
    FusionMetrics,
    Triple,
    evaluate_pair,
    evaluate_triple,
    mean_over_pictures,
    with_weights,
)
from mgfusion.synthetic.night_street import night_street

NAMES = with_weights(HOT_TARGET_METRICS)


def of(fused: np.ndarray, ir: np.ndarray) -> tuple[float, ...]:
    scores = evaluate_pair(fused, ir, np.zeros_like(ir), NAMES)
    return tuple(scores[name] for name in NAMES)


def test_known_contrasts():
    ir = hot_scene()
    half = [GROUND + (heat - GROUND) // 2 for heat in HEAT]
    assert of(ir, ir) == (1, 0, 0, 2)
    assert of(hot_scene((half[0], HEAT[1])), ir) == pytest.approx((0.75, 0, 0, 2))
    assert of(hot_scene((half[0], half[1])), ir) == pytest.approx((0.5, 0, 0, 2))
    fifth = GROUND + (HEAT[0] - GROUND) // 5
    assert of(hot_scene((fifth, HEAT[1])), ir) == pytest.approx((0.6, 0.5, 0, 2))  # lost, not inverted
    assert of(hot_scene((GROUND - 30, HEAT[1])), ir) == pytest.approx((0.5, 0.5, 0.5, 2))
    assert of(hot_scene((255, 255)), ir) == (1, 0, 0, 2)  # more than in the infrared is no merit


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_invariants_of_a_street(seed):
    ir = night_street(seed, height=240, width=320).ir
    kept, lost, inverted, spots = of(ir, ir)
    if not spots:
        assert np.isnan([kept, lost, inverted]).all()
        return
    assert (kept, lost, inverted) == (1, 0, 0)
    assert of(255 - ir, ir) == (0, 1, 1, spots)
    assert of(np.full_like(ir, 90), ir) == (0, 1, 0, spots)
    weaker = [of((ir * s).astype(np.float32) / np.float32(255), ir)[0] for s in (1.0, 0.6, 0.2)]
    assert weaker == sorted(weaker, reverse=True)


def test_no_target_is_no_number_and_leaves_the_mean_alone():
    flat = np.full((64, 64), 90, np.uint8)
    nothing = evaluate_pair(flat, flat, flat, NAMES)
    assert np.isnan([nothing[n] for n in HOT_TARGET_METRICS]).all() and nothing["HTC_spots"] == 0
    ir = hot_scene()
    found = evaluate_pair(hot_scene((120, HEAT[1])), ir, ir, NAMES)
    assert mean_over_pictures([nothing, found], "HTC") == found["HTC"]
    assert np.isnan(mean_over_pictures([nothing], "HTC"))


def test_a_mean_over_pictures_is_one_over_targets():
    one = {"HTC": 0.2, "HTC_lost": 1.0, "HTC_spots": 1.0, "AG": 2.0}
    three = {"HTC": 0.6, "HTC_lost": 0.0, "HTC_spots": 3.0, "AG": 4.0}
    assert mean_over_pictures([one, three], "HTC") == pytest.approx(0.5)
    assert mean_over_pictures([one, three], "HTC_lost") == 0.25
    assert mean_over_pictures([one, three], "AG") == 3
    with pytest.raises(KeyError, match="HTC_spots"):
        mean_over_pictures([{"HTC": 0.5}], "HTC")
    assert with_weights(["HTC_lost", "AG"]) == ["HTC_lost", "AG", "HTC_spots"]
    assert with_weights(["HTC_spots", "HTC"]) == ["HTC_spots", "HTC"]


def test_the_torch_metric_counts_targets_too():
    """Asked for the means alone, it counts what weighs them besides."""
    ir, single = hot_scene(), hot_scene(HEAT[:1])
    fused = hot_scene((GROUND + (HEAT[0] - GROUND) // 2, HEAT[1]))
    dimmed = hot_scene((GROUND + (HEAT[0] - GROUND) // 4 + 1,))
    rows = [evaluate_pair(f, a, a, NAMES) for f, a in ((fused, ir), (dimmed, single))]
    metric = FusionMetrics(["HTC", "AG"])
    for f, a in ((fused, ir), (dimmed, single)):
        metric.update(*(torch.from_numpy(x)[None, None] for x in (f, a, a)))
    got = metric.compute()
    assert float(got["HTC"]) == pytest.approx(mean_over_pictures(rows, "HTC"))
    assert float(got["HTC"]) != pytest.approx(np.mean([row["HTC"] for row in rows]), abs=0.02)
    assert metric.counts() == {"HTC": 2, "AG": 2}


def test_colour_and_depth_do_not_matter():
    ir, fused = hot_scene(), hot_scene((130, 180))
    expected = of(fused, ir)
    assert of(np.stack([fused] * 3, axis=-1), ir) == expected
    assert of(fused.astype(np.uint16) * 257, ir) == expected
    assert of(fused, ir.astype(np.float32) / np.float32(255)) == expected
    assert len(BOXES) == expected[3]


# Set -> what: (spots, kept, lost, inverted), by an independent program, on the evaluation pairs.
ELSEWHERE = {
    "TNO": {
        "average": (172, 0.60099, 0.10465, 0.01744),
        "maximum": (172, 0.74052, 0.15698, 0.01744),
        "SeAFusion": (172, 0.7420, 0.0872, 0.0058),
        "DATFuse": (172, 0.5766, 0.1628, 0.0116),
        "MMDRFuse": (172, 0.6313, 0.1337, 0.0233),
    },
    "RoadScene": {
        "average": (222, 0.67863, 0.04505, 0.00901),
        "maximum": (222, 0.73950, 0.04955, 0.00450),
        "SeAFusion": (222, 0.7371, 0.0180, 0.0045),
        "DATFuse": (222, 0.6631, 0.0270, 0.0045),
        "MMDRFuse": (222, 0.6193, 0.0721, 0.0045),
    },
    "MSRS": {
        "average": (330, 0.47577, 0.20909, 0.03333),
        "maximum": (330, 0.46571, 0.33333, 0.10909),
        "SeAFusion": (330, 0.4706, 0.3030, 0.0970),
    },
    "M3FD": {
        "average": (65, 0.66209, 0.0, 0.0),
        "maximum": (65, 0.57123, 0.23077, 0.07692),
        "SeAFusion": (65, 0.7150, 0.0462, 0.0),
    },
    "LLVIP": {"average": (94, 0.69401, 0.05319, 0.0), "maximum": (94, 0.89384, 0.04255, 0.0)},
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_sets_score_as_an_independent_program_has_it(name, evaluation_pairs):
    peers = Path(os.environ.get("MGFUSION_PEERS") or evaluation_pairs / ".." / "peers")
    folder, rows = evaluation_pairs / name / "test", {}
    for ir_path in sorted((folder / "ir").iterdir()):
        ir = to_grey(read_image(ir_path))
        [vis_path] = (folder / "vi").glob(f"{ir_path.stem}.*")
        vis = to_grey(read_image(vis_path))
        pictures = {
            "average": ((ir.astype(int) + vis + 1) // 2).astype(np.uint8),
            "maximum": np.maximum(ir, vis),
        }
        for peer in ELSEWHERE[name]:
            path = peers / peer / name / f"{ir_path.stem}.png"
            if peer not in pictures and path.is_file():
                pictures[peer] = to_grey(read_image(path))
        for method, fused in pictures.items():
            rows.setdefault(method, []).append(evaluate_triple(Triple(fused, ir, vis), NAMES))
    wanted = set(ELSEWHERE[name]) if peers.is_dir() else {"average", "maximum"}
    assert set(rows) == wanted
    for method, scores in rows.items():
        spots, *means = ELSEWHERE[name][method]
        assert sum(row["HTC_spots"] for row in scores) == spots
        got = [mean_over_pictures(scores, metric) for metric in HOT_TARGET_METRICS]
        assert got == pytest.approx(means, abs=1e-4), method
