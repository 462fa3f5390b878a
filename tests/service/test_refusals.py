"""Each way to be refused: its status, its code, one JSON shape, and a service that goes on."""

import socket
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
from running_service import HTTP, running, street

from flir_files import radiometric_jpeg
from mgfusion.images.writing import encode_image

FUSE, EVALUATE = "/v1/fuse", "/v1/evaluate"


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code, after a look at the shape that all errors share."""
    assert answer.headers["content-type"] == "application/json"
    error = answer.json()["error"]
    assert set(error) == {"status", "code", "message", "request_id"}
    assert error["status"] == answer.status_code and error["message"] and "\n" not in error["message"]
    assert error["request_id"] == answer.headers["x-request-id"]
    return answer.status_code, error["code"]


@pytest.fixture(autouse=True)
def goes_on(service, pair):
    workers = service.workers()
    yield
    assert HTTP.post(f"{service.url}{FUSE}", files=pair).status_code == 200
    assert service.workers() == workers  # none was lost


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that says it has so many pixels, and has them."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1 << 20), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"thermal": "7"}, "thermal"),
        ({"thermal": "nan"}, "thermal"),
        ({"thermal": "hot"}, "thermal"),
        ({"colour": "infernal"}, "inferno"),
        ({"model": "/etc"}, "mgfusion-tiny"),
        ({"model": "mgfusion-base"}, "mgfusion-tiny"),  # is there, and is not offered
        ({"format": "exe"}, "png"),
        ({"ir_range": "9,1"}, "LO less than HI"),
        ({"invert": "perhaps"}, "invert"),
        ({"isotherm": "warm"}, "30C..40C"),
        ({"ir_unit": "parsec"}, "celsius"),
    ],
)
def test_an_option_that_is_none(service, pair, fields, words):
    answer = HTTP.post(f"{service.url}{FUSE}", files=pair, data=fields)
    assert refused(answer) == (422, "bad_option")
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"metrics": "Qabff"}, "bad_option"),
        ({"convention": "none"}, "bad_option"),
        ({"metrics": ","}, "bad_option"),
    ],
)
def test_a_metric_that_is_none(service, pair, fields, code):
    files = {**pair, "fused": pair["vis"]}
    assert refused(HTTP.post(f"{service.url}{EVALUATE}", files=files, data=fields)) == (422, code)


def test_sizes_that_differ(service, pair):
    small = {**pair, "ir": street(64, 64)["ir"]}
    answer = HTTP.post(f"{service.url}{FUSE}", files=small, data={"align": "none"})
    assert refused(answer) == (422, "bad_picture")
    assert "ir is 64x64" in answer.json()["error"]["message"]
    answer = HTTP.post(f"{service.url}{EVALUATE}", files={**pair, "fused": street(64, 64)["ir"]})
    assert refused(answer) == (422, "bad_picture") and "fused: 64x64" in answer.json()["error"]["message"]


@pytest.mark.parametrize("align", ["rig.json", "/etc/passwd", "points.csv", ""])
def test_aligning_by_a_file_of_the_services_machine(service, pair, align, tmp_path):
    answer = HTTP.post(f"{service.url}{FUSE}", files=pair, data={"align": align or "?"})
    assert refused(answer) == (422, "bad_option")
    assert "auto, none, resize" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (b"ir_x,ir_y,vis_x,vis_y\n1,1,1,1\n9,9,9,9\n", "2 points; give at least 4"),
        (b"a,b\n1,2\n", "must name the columns ir_x,ir_y,vis_x,vis_y"),
        (b"", "must name the columns"),
        (b"\xff\xfe", "points: is no text in UTF-8"),
        (b'ir_x,ir_y,vis_x,vis_y\n"' + b"9" * 200_000, "points: is no table"),
        (b"pair,ir_x,ir_y,vis_x,vis_y\n" + b"one,1,1,1,1\ntwo,9,9,9,9\n" * 4, "0 points for ir and vis"),
        (b"ir_x,ir_y,vis_x,vis_y\n" + b"500,1,1,1\n" * 4, "ir points lie outside 128x96"),
    ],
)
@pytest.mark.parametrize("route", [FUSE, "/v1/align"])
def test_points_that_are_none(service, pair, route, points, words):
    answer = HTTP.post(f"{service.url}{route}", files={**pair, "points": points})
    assert refused(answer) == (422, "bad_picture")
    assert words in answer.json()["error"]["message"]


def test_points_that_would_not_count_or_never_end(service, pair):
    points = {"points": b"ir_x,ir_y,vis_x,vis_y\n"}
    beside = HTTP.post(f"{service.url}{FUSE}", files={**pair, **points}, data={"align": "auto"})
    assert refused(beside) == (422, "bad_option") and "beside align" in beside.json()["error"]["message"]
    alone = HTTP.post(f"{service.url}{FUSE}", files={"ir": pair["ir"], **points})
    assert refused(alone) == (422, "bad_option") and "one file" in alone.json()["error"]["message"]
    long = {"points": points["points"] + b"1,1,1,1\n" * 140_000}
    assert refused(HTTP.post(f"{service.url}{FUSE}", files={**pair, **long})) == (413, "too_large")


def test_a_damaged_picture(service, pair):
    answer = HTTP.post(f"{service.url}{FUSE}", files={**pair, "vis": pair["vis"][:2000]})
    assert refused(answer) == (422, "bad_picture")
    assert answer.json()["error"]["message"].startswith("vis: damaged or truncated")


@pytest.mark.parametrize(
    "data", [b"", b"#!/bin/sh\nrm -rf /\n", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"]
)
def test_what_is_no_picture(service, pair, data):
    answer = HTTP.post(f"{service.url}{FUSE}", files={**pair, "ir": data})
    assert refused(answer) == (415, "not_a_picture")


@pytest.mark.parametrize("size", [(1_000, 501), (60_000, 60_000), (2_000_000_000, 2)])
def test_more_pixels_than_are_taken_and_nothing_is_decoded(service, pair, size):
    answer = HTTP.post(f"{service.url}{FUSE}", files={**pair, "vis": bomb(*size)})
    assert refused(answer) == (413, "too_many_pixels")


def test_more_pixels_inside_of_a_radiometric_file(service, pair):
    data = radiometric_jpeg(
        np.full((60, 80), 16_000, np.uint16), vis=np.zeros((720, 960, 3), np.uint8), overlay=(1.0, 0, 0)
    )
    assert refused(HTTP.post(f"{service.url}{FUSE}", files={"ir": data})) == (422, "bad_picture")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_long(service, chunked):
    noise = np.random.default_rng(0).bytes(3 << 20)
    boundary = (
        b'--x\r\nContent-Disposition: form-data; name="ir"; filename="a"\r\n\r\n' + noise + b"\r\n--x--\r\n"
    )
    content = iter([boundary]) if chunked else boundary
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = HTTP.post(f"{service.url}{FUSE}", content=content, headers=headers)
    assert refused(answer) == (413, "too_large")


def test_what_is_no_multipart(service, pair):
    assert refused(HTTP.post(f"{service.url}{FUSE}", json={"ir": "a"})) == (415, "not_multipart")
    assert refused(HTTP.post(f"{service.url}{FUSE}", content=b"abc")) == (415, "not_multipart")
    assert refused(HTTP.post(f"{service.url}{FUSE}")) == (415, "not_multipart")
    assert refused(HTTP.post(f"{service.url}{FUSE}", data={"ir": "text"}, files={"vis": pair["vis"]})) == (
        422, "bad_option",
    )  # fmt: skip


def test_multipart_that_can_not_be_read(service):
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = HTTP.post(f"{service.url}{FUSE}", content=b"--x\r\nno header at all", headers=headers)
    assert refused(answer)[0] in (400, 422)
    answer = HTTP.post(f"{service.url}{FUSE}", content=b"--", headers={"content-type": "multipart/form-data"})
    assert refused(answer) == (400, "bad_request")


def test_routes_and_methods_that_are_none(service):
    assert refused(HTTP.get(f"{service.url}/v1/nothing")) == (404, "no_route")
    assert refused(HTTP.get(f"{service.url}/../../etc/passwd")) == (404, "no_route")
    assert refused(HTTP.get(f"{service.url}/docs/files/../../../../../etc/passwd")) == (404, "no_route")
    assert refused(HTTP.get(f"{service.url}{FUSE}")) == (405, "no_method")


def test_another_sites_page_and_another_name(service, pair):
    url = f"{service.url}{FUSE}"
    answer = HTTP.post(url, files=pair, headers={"origin": "http://evil.example"})
    assert refused(answer) == (403, "other_origin")
    assert refused(HTTP.post(url, files=pair, headers={"origin": "null"})) == (403, "other_origin")
    answer = HTTP.post(url, files=pair, headers={"host": "evil.example"})  # DNS that points here
    assert refused(answer) == (403, "other_host")
    assert HTTP.post(url, files=pair, headers={"origin": service.url}).status_code == 200


def test_a_full_queue_is_told_at_once_when_to_come_again(service, pair):
    def ask(_=None) -> httpx.Response:
        return HTTP.post(f"{service.url}{FUSE}", files=pair)

    with ThreadPoolExecutor() as threads:
        with service.frozen():
            taken = [threads.submit(ask) for _ in range(2)]  # one at work, one that waits
            service.wait_for_one_at_work_and_one_waiting()
            answer = ask()
        assert [one.result().status_code for one in taken] == [200, 200]
    assert refused(answer) == (429, "busy") and int(answer.headers["retry-after"]) >= 1


def test_a_client_that_goes_away_is_not_worked_for(service, pair):
    with ThreadPoolExecutor() as threads, service.frozen():
        first = threads.submit(HTTP.post, f"{service.url}{FUSE}", files=pair)
        service.wait(lambda: service.number("mgfusion_busy_workers") == 1)
        with pytest.raises(httpx.ReadTimeout):
            HTTP.post(f"{service.url}{FUSE}", files=pair, timeout=0.3)
        service.wait(lambda: service.number("mgfusion_waiting") == 0)
    assert first.result().status_code == 200
    gone = [line for line in service.lines() if line.get("status") == 499]
    assert gone and "ms_by_step" not in gone[-1]


def connect(service) -> socket.socket:
    host, port = service.url.removeprefix("http://").split(":")
    opened = socket.create_connection((host, int(port)), timeout=120)
    return opened


def rest(opened: socket.socket) -> bytes:
    data = b""
    while part := opened.recv(65536):
        data += part
    return data


def test_a_head_that_does_not_come(service):
    with connect(service) as opened:
        opened.sendall(b"POST /v1/fuse HTTP/1.1\r\nhost: lo")
        answer = rest(opened)
    assert answer.startswith(b"HTTP/1.1 408 ") and b'"code": "too_slow_upload"' in answer


@pytest.mark.parametrize("trickle", [False, True])
def test_a_body_that_does_not_come(service, trickle):
    with connect(service) as opened:
        opened.sendall(
            b"POST /v1/fuse HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n"
            b"content-type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
        )
        opened.settimeout(0.2)
        answer = b""
        for _ in range(60):
            try:
                if part := opened.recv(65536):
                    answer += part
                    continue
                break
            except TimeoutError:
                if trickle:
                    opened.sendall(b"a")
            except ConnectionError:
                break
    assert answer.startswith(b"HTTP/1.1 408 ") and b'"code":"too_slow_upload"' in answer.replace(b": ", b":")


def test_many_that_send_half_cost_no_worker(service, pair):
    opened = [connect(service) for _ in range(30)]
    for one in opened:
        one.sendall(b"POST /v1/fuse HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n--x\r\n")
    assert HTTP.post(f"{service.url}{FUSE}", files=pair).status_code == 200
    for one in opened:
        one.close()


def test_too_many_connections_are_told_so_and_the_service_goes_on(service):
    opened = []
    try:
        opened += [connect(service) for _ in range(270)]
        answers = []
        for one in opened[256:]:
            one.settimeout(5)
            answers.append(rest(one))
    finally:
        for one in opened:
            one.close()
    assert all(b'"code": "too_many_connections"' in answer for answer in answers if answer)
    assert sum(map(bool, answers)) >= 13
    service.wait(lambda: connected(service))


def connected(service) -> bool:
    try:
        return HTTP.get(f"{service.url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_what_is_no_http(service):
    with connect(service) as opened:
        opened.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n")
        answer = rest(opened)
    assert answer.startswith(b"HTTP/1.1 400 ") and b'"code": "no_http"' in answer


def test_a_token_is_asked_for_beyond_loopback(tmp_path, pair):
    token = "t" * 32
    with running(tmp_path, "--host", "0.0.0.0", "--model", "mgfusion-tiny", MGFUSION_TOKEN=token) as service:
        url = service.url.replace("0.0.0.0", "127.0.0.1")
        for wrong in ({}, {"authorization": "Bearer no"}, {"authorization": f"Basic {token}"}):
            answer = HTTP.post(f"{url}{FUSE}", files=pair, headers=wrong)
            assert refused(answer) == (401, "no_token")
            assert answer.headers["www-authenticate"].startswith("Bearer")
        assert refused(HTTP.get(f"{url}/metrics")) == (401, "no_token")
        assert HTTP.get(f"{url}/healthz").status_code == 200
        right = {"authorization": f"Bearer {token}"}
        assert HTTP.post(f"{url}{FUSE}", files=pair, headers=right).status_code == 200
        assert token not in service.log.read_text()


def test_pictures_of_sixteen_pixels_a_side_are_the_least(service):
    tiny = {name: encode_image(np.zeros((8, 8), np.uint8), ".png") for name in ("ir", "vis")}
    assert refused(HTTP.post(f"{service.url}{FUSE}", files=tiny)) == (422, "bad_picture")
