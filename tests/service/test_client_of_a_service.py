"""The client and a real service."""

import math

import numpy as np
import pytest

import mgfusion
from mgfusion.client import Client, ServiceError
from mgfusion.errors import ImageError
from mgfusion.registration import read_points
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


def test_points_by_their_file_or_its_content(service, pair, tmp_path):
    table = tmp_path / "points.csv"
    table.write_text("ir_x,ir_y,vis_x,vis_y\n4,3,9,7\n120,4,121,8\n5,90,11,89\n115,88,117,86\n")
    with Client(service.url) as client:
        laid = client.align(pair["ir"], pair["vis"], points=table)
        assert (laid.confidence, laid.trusted) == (1.0, True)
        fused = client.fuse(pair["ir"], pair["vis"], points=table.read_bytes()).array()
        with pytest.raises(ImageError, match="no such file"):
            client.fuse(pair["ir"], pair["vis"], points=tmp_path / "none.csv")
    expected = mgfusion.fuse(**pair, model="mgfusion-tiny", align=table)
    assert np.array_equal(fused, expected)
    np.testing.assert_allclose(laid.matrix, read_points(table).alignment(
        (128, 96), (128, 96)).matrix)  # fmt: skip


def test_nobody_answers():
    assert not Client("http://127.0.0.1:9").ready()
