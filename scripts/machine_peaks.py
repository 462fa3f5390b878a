"""What the machine can do: the bounds that models are held against."""

import time
from collections.abc import Callable
from typing import Any


def best(run: Callable[[], Any], repeats: int, seconds: float = 0.0) -> tuple[float, float]:
    """(wall, CPU) seconds, each the least of ``repeats`` runs, or more until ``seconds`` have passed."""
    runs: list[tuple[float, float]] = []
    while len(runs) < repeats or sum(wall for wall, _ in runs) < seconds:
        cpu, wall = time.process_time(), time.perf_counter()
        run()
        runs.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(wall for wall, _ in runs), min(cpu for _, cpu in runs)


def wait(device: str) -> None:
    """Until a GPU has done what it was given."""
    import torch

    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)


def matrix_product(precision: str = "float32", device: str = "cpu", repeats: int = 30) -> float:
    """Floating-point operations a second of a plain product, the best of ``repeats``.

    Args:
        precision: what PyTorch calls it; ``float32`` is not replaced by TensorFloat-32.
        device: a GPU gets a larger product, as 2048 would not fill it.
    """
    import torch

    size = 2048 if torch.device(device).type == "cpu" else 8192
    a = torch.rand(size, size, device=device, dtype=getattr(torch, precision))
    b = torch.empty_like(a)

    def run() -> None:
        torch.mm(a, a, out=b)
        wait(device)

    return 2 * size**3 / best(run, repeats)[0]


def peaks(device: str, low: bool) -> dict[str, float]:
    """GFLOP/s of a matrix product, in 16 bits if ``low``; GB/s, read and written, of a copy of 256 MB."""
    import torch

    source = torch.rand(64 << 20, device=device)
    target = torch.empty_like(source)

    def copy() -> None:
        target.copy_(source)
        wait(device)

    short = "bfloat16" if torch.device(device).type == "cpu" else "float16"
    return {
        "peak_gflops": matrix_product(short if low else "float32", device, 12) / 1e9,
        "peak_gbs": 2 * source.nbytes / best(copy, 6)[0] / 1e9,
    }
