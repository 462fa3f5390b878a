"""A small service that the tests of this folder share."""

import pytest
from running_service import running, street

LIMITS = (
    "--workers", "1", "--queue", "1", "--timeout", "240", "--upload-timeout", "2",
    "--max-body", "2", "--max-pixels", "0.5",
)  # fmt: skip


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """One worker, one that may wait, little room; the small model first."""
    folder = tmp_path_factory.mktemp("service")
    with running(folder, "--model", "mgfusion-tiny", "--model", "mgfusion-fast", *LIMITS) as started:
        started.wait_until_ready()
        yield started


@pytest.fixture(scope="session")
def pair() -> dict[str, bytes]:
    return street()
