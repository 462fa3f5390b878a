"""The client, against answers that are made here; tests/service asks a real service."""

import contextlib
import json
import math
import socket
import threading
from collections.abc import Iterator

import httpx
import numpy as np
import pytest

import mgfusion
from mgfusion.client import Client, ServiceError
from mgfusion.errors import ImageError, MGFusionError, OutputError
from mgfusion.images.writing import encode_image

PICTURE = np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)


def client(answer, asked=None, **options) -> Client:
    def handler(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Client("http://camera:1", transport=httpx.MockTransport(handler), **options)


def fused() -> httpx.Response:
    headers = {"x-mgfusion-model": "mgfusion-tiny", "x-mgfusion-warnings": json.dumps(["ir: pale"]),
               "server-timing": "queue;dur=1.5, fuse;dur=20.0"}  # fmt: skip
    return httpx.Response(200, content=encode_image(PICTURE, ".png"), headers=headers)


def refusal(status: int, code: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": "no"}}, headers=headers)


def test_what_is_sent_and_what_comes_back(tmp_path):
    asked = []
    (tmp_path / "ir.png").write_bytes(encode_image(PICTURE, ".png"))
    with client(fused(), asked, token="t" * 16) as one:
        got = one.fuse(tmp_path / "ir.png", PICTURE, thermal=0.25, ir_range=(7000, 9000.5), invert=False)
    assert np.array_equal(got.array(), PICTURE)
    assert (got.model, got.warnings, got.seconds) == (
        "mgfusion-tiny",
        ("ir: pale",),
        {"queue": 0.0015, "fuse": 0.02},
    )
    body = asked[0].read()
    for field, value in (
        ("thermal", b"0.25"),
        ("ir_range", b"7000,9000.5"),
        ("invert", b"False"),
        ("format", b"png"),
    ):
        assert f'name="{field}"\r\n\r\n'.encode() + value in body
    assert b'name="model"' not in body  # what isn't given is the service's to choose
    assert b"ir.png" not in body  # nor is the file's name anybody's business
    assert asked[0].headers["authorization"] == f"Bearer {'t' * 16}"


def test_the_token_is_taken_from_the_environment(monkeypatch):
    asked = []
    monkeypatch.setenv("MGFUSION_TOKEN", "from-the-environment")
    client(refusal(401, "no_token"), asked).ready()
    monkeypatch.delenv("MGFUSION_TOKEN")
    client(refusal(401, "no_token"), asked).ready()
    assert [r.headers.get("authorization") for r in asked] == ["Bearer from-the-environment", None]


def test_a_refusal_has_status_code_and_time():
    with pytest.raises(ServiceError, match=r"^no$") as caught:
        client(refusal(429, "busy", **{"retry-after": "3"})).fuse(PICTURE, PICTURE)
    error = caught.value
    assert (error.status, error.code, error.retry_after) == (429, "busy", 3)
    assert isinstance(error, MGFusionError)


@pytest.mark.parametrize("answer", [httpx.Response(502, text="<html>"), httpx.Response(502, json=[1])])
def test_an_answer_of_something_else(answer):
    with pytest.raises(ServiceError, match=r"http://camera:1: answered 502 Bad Gateway") as caught:
        client(answer).models()
    assert (caught.value.status, caught.value.code) == (502, "unknown")


def test_no_answer():
    one = client(httpx.ConnectError("refused"))
    with pytest.raises(ServiceError, match=r"no answer.*refused.*is it running") as caught:
        one.models()
    assert caught.value.code == "no_answer" and not one.ready()


@contextlib.contextmanager
def camera(*answered: int) -> Iterator[str]:
    """A service that closes each connection after so many answers, just as it is asked once more."""
    body = b'{"models": [{"name": "m"}]}'
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)

    def serve() -> None:
        for many in answered:
            connection, _ = listener.accept()
            with connection:
                for _ in range(many):
                    connection.recv(65536)
                    connection.sendall(answer + body)
                connection.recv(65536)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(60)
        assert not thread.is_alive()


def test_a_kept_connection_that_is_closed_as_it_is_used_is_no_failure():
    with camera(2, 1) as url, Client(url) as one:
        assert [one.models() for _ in range(3)] == [["m"]] * 3


def test_a_service_that_hangs_up_each_time_is_asked_twice():
    with camera(0, 0) as url, Client(url) as one, pytest.raises(ServiceError, match="no answer"):
        one.models()


def test_scores_are_numbers_and_nan():
    answer = httpx.Response(200, json={"scores": {"CC": None, "EN": 7}})
    asked = []
    scores = client(answer, asked).evaluate(PICTURE, PICTURE, PICTURE, ["CC", "EN"])
    assert math.isnan(scores["CC"]) and scores["EN"] == 7.0
    assert b"CC,EN" in asked[0].read()


def test_a_file_that_is_not_there_is_said_before_anything_is_asked(tmp_path):
    asked = []
    with pytest.raises(ImageError, match="no such file"):
        client(fused(), asked).fuse(tmp_path / "none.png")
    assert asked == []


def test_saving_replaces_nothing_unasked(tmp_path):
    got = client(fused()).fuse(PICTURE)
    path = got.save(tmp_path / "a" / "out.png")
    assert np.array_equal(mgfusion.read_image(path), PICTURE)
    with pytest.raises(OutputError, match="exists already"):
        got.save(path)
    got.save(path, overwrite=True)
