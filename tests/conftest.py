"""What several tests share."""

import os
from pathlib import Path

import pytest
import torch

from mgfusion.runtime import tune_cpu

torch.set_num_threads(1)  # pytest-xdist already keeps every core busy
tune_cpu()


@pytest.fixture
def evaluation_pairs() -> Path:
    """The folder of real data sets, ``<set>/<split>/{ir,vi}``, where the tester has one."""
    folder = os.environ.get("MGFUSION_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("no evaluation pairs: set MGFUSION_DATA to a folder of data sets")
    return Path(folder)
