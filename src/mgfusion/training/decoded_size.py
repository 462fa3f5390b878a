"""How large decoded pictures are, and whether this machine's memory is the place for them."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mgfusion.data.pairs import Pair
from mgfusion.engines.tuning import available_memory
from mgfusion.images import count_pixels

MEMORY = "memory"
CHOSEN = "MGFUSION_DECODED"
"""The environment variable by which the processes of a machine learn what the first one chose."""
_CHANNELS = 4  # infrared, and the visible picture as RGB


def decoded_bytes(pairs: Iterable[Pair]) -> int:
    """Bytes of pairs decoded to 8 bits, by the heads of the infrared files; grey visible ones take half."""
    return sum(_CHANNELS * count_pixels(pair.ir) for pair in pairs)


def gigabytes(count: int) -> str:
    """``63 GB``, ``0.4 GB``."""
    return f"{count / 1e9:.0f} GB" if count >= 1e10 else f"{count / 1e9:.1f} GB"


def where_to_keep(
    pairs: Sequence[Pair], out: Path, processes: int, report: Callable[[str], None]
) -> str | Path:
    """Where decoded pictures go by themselves: ``MEMORY``, where each process has its own of them.

    A folder below ``out`` where they would take more than half of the memory that is free; said in a line.
    """
    free, needed = available_memory(), decoded_bytes(pairs) * processes
    if free is None or needed <= free / 2:
        return MEMORY
    folder = out / "pictures"
    report(
        f"{gigabytes(needed)} of decoded pictures are more than half of the {gigabytes(free)} of memory that "
        f"is free: kept in {folder} instead (--decoded DIR: elsewhere, shared between runs; --decoded memory)"
    )
    return folder


def agreed(choose: Callable[[], str | Path]) -> str | Path:
    """What the first process of a machine chooses; those that it starts do the same.

    Sets the environment variable ``CHOSEN``, which :mod:`mgfusion.training.callers_process` puts back.
    """
    if CHOSEN in os.environ and os.environ.get("LOCAL_RANK", "0") != "0":
        return os.environ[CHOSEN]
    chosen = choose()
    os.environ[CHOSEN] = str(chosen)
    return chosen
