"""How long the command takes to start, as multiples of ``python -c "import torch"`` on the same machine.

    python scripts/startup_time.py [--repeats 5]

Each line is the fastest of several fresh processes; wall seconds, and CPU seconds of the process and what it
started. Exit code 1 if ``mgfusion --help`` takes 0.3 s of CPU or more.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HELP_LIMIT = 0.3  # CPU seconds
MGFUSION = [sys.executable, "-c", "from mgfusion.cli import main; main()"]
LOADED = "from mgfusion.models import load_model; m = load_model(); import torch"
LOADED += "; m.embed(torch.rand(1, 1, 16, 16), torch.rand(1, 1, 16, 16))"


def fastest(words: list[str], repeats: int) -> tuple[float, float]:
    """(wall, CPU) seconds of a command, each the least of ``repeats``."""
    runs = []
    for _ in range(repeats):
        before, start = os.times(), time.perf_counter()
        subprocess.run(words, check=True, capture_output=True)
        wall, after = time.perf_counter() - start, os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        runs.append((wall, cpu))
    return min(run[0] for run in runs), min(run[1] for run in runs)


def measure(repeats: int) -> dict[str, tuple[float, float]]:
    """(wall, CPU) seconds of each process."""
    with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:
        subprocess.run([*MGFUSION, "demo", "-o", folder], check=True, capture_output=True)
        ir, vis, out = (str(Path(folder) / f"{name}.png") for name in ("ir", "vis", "out"))
        commands = {
            "import torch": [sys.executable, "-c", "import torch"],
            "mgfusion --help": [*MGFUSION, "--help"],
            "import, weights and encoder": [sys.executable, "-c", LOADED],
            "mgfusion fuse, one 640x480 pair": [*MGFUSION, "fuse", ir, vis, "-o", out, "--overwrite"],
        }
        return {name: fastest(words, repeats) for name, words in commands.items()}


def table(measured: dict[str, tuple[float, float]]) -> str:
    """Markdown."""
    lines = ["| process | wall s | CPU s | CPU, times `import torch` |", "|---|---|---|---|"]
    base = measured["import torch"]
    for name, (wall, cpu) in measured.items():
        lines.append(f"| {name} | {wall:.2f} | {cpu:.2f} | {cpu / base[1]:.2f} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    measured = measure(parser.parse_args().repeats)
    print(table(measured))
    return int(measured["mgfusion --help"][1] >= HELP_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
