"""What a process may use, and settings that make PyTorch several times faster on a CPU."""

import ctypes
import os
import sys

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
