"""Time, memory and the share of the machine's peak of each packaged model and back end; writes Markdown.

    mgfusion benchmark --data $MGFUSION_DATA --peers PEERS --method mgfusion-base ... --out out/benchmark
    python benchmarks/performance.py [--pareto out/benchmark] [-o docs/performance.md] [--models NAME,...]
        [--sizes 640x480,...] [--backends plain,...] [--threads N] [--device cpu] [--batch 1] [--repeats 3]

Run it on a quiet machine. Each line is a fresh process, so that its peak memory is its own. The peaks of the
machine, a plain matrix product and a plain copy, are measured before the first line and after the last.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import probes
import startup

SIZES = ("128x128", "320x240", "640x480", "1280x720", "1920x1080", "4096x3072")
BACKENDS = ("plain", "prepared", "compile", "bfloat16", "onnxruntime", "openvino")
LIMIT = 1800  # seconds for one line
COLUMNS = ["model", "back end", "size", "wall s", "CPU s", "ms a megapixel", "peak MiB", "GMAC"]
COLUMNS += ["GFLOP/s (share)", "GB/s (share)"]
HEAD = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"

PAGE = """# Performance

This page is generated; do not edit it. The commands:

```
{commands}
```

Measured on {cpu}, {threads} thread(s) unless said otherwise; PyTorch {torch}, device {device}{gpu}.

## What one pair costs

CPU seconds on one thread for a colour pair of 640x480: from two PNG files to a third; the same with
arrays in memory; the network alone, its embedding known, as between frames of a video.

| model | files | arrays | network |
|---|---|---|---|
{pairs}
{pareto}
## Back ends and sizes

A plain matrix product reached {flops:.0f} GFLOP/s, a plain copy {bandwidth:.1f} GB/s, the best of before
and after; "share" is of those. Half of either is twice the bound. `prepared` is what `fuse` runs on a
CPU: batch norm folded, branches merged, attention and feed-forward parts with fewer passes over memory;
`plain` is the model as it was trained. GMAC counts what `prepared` computes, encoder included. GB/s
counts what PyTorch's operators read and write one by one; a back end that fuses them moves less, so its
share can be above one. Peak memory includes Python and the libraries. Pictures above the memory bound go
through tiles in PyTorch; the exported graphs have none, and are not run on the largest.

`bfloat16` is `--precision bfloat16`. It moves the picture by less than half a level of 255 on average, but
single pixels by several, so it has to be asked for.

{table}

## Start-up

The fastest of several fresh processes; CPU seconds of the process and what it started.

{startup}
"""

PARETO = """
![Quality against CPU seconds](images/pareto.png)

The mean over the test sets of ranks, and of Q_AB/F, against CPU seconds for a pair of 640x480 on one
thread; published networks with their own code and weights. The line joins what nothing faster beats.

"""


def line(task: dict[str, Any], got: dict[str, Any], peaks: dict[str, float]) -> str:
    width, height = map(int, task["size"].split("x"))
    cells = [task["model"], task["backend"], task["size"]]
    if "error" in got:
        return f"| {' | '.join(cells)} | {got['error'].removeprefix('ValueError: ')[:80]} |" + " |" * 6
    rates = 2 * got["gmac"] / got["wall"], got["gb"] / got["wall"]
    cells += [f"{got['wall']:.3f}", f"{got['cpu']:.3f}", f"{got['wall'] * 1e9 / (width * height):.0f}"]
    cells += [
        f"{got['peak']:.0f}",
        f"{got['gmac']:.1f}",
        f"{rates[0]:.0f} ({rates[0] / peaks['gflops']:.0%})",
    ]
    return "| " + " | ".join([*cells, f"{rates[1]:.1f} ({rates[1] / peaks['gbs']:.0%})"]) + " |"


def in_fresh_process(function: str, task: dict[str, Any], threads: int) -> dict[str, Any]:
    words = [sys.executable, __file__, "--probe", json.dumps([function, task])]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT, env=environment)
    except subprocess.TimeoutExpired:
        return {"error": f"more than {LIMIT} s"}
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["failed"])[-1].replace("|", "/")}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measured(options: argparse.Namespace, models: Sequence[str]) -> tuple[list[str], dict[str, float]]:
    """The lines of the large table, and the machine's peaks."""
    from mgfusion import export_onnx

    backends, tasks = options.backends.split(","), []
    common = {"threads": options.threads, "repeats": options.repeats}
    common |= {"device": options.device, "batch": options.batch}
    peaks = [in_fresh_process("machine_peaks", {"threads": options.threads}, options.threads)]
    with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:
        for model in models:
            onnx = f"{folder}/{model}.onnx"
            if {"onnxruntime", "openvino"} & set(backends):
                export_onnx(model, onnx)
            for backend in backends:
                # Compiling takes a minute for each size.
                sizes = options.sizes.split(",") if backend != "compile" else ["640x480"]
                for size in sizes:
                    task = {"model": model, "backend": backend, "size": size, "onnx": onnx, **common}
                    got = in_fresh_process("probe", task, options.threads)
                    tasks.append((task, got))
                    print(line(task, got, peaks[0]), flush=True)
    peaks.append(in_fresh_process("machine_peaks", {"threads": options.threads}, options.threads))
    most = {key: max(peak[key] for peak in peaks) for key in peaks[0]}
    return [line(task, got, most) for task, got in tasks], most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/performance.md"))
    parser.add_argument("--pareto", type=Path, help="a benchmark's folder, measured with costs")
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--backends", default=",".join(BACKENDS))
    parser.add_argument("--models")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=1, help="pairs at once; times are for one")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--probe", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe:
        function, task = json.loads(options.probe)
        print(json.dumps(getattr(probes, function)(**task)))
        return
    import torch

    from mgfusion.benchmark.environment import environment
    from mgfusion.models import available_models

    models = options.models.split(",") if options.models else available_models()
    started = startup.table(startup.measure(options.repeats))
    pairs = {model: in_fresh_process("whole_pair", {"model": model}, 1) for model in models}
    lines, peaks = measured(options, models)
    pareto = ""
    if options.pareto:
        images = options.output.parent / "images"
        images.mkdir(exist_ok=True)
        shutil.copyfile(options.pareto / "figures" / "pareto.png", images / "pareto.png")
        pareto = PARETO
    commands = " ".join(["python benchmarks/performance.py", *sys.argv[1:]])
    if options.pareto:
        methods = " ".join(f"--method {name}" for name in (*models, "average", "maximum", "laplacian"))
        commands = (
            f"mgfusion benchmark --data data --peers peers {methods} --out {options.pareto}\n{commands}"
        )
    page = PAGE.format(
        commands=commands,
        cpu=environment(1)["processor"],
        threads=options.threads,
        torch=torch.__version__,
        device=options.device,
        gpu="" if torch.cuda.is_available() else "; no GPU was at hand, so nothing here was measured on one",
        pairs="\n".join(
            f"| {name} | {got['files']:.3f} | {got['arrays']:.3f} | {got['network']:.3f} |"
            for name, got in pairs.items()
        ),
        pareto=pareto,
        flops=peaks["gflops"],
        bandwidth=peaks["gbs"],
        table="\n".join([HEAD, *lines]),
        startup=started,
    )
    options.output.write_text(page)


if __name__ == "__main__":
    main()
