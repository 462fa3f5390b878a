"""What tune_process does to a process, seen from outside."""

import os
import platform
import subprocess
import sys

import pytest

from mgfusion.engines import tuning

FAULTS = """
import resource, sys
import torch
from mgfusion.engines.tuning import tune_process
torch.set_num_threads(1)
if sys.argv[1] == "tuned":
    tune_process()
for _ in range(30):
    torch.ones(16 << 20)  # 64 MiB, above glibc's mmap threshold
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    torch.ones(16 << 20)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(mode: str, **environment: str) -> int:
    run = subprocess.run(
        [sys.executable, "-c", FAULTS, mode],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
    )
    return int(run.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_freed_memory_is_kept_unless_the_user_says_otherwise():
    plain, tuned = page_faults("plain"), page_faults("tuned")
    assert tuned < plain / 10
    assert page_faults("tuned", MGFUSION_ALLOCATOR="system") > plain / 10


def test_denormals_are_flushed():
    code = (
        "import torch\nfrom mgfusion.engines.tuning import tune_process\ntune_process()\n"
        "print((torch.full((64,), 1e-38) * 1e-3).abs().sum().item())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(run.stdout) == 0


def test_free_memory_is_what_every_group_above_leaves(tmp_path):
    own = tmp_path / "job" / "step"
    own.mkdir(parents=True)
    (own / "memory.max").write_text("max\n")
    (own / "memory.current").write_text("100\n")
    (own.parent / "memory.max").write_text("1000\n")
    (own.parent / "memory.current").write_text("700\n")
    (own.parent / "memory.stat").write_text("anon 400\nactive_file 50\ninactive_file 200\n")
    assert list(tuning._control_groups(tmp_path, "/job/step")) == [(1000, 450)]
    assert list(tuning._control_groups(tmp_path, "/elsewhere")) == []
    if platform.system() == "Linux":
        assert 0 < tuning.available_memory() < 1 << 50
