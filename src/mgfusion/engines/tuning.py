"""What a process may use, and settings that make PyTorch several times faster on a CPU."""

import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

# mallopt's parameter numbers, from glibc's malloc.h
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD, _M_MMAP_MAX = -1, -2, -3, -4
_GIB = 1 << 30

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"), "1"
)
"""The environment of a process whose libraries have one thread each; they read it when they load."""

_done = False


def usable_cores() -> int:
    """How many processors this process may use, which may be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def computes_bfloat16() -> bool:
    """Whether the processor multiplies 16-bit numbers by itself (AVX512-BF16, AMX): they are faster then."""
    import torch

    capable = getattr(torch.backends.cpu, "get_cpu_capability", lambda: "")().startswith("AVX512")
    known = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return bool(capable and known())


def available_memory() -> int | None:
    """Bytes that this process may still take: what is free, within the limits of its control groups.

    None where the system doesn't tell (anything but Linux).
    """
    free = _number_after(Path("/proc/meminfo"), "MemAvailable:")
    if free is None:
        return None
    left = [limit - used for limit, used in _control_groups(Path("/sys/fs/cgroup"), _own_group())]
    return max(0, min([free * 1024, *left]))


def _own_group() -> str:
    try:
        groups = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    except OSError:
        return "/"
    return next((path for _, kinds, path in groups if kinds in ("", "memory")), "/")


def _control_groups(root: Path, own: str) -> Iterator[tuple[int, int]]:
    """(limit, used without the files that it caches) of each group above a process that has a limit."""
    for top, limit, used in (
        (root, "memory.max", "memory.current"),
        (root / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        group = top / own.strip("/")
        for folder in (group, *(parent for parent in group.parents if parent.is_relative_to(top))):
            try:
                most, taken = (int((folder / name).read_text()) for name in (limit, used))
            except (OSError, ValueError):  # no such group, or "max"
                continue
            kinds = ("inactive_file", "active_file")
            cached = sum(_number_after(folder / "memory.stat", kind) or 0 for kind in kinds)
            yield most, taken - cached


def _number_after(file: Path, word: str) -> int | None:
    try:
        lines = (line.split() for line in file.read_text().splitlines())
        return next((int(words[1]) for words in lines if words[0] == word), None)
    except (OSError, ValueError, IndexError):
        return None


def tune_process() -> None:
    """Flush denormals to zero and keep freed memory, once a process.

    glibc gives each freed block above 32 MiB back to the system and pays page faults for the next one,
    which costs a fusion network more than its arithmetic. With other C libraries only denormals are
    flushed. ``MGFUSION_ALLOCATOR=system`` leaves the allocator alone (an idle process then holds less).
    """
    global _done
    if _done:
        return
    _done = True
    import torch

    torch.set_flush_denormal(True)
    if sys.platform == "linux" and os.environ.get("MGFUSION_ALLOCATOR", "keep") != "system":
        _keep_freed_memory()


def _keep_freed_memory() -> bool:
    """Tell glibc not to return memory; False where the C library has no mallopt (musl, say)."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt"):
        return False
    settings = (
        (_M_MMAP_MAX, 0),
        (_M_MMAP_THRESHOLD, _GIB),
        (_M_TRIM_THRESHOLD, 2 * _GIB - 1),
        (_M_TOP_PAD, 1 << 20),  # each thread spreads over so much more: decoders over 64 MiB each
    )
    accepted = [libc.mallopt(parameter, value) == 1 for parameter, value in settings]
    return all(accepted)
