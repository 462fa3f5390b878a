"""What `mgfusion fuse --engine ray` does in an hour and what a million pairs cost, from one and two workers.

    python scripts/cluster_throughput.py [--price 0.04] [--write docs/scale.md]     # some minutes

Measured, in time of the processor, since the machine may be shared: a pair of 640x480 in a worker, with
reading and writing; a job that does nothing in the driver and Ray's own processes; the names of a million
pairs. Beyond two workers the table is a model: so many workers, until the driver or the network to the files
can do no more.
"""

import argparse
import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import ray
import torch

from mgfusion import tune_process
from mgfusion.benchmark.run.machine import environment
from mgfusion.engines.job_outcomes import Failed
from mgfusion.engines.ray_workers import Cluster
from mgfusion.engines.run_jobs import run_jobs
from mgfusion.images import write_image
from mgfusion.images.name_pairing import partners_by_name
from mgfusion.inference.cluster_batches import FuseTask, fuse_on_cluster
from mgfusion.inference.fuser import Fuser
from mgfusion.synthetic.night_street import night_street
from page_marks import fill

SIZE, DIFFERENT, PAIRS = (480, 640), 4, 40
JOBS, NAMES = 1000, 1_000_000
MODELLED = (16, 64, 256, 1024)
NETWORK = 1.25e9
"""Bytes a second to the files: 10 Gbit/s."""
_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(words: tuple[bytes, ...], own: bool = False) -> float:
    """Processor time of all processes whose commands have one of these words, and of this one if ``own``."""
    total = time.process_time() if own else 0.0
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
            if entry.name != str(os.getpid()) and any(word in line for word in words):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                total += (int(fields[11]) + int(fields[12])) / _TICK
        except OSError:  # it has ended
            continue
    return total


def tasks(folder: Path) -> list[FuseTask]:
    """Pairs of a few night streets under many names."""
    for number in range(DIFFERENT):
        scene = night_street(number, *SIZE)
        write_image(folder / f"ir{number}.png", scene.ir)
        write_image(folder / f"vis{number}.jpg", scene.vis)
    found = []
    for number in range(PAIRS):
        ir, vis = (folder / name.format(number % DIFFERENT) for name in ("ir{}.png", "vis{}.jpg"))
        found.append(FuseTask(str(ir), str(vis), str(folder / "out" / f"{number}.png")))
    return found


def in_one_process(model: str, jobs: list[FuseTask]) -> float:
    """Processor seconds a pair of the local engine on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in a worker: two that share a pair take more of the processors in all
    fuser = Fuser(model, device="cpu")
    for job in jobs[:2]:
        fuser.file(job.ir, job.vis, job.out, overwrite=True)
    start = time.process_time()
    for job in jobs[:20]:
        fuser.file(job.ir, job.vis, job.out, overwrite=True)
    spent = time.process_time() - start
    torch.set_num_threads(threads)
    return spent / 20


def by_workers(model: str, jobs: list[FuseTask], workers: int) -> float:
    """Processor seconds a pair in the workers, once all of them are at work."""
    options = {"model": model, "device": "cpu"}
    start = 0.0
    counted = 0
    for done, outcome in enumerate(
        fuse_on_cluster(jobs, options, Cluster(), workers=workers, overwrite=True), 1
    ):
        if isinstance(outcome, Failed):
            raise outcome.error
        if done == 5 * workers:
            start, counted = cpu_seconds((b"ray::_Actor",)), done
        if done == len(jobs) - workers:  # all are still at work
            return (cpu_seconds((b"ray::_Actor",)) - start) / (done - counted)
    raise AssertionError("too few pairs")


def nothing(number: int) -> int:
    """A job."""
    return number


def driver_seconds() -> float:
    """Processor seconds a job of this process and of Ray's own on its machine."""
    start, words = 0.0, (b"raylet", b"gcs_server")
    for done, _ in enumerate(run_jobs(nothing, range(JOBS), engine="ray", workers=2), 1):
        if done == 100:
            start = cpu_seconds(words, own=True)
    return (cpu_seconds(words, own=True) - start) / (JOBS - 100)


def names() -> tuple[float, float]:
    """(bytes, processor seconds) that a million pairs take as names, in an order of no use."""

    def listed(ending: str) -> list[str]:
        found = [f"frame_{n:08}.{ending}" for n in range(NAMES)]
        random.Random(0).shuffle(found)
        return found

    before = most_memory()
    one, other = listed("png"), listed("jpg")
    start = time.process_time()
    found = partners_by_name(one, other)
    assert len(found.pairs) == NAMES
    return most_memory() - before, time.process_time() - start


def most_memory() -> int:
    """Bytes that this process has held at once so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def modelled(seconds: float, driver: float, size: float) -> Iterator[tuple[int, float, str]]:
    """(workers, pairs an hour, what sets it)."""
    limits = {"the driver": 1 / driver, "the network": NETWORK / size}
    for workers in MODELLED:
        rates = {"workers": workers / seconds, **limits}
        least = min(rates, key=lambda kind: rates[kind])
        yield workers, rates[least] * 3600, least


def table(
    model: str, alone: float, one: float, two: float, driver: float, size: float, peak: float, listing: float,
    price: float, load: float,
) -> str:  # fmt: skip
    """What was measured, and what follows from it."""
    hours = two * 1e6 / 3600
    lines = [
        f"On {environment(2)['processor']}, in seconds of the processor, at a load of {load:.1f} by other "
        f"programs. {model}, pairs of {SIZE[1]}x{SIZE[0]}: {alone:.2f} s in one process of one thread, "
        f"{one:.2f} s with one worker, {two:.2f} s with each of two. A million pairs take "
        f"{hours:,.0f} core hours then, {price * hours:,.2f} dollars at {price:g} for a core and hour.",
        "",
        f"A job costs the driver's machine {driver * 1e3:.2f} ms, so it hands out {1 / driver:,.0f} jobs a "
        f"second at most; a pair and its result are {size / 1e6:.2f} MB, so 10 Gbit/s carry "
        f"{NETWORK / size:,.0f} a second. The names of a million pairs take "
        f"{peak / 1e9:.2f} GB of the driver and {listing:.0f} s.",
        "",
        "| workers of one core | pairs an hour | set by |",
        "|---|---|---|",
        f"| 1 | {3600 / one:,.0f} | workers, by their measured seconds |",
        f"| 2 | {2 * 3600 / two:,.0f} | workers, by their measured seconds |",
        *(f"| {n:,} | {rate:,.0f} | {kind}, modelled |" for n, rate, kind in modelled(two, driver, size)),
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and print the table, or write it into a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="mgfusion-base")
    parser.add_argument("--price", type=float, default=0.04, help="of a core for an hour, in dollars")
    parser.add_argument("--write", type=Path, metavar="PAGE")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    tune_process()
    peak, listing = names()
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    with tempfile.TemporaryDirectory() as folder:
        jobs = tasks(Path(folder))
        alone = in_one_process(arguments.model, jobs)
        one, two = (by_workers(arguments.model, jobs, workers) for workers in (1, 2))
        files = [Path(name) for job in jobs[:DIFFERENT] for name in (job.ir, job.vis or "", job.out)]
        size = sum(file.stat().st_size for file in files) / DIFFERENT
        driver = driver_seconds()
    ray.shutdown()
    text = table(arguments.model, alone, one, two, driver, size, peak, listing, arguments.price, load)
    print(text)
    if arguments.write:
        fill(arguments.write, "cluster", text)


if __name__ == "__main__":
    main()
