"""What the routes answer where all is well."""

import io
import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from running_service import HTTP

import mgfusion
from flir_files import radiometric_jpeg
from mgfusion.cli import main
from mgfusion.images.writing import encode_image
from mgfusion.registration.control_points import parse_points
from mgfusion.synthetic.night_street import night_street


def test_the_picture_is_what_fuse_gives(service, pair, tmp_path):
    answer = HTTP.post(f"{service.url}/v1/fuse", files=pair)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert np.array_equal(mgfusion.read_image(answer.content), mgfusion.fuse(**pair, model="mgfusion-tiny"))
    assert answer.headers["x-mgfusion-model"] == "mgfusion-tiny"
    assert json.loads(answer.headers["x-mgfusion-warnings"]) == []
    steps = [step.partition(";")[0] for step in answer.headers["server-timing"].split(", ")]
    assert steps == ["queue", "load", "fuse", "encode"]


def test_options_do_what_they_do_in_fuse(service, pair):
    fields = {"model": "mgfusion-fast", "thermal": "0.9", "colour": "inferno", "ir_range": "20,200",
              "invert": "true", "format": "tif"}  # fmt: skip
    answer = HTTP.post(f"{service.url}/v1/fuse", files=pair, data=fields)
    assert answer.headers["content-type"] == "image/tiff"
    expected = mgfusion.fuse(
        **pair, model="mgfusion-fast", thermal=0.9, colour="inferno", ir_range=(20, 200), invert=True
    )
    assert np.array_equal(mgfusion.read_image(answer.content), expected)


def test_sizes_that_differ_are_laid_upon_each_other_as_fuse_does_it(service, pair):
    small = {**pair, "ir": encode_image(mgfusion.read_image(pair["ir"])[::2, ::2], ".png")}
    answer = HTTP.post(f"{service.url}/v1/fuse", files=small, data={"align": "resize"})
    expected = mgfusion.fuse(**small, model="mgfusion-tiny", align="resize")
    assert answer.status_code == 200, answer.text
    assert np.array_equal(mgfusion.read_image(answer.content), expected)


POINTS = "ir_x,ir_y,vis_x,vis_y\n4,3,9,7\n60,4,121,8\n5,44,11,89\n58,42,117,86\n"


def test_points_say_how_they_lie_as_for_the_command(service, pair, tmp_path):
    small = {**pair, "ir": encode_image(mgfusion.read_image(pair["ir"])[::2, ::2], ".png")}
    for name, data in small.items():
        (tmp_path / f"{name}.png").write_bytes(data)
    table, out = tmp_path / "points.csv", tmp_path / "fused.png"
    table.write_text(POINTS)
    words = ["fuse", *(str(tmp_path / f"{name}.png") for name in ("ir", "vis")), "-o", str(out)]
    told = CliRunner().invoke(main, [*words, "--points", str(table), "--model", "mgfusion-tiny"])
    assert told.exit_code == 0, told.output
    as_file = HTTP.post(f"{service.url}/v1/fuse", files={**small, "points": table.read_bytes()})
    as_text = HTTP.post(f"{service.url}/v1/fuse", files=small, data={"points": POINTS})
    assert as_file.status_code == as_text.status_code == 200, (as_file.text, as_text.text)
    assert as_file.content == as_text.content == out.read_bytes()
    plain = HTTP.post(f"{service.url}/v1/fuse", files=small, data={"align": "resize"})
    assert plain.content != out.read_bytes()


def test_of_points_align_answers_what_they_say(service, pair):
    fields = {"points": "pair;" + POINTS.replace(",", ";").replace("\n", "\nir;")[:-3]}
    answer = HTTP.post(f"{service.url}/v1/align", files=pair, data=fields)
    expected = parse_points(POINTS, "points").alignment((128, 96), (128, 96))
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "matrix": expected.matrix.tolist(), "confidence": 1.0, "trusted": True,
        "ir_size": [128, 96], "vis_size": [128, 96],
    }  # fmt: skip


def test_sixteen_bits_stay_sixteen(service):
    scene = night_street(1, 64, 64)
    deep = {"ir": encode_image(scene.ir.astype(np.uint16) * 8 + 7000, ".tif"),
            "vis": encode_image(scene.vis.astype(np.uint16) * 257, ".png")}  # fmt: skip
    answer = HTTP.post(f"{service.url}/v1/fuse", files=deep)
    fused = mgfusion.read_image(answer.content)
    assert fused.dtype == np.uint16
    assert np.array_equal(fused, mgfusion.fuse(**deep, model="mgfusion-tiny"))


def test_one_radiometric_file_is_enough(service):
    counts = np.full((60, 80), 16_000, np.uint16)
    counts[25:35, 35:45] = 20_000
    data = radiometric_jpeg(counts, vis=np.full((240, 320, 3), 90, np.uint8), overlay=(2.0, 20, -10))
    answer = HTTP.post(f"{service.url}/v1/fuse", files={"ir": data}, data={"isotherm": "0C.."})
    assert answer.status_code == 200, answer.text
    expected = mgfusion.fuse(data, model="mgfusion-tiny", isotherm="0C..")
    assert np.array_equal(mgfusion.read_image(answer.content), expected)


def test_what_fuse_warns_of_is_in_a_header(service, pair):
    noise = np.random.default_rng(0).integers(0, 255, (96, 128, 3), np.uint8)
    answer = HTTP.post(f"{service.url}/v1/fuse", files={**pair, "ir": encode_image(noise, ".png")})
    (warning,) = json.loads(answer.headers["x-mgfusion-warnings"])
    assert answer.status_code == 200 and warning.startswith("ir: infrared in colour")


def test_scores_are_those_of_evaluate(service, pair, tmp_path):
    for name, data in {**pair, "fused": pair["vis"]}.items():
        (tmp_path / f"{name}.png").write_bytes(data)
    report = mgfusion.evaluate(*(tmp_path / f"{n}.png" for n in ("fused", "ir", "vis")), ["Qabf", "HTC"])
    fields = {"metrics": "qabf, HTC"}
    answer = HTTP.post(f"{service.url}/v1/evaluate", files={**pair, "fused": pair["vis"]}, data=fields)
    assert answer.json()["scores"] == pytest.approx(dict(report.rows[0].scores))


def test_an_undefined_score_is_null(service, pair):
    flat = encode_image(np.full((96, 128), 80, np.uint8), ".png")
    fields = {"metrics": "CC"}
    answer = HTTP.post(f"{service.url}/v1/evaluate", files={**pair, "fused": flat}, data=fields)
    assert answer.status_code == 200 and answer.json()["scores"] == {"CC": None}


def test_models_are_those_that_were_offered(service):
    models = HTTP.get(f"{service.url}/v1/models").json()["models"]
    assert [(m["name"], m["default"]) for m in models] == [("mgfusion-tiny", True), ("mgfusion-fast", False)]
    assert all(m["parameters"] > 1000 and m["licence"] == "Apache-2.0" for m in models)


def test_it_lives_is_ready_and_counts(service, pair):
    assert HTTP.get(f"{service.url}/healthz").json() == {"status": "ok"}
    assert HTTP.get(f"{service.url}/readyz").json() == {"status": "ready"}
    before = service.number("mgfusion_fused_pixels_total")
    HTTP.post(f"{service.url}/v1/fuse", files=pair)
    assert service.number("mgfusion_fused_pixels_total") == before + 96 * 128
    assert service.number('mgfusion_requests_total{route="/v1/fuse",status="200"}') >= 1


def test_the_log_has_a_line_for_a_request_and_nothing_of_its_pictures(service, pair):
    named = {name: (f"secret-{name}.png", data) for name, data in pair.items()}
    answer = HTTP.post(f"{service.url}/v1/fuse?secret=1", files=named)
    service.wait(lambda: answer.headers["x-request-id"] in service.log.read_text())
    (line,) = [e for e in service.lines() if e.get("request_id") == answer.headers["x-request-id"]]
    assert (line["route"], line["status"], line["width"]) == ("/v1/fuse", 200, 128)
    assert line["bytes_out"] == len(answer.content)
    assert "secret" not in service.log.read_text()


def test_the_docs_ask_no_other_host(service):
    page = HTTP.get(f"{service.url}/docs")
    assert page.status_code == 200 and "http" not in page.text.replace("http-equiv", "")
    assert len(HTTP.get(f"{service.url}/docs/files/swagger-ui-bundle.js").content) > 500_000
    assert "connect-src 'self'" in page.headers["content-security-policy"]


def test_a_picture_is_never_sniffed_cached_or_framed(service, pair):
    headers = HTTP.post(f"{service.url}/v1/fuse", files=pair).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(("ending", "kind"), [("jpg", "JPEG"), (".WEBP", "WEBP"), ("ppm", "PPM")])
def test_the_format_asked_for_is_the_one_that_comes(service, pair, ending, kind):
    answer = HTTP.post(f"{service.url}/v1/fuse", files=pair, data={"format": ending})
    assert Image.open(io.BytesIO(answer.content)).format == kind
