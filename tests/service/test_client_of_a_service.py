"""The client and a real service."""

import math

import numpy as np
import pytest

import mgfusion
from mgfusion.client import Client, ServiceError
from mgfusion.synthetic.night_street import night_street


def test_pictures_scores_and_models(service, pair, tmp_path):
    with Client(service.url) as client:
        assert client.ready() and client.models() == ["mgfusion-tiny", "mgfusion-fast"]
        fused = client.fuse(pair["ir"], pair["vis"], thermal=0.8, colour="iron")
        expected = mgfusion.fuse(**pair, model="mgfusion-tiny", thermal=0.8, colour="iron")
        assert np.array_equal(fused.array(), expected)
        assert fused.model == "mgfusion-tiny" and fused.seconds["fuse"] > 0
        scores = client.evaluate(fused.data, pair["ir"], pair["vis"], ["AG", "Qabf"])
        assert list(scores) == ["AG", "Qabf"] and all(map(math.isfinite, scores.values()))
        arrays = client.fuse(mgfusion.read_image(pair["ir"]), mgfusion.read_image(pair["vis"]))
        assert np.array_equal(arrays.array(), mgfusion.fuse(**pair, model="mgfusion-tiny"))
        with pytest.raises(ServiceError, match="did you mean inferno") as caught:
            client.fuse(pair["ir"], pair["vis"], colour="infernoo")
    assert (caught.value.status, caught.value.code) == (422, "bad_option")


def test_alignments_are_those_of_align(service):
    scene = night_street(0, 120, 160)
    ir, vis = scene.ir[10:110, 20:140], scene.vis
    with Client(service.url) as client:
        found, expected = client.align(ir, vis, "shift"), mgfusion.align(ir, vis, "shift")
        np.testing.assert_allclose(found.matrix, expected.matrix, atol=1e-6)
        assert found.confidence == pytest.approx(expected.confidence) and found.trusted == expected.trusted
        assert (found.ir_size, found.vis_size) == ((120, 100), (160, 120))
        with pytest.raises(ServiceError, match="homography"):
            client.align(ir, vis, "guess")


def test_nobody_answers():
    assert not Client("http://127.0.0.1:9").ready()
