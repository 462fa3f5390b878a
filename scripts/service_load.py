"""Load on ``mgfusion serve``, on this machine alone: requests of mixed sizes, a tenth of them bad.

    python scripts/service_load.py --requests 300 --at-once 16 --write docs/serve.md

Every answer is compared: a picture with what fusing in this process gives, byte for byte, a bad request with
the status that it must get. Prints a Markdown table; --write puts it between a page's <!-- load --> marks.
"""

import argparse
import os

os.environ["OMP_NUM_THREADS"] = "1"  # before PyTorch: the service's workers have one thread each, too

import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from mgfusion import Fuser, tune_process
from mgfusion.engines.tuning import usable_cores
from mgfusion.images.writing import encode_image
from mgfusion.synthetic.night_street import night_street
from page_marks import fill

SIZES = ((120, 160), (240, 320), (480, 640), (512, 384))
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Case:
    """A request and what must come of it."""

    name: str
    files: dict[str, bytes]
    status: int
    data: bytes = b""


def good_cases(model: str) -> tuple[list[Case], float]:
    """One a size, and how many pictures a second one process makes of them, files in and out."""
    fuser, cases = Fuser(model), []
    pairs = [(size, night_street(seed, *size)) for seed, size in enumerate(SIZES)]
    for (height, width), scene in pairs:
        files = {"ir": encode_image(scene.ir, ".png"), "vis": encode_image(scene.vis, ".png")}
        data = encode_image(fuser(files["ir"], files["vis"]), ".png")
        cases.append(Case(f"{width}x{height}", files, 200, data))
    start = time.perf_counter()
    for case in cases * 3:
        encode_image(fuser(case.files["ir"], case.files["vis"]), ".png")
    return cases, 3 * len(cases) / (time.perf_counter() - start)


def bad_cases(good: list[Case]) -> list[Case]:
    """A text, a torn file, sizes that differ."""
    first, second = good[0].files, good[1].files
    return [
        Case("no picture", {**first, "ir": b"no picture at all"}, 415),
        Case("torn", {**first, "vis": first["vis"][: len(first["vis"]) // 2]}, 422),
        Case("sizes differ", {**first, "ir": second["ir"]}, 422),
    ]


def resident(pid: int) -> int:
    """Bytes that a process and its children hold."""
    try:
        own = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_SIZE
        tasks = [task / "children" for task in Path(f"/proc/{pid}/task").iterdir()]
        return own + sum(resident(int(child)) for file in tasks for child in file.read_text().split())
    except OSError:  # ended meanwhile
        return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--model", default="mgfusion-fast")
    parser.add_argument("--workers", type=int, default=usable_cores())
    parser.add_argument("--write", type=Path, help="a page to put the table into")
    options = parser.parse_args()
    tune_process()
    good, bound = good_cases(options.model)
    bad = bad_cases(good)
    cases = [
        bad[number % len(bad)] if number % 10 == 9 else good[number % len(good)]
        for number in range(options.requests)
    ]
    words = [sys.executable, "-m", "mgfusion", "serve", "--port", "0", "--no-page", "--model", options.model,
             "--workers", str(options.workers), "--queue", "10"]  # fmt: skip
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            table = measured(url, process.pid, cases, good, bound, options)
        finally:
            process.terminate()
    print(table)
    if options.write:
        fill(options.write, "load", table)


def measured(
    url: str, pid: int, cases: list[Case], good: list[Case], bound: float, options: argparse.Namespace
) -> str:
    """The table."""
    with httpx.Client(base_url=url, timeout=120, trust_env=False) as client:
        for _ in range(600):
            if client.get("/readyz").status_code == 200:
                break
            time.sleep(0.2)
        for case in good * options.workers * 2:  # every worker has seen every size
            client.post("/v1/fuse", files=case.files)
        held = [resident(pid)]

        full: list[float] = []

        def ask(case: Case) -> tuple[str, float]:
            start = time.perf_counter()
            answer = client.post("/v1/fuse", files=case.files)
            while answer.status_code == 429:  # as it is told, as often as it takes
                full.append(float(answer.headers["retry-after"]))
                time.sleep(full[-1])
                start = time.perf_counter()
                answer = client.post("/v1/fuse", files=case.files)
            spent = time.perf_counter() - start
            held.append(resident(pid))
            right = answer.status_code == case.status
            right &= answer.content == case.data if case.status == 200 else "error" in answer.json()
            return (("fused" if case.status == 200 else "refused") if right else "wrong"), spent

        start = time.perf_counter()
        with ThreadPoolExecutor(options.at_once) as threads:
            results = list(threads.map(ask, cases))
        took = time.perf_counter() - start
        done = client.get("/metrics").text
        held.append(resident(pid))
    deaths = next(line.split()[1] for line in done.splitlines() if line.startswith("mgfusion_worker_deaths "))
    counts = Counter(kind for kind, _ in results)
    times = [spent for kind, spent in results if kind == "fused"]
    rate = counts["fused"] / took
    lines = [
        f"{options.model}, {options.workers} workers of one thread, a queue of 10; {len(cases)} requests, "
        f"{options.at_once} at once, of {', '.join(case.name for case in good)} pixels; client and service "
        f"on one machine of {usable_cores()} cores",
        "",
        "| | |",
        "|---|---|",
        f"| right pictures, byte for byte | {counts['fused']} |",
        f"| bad requests, each with its status | {counts['refused']} |",
        f"| times that one was told that the queue is full (429), and came again as told | {len(full)} |",
        f"| wrong or lost | {counts['wrong'] + len(cases) - len(results)} |",
        f"| workers that died | {float(deaths):.0f} |",
        f"| pictures a second, as a multiple of one process that only fuses | {rate / bound:.2f} |",
        f"| 95th percentile of the time to a picture, as a multiple of the median | "
        f"{np.percentile(times, 95) / np.median(times):.2f} |",
        f"| memory at the end, as a multiple of that at the start | {held[-1] / held[0]:.2f} |",
        f"| the most in between | {max(held) / held[0]:.2f} |",
    ]
    print(f"p50 {np.median(times):.2f} s, p95 {np.percentile(times, 95):.2f} s, {rate:.2f} pictures/s, "
          f"one process {bound:.2f} pictures/s, {held[0] >> 20} MiB", file=sys.stderr)  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    main()
