"""What the service says of itself holds: Schemathesis asks whatever its description allows, and more."""

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from running_service import HTTP
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

_REFUSED = {"401", "403", "408", "413", "415", "422", "429", "500", "503", "504"}


@pytest.fixture(scope="module")
def description(service) -> dict:
    return HTTP.get(f"{service.url}/openapi.json").json()


@pytest.fixture(scope="module")
def loaded(service):
    return schemathesis.openapi.from_url(f"{service.url}/openapi.json")


schema = schemathesis.pytest.from_fixture("loaded")


@schema.parametrize()
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_nothing_that_is_asked_is_a_defect(case):
    answer = case.call(timeout=240)
    case.validate_response(
        answer, checks=[not_a_server_error, content_type_conformance, response_schema_conformance]
    )


def test_every_refusal_is_described(description):
    for path in ("/v1/fuse", "/v1/evaluate"):
        answers = description["paths"][path]["post"]["responses"]
        assert set(answers) >= _REFUSED
        for status in _REFUSED:
            assert answers[status]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorAnswer")


def test_the_description_names_no_other_host(description):
    assert "http" not in json.dumps(description)
