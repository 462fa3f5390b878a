"""What several tests share, and how many tests with real data ran.

``MGFUSION_REAL_TESTS=N`` makes it a failure that fewer than N of them ran, or that one was skipped.
"""

import os
from pathlib import Path

import pytest
import torch

from mgfusion.engines.tuning import tune_process
from mgfusion.images import write_image
from mgfusion.synthetic.night_street import night_street

torch.set_num_threads(1)  # pytest-xdist already keeps every core busy
tune_process()


_REAL = {"passed": 0, "failed": 0, "skipped": 0}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "evaluation_pairs" in getattr(item, "fixturenames", ()):
            item.add_marker("real_data")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if "real_data" in report.keywords and (report.when == "call" or report.skipped or report.failed):
        _REAL[report.outcome] += 1


def _too_few() -> bool:
    wanted = os.environ.get("MGFUSION_REAL_TESTS")
    return bool(wanted) and (_REAL["skipped"] > 0 or _REAL["passed"] + _REAL["failed"] < int(wanted or 0))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput") and session.exitstatus == 0 and _too_few():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ran = _REAL["passed"] + _REAL["failed"]
    terminalreporter.write_line(f"with real data: {ran} tests ran, {_REAL['skipped']} skipped")
    if _too_few():
        wanted = os.environ["MGFUSION_REAL_TESTS"]
        terminalreporter.write_line(
            f"ERROR: MGFUSION_REAL_TESTS asks for {wanted} tests with real data, none skipped"
        )


@pytest.fixture
def evaluation_pairs() -> Path:
    """The folder of real data sets, ``<set>/<split>/{ir,vi}``, where the tester has one."""
    folder = os.environ.get("MGFUSION_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("no evaluation pairs: set MGFUSION_DATA to a folder of data sets")
    return Path(folder)


@pytest.fixture(scope="module")
def tiny_clip(tmp_path_factory) -> Path:
    """A randomly initialised CLIP image encoder in the hub's own format: 32 x 32 in, 20 numbers out."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    folder = tmp_path_factory.mktemp("clip") / "tiny"
    torch.manual_seed(0)
    config = CLIPVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=32,
        patch_size=8, projection_dim=20,
    )  # fmt: skip
    CLIPVisionModelWithProjection(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def scenes(tmp_path_factory) -> Path:
    """A tiny data set of synthetic scenes."""
    root = tmp_path_factory.mktemp("data") / "streets"
    for seed in range(4):
        scene = night_street(seed, height=96, width=128)
        for folder, array in (("ir", scene.ir), ("vi", scene.vis)):
            (root / "train" / folder).mkdir(parents=True, exist_ok=True)
            write_image(root / "train" / folder / f"{seed}.png", array)
    return root
