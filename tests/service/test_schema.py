"""What the service says of itself holds: Schemathesis asks whatever its description allows, and more."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from running_service import HTTP

_REFUSED = {"401", "403", "408", "413", "415", "422", "429", "500", "503", "504"}


@pytest.fixture(scope="module")
def description(service) -> dict:
    return HTTP.get(f"{service.url}/openapi.json").json()


def test_nothing_that_is_asked_is_a_defect(service, tmp_path):
    words = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{service.url}/openapi.json",
        "--checks", "not_a_server_error,content_type_conformance,response_schema_conformance",
        "--phases", "examples,coverage,fuzzing", "--max-examples", "12", "--seed", "1", "--no-color",
        "--request-timeout", "240",
    ]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    asked = sum(
        service.number(f'mgfusion_requests_total{{route="/v1/fuse",status="{n}"}}') for n in (415, 422)
    )
    assert asked > 12  # it did ask


def test_every_refusal_is_described(description):
    for path in ("/v1/fuse", "/v1/evaluate"):
        answers = description["paths"][path]["post"]["responses"]
        assert set(answers) >= _REFUSED
        for status in _REFUSED:
            assert answers[status]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorAnswer")


def test_the_description_names_no_other_host(description):
    assert "http" not in json.dumps(description)
