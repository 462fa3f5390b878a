"""What a picture's scores were computed from is freed with the picture, not when a collector comes round."""

import gc
import tracemalloc
import warnings
import weakref

import numpy as np
import pytest
from pictures import textured

from mgfusion.evaluation import evaluate
from mgfusion.images import write_image
from mgfusion.metrics import Triple, evaluate_triple, select


@pytest.fixture
def no_collector():
    gc.disable()
    yield
    gc.enable()


def sources(kind):
    if kind == "zero":
        return [np.zeros((64, 72), np.uint8)] * 3
    pictures = [textured(seed) for seed in range(3)]
    if kind == "float":
        return [np.clip(p / 255 + 0.001, 0, 1) for p in pictures]
    return pictures


@pytest.mark.parametrize("kind", ["float", "whole levels", "zero"])
@pytest.mark.parametrize("convention", ["standard", "vifb", "tang_uint8"])
def test_no_metric_leaves_a_picture_in_a_cycle(convention, kind, no_collector):
    for metric in select(None, convention):
        triple = Triple(*sources(kind))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is undefined for black pictures
            evaluate_triple(triple, [metric], convention)
        left = [weakref.ref(part) for part in (triple, *triple.sources, triple.fused)]
        del triple
        assert not any(ref() for ref in left), metric


def test_a_derived_picture_that_equals_its_own_is_itself():
    whole = Triple(*sources("whole levels")).ir
    assert whole.quantised is whole and Triple(*sources("zero")).ir.stretched is not None
    fractions = Triple(*sources("float")).ir
    assert fractions.quantised is fractions.quantised is not fractions


def test_memory_stays_flat_over_many_pairs(tmp_path, no_collector):
    for folder in ("fused", "ir", "vis"):
        for name in range(60):
            write_image(tmp_path / folder / f"{name}.png", textured(name, 32, 32))
    paths = [tmp_path / folder for folder in ("fused", "ir", "vis")]
    held = []
    tracemalloc.start()
    try:
        evaluate(
            *paths,
            ["EN", "MI", "Qcv", "SCD"],
            workers=1,
            progress=lambda done, total: held.append(tracemalloc.get_traced_memory()[0]),
        )
    finally:
        tracemalloc.stop()
    a_picture = 32 * 32 * 8  # bytes
    assert held[-1] - held[9] < 50 * a_picture / 2  # less than half a picture for each pair since the tenth
