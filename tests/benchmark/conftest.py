"""Tiny data sets in the real layouts."""

import pytest
from tiny_pairs import write_pair


@pytest.fixture
def data(tmp_path):
    """Two data sets: TNO with three grey pairs, MSRS with two colour ones; each in its test folder."""
    root = tmp_path / "data"
    for i in range(3):
        write_pair(root / "TNO" / "test", f"{i:02}", i)
    for i in range(2):
        write_pair(root / "MSRS" / "test", f"0000{i}N", 10 + i, colour=True)
    return root
