"""Time, memory and the share of the machine's peak of each packaged model and back end; writes Markdown.

    mgfusion benchmark --data $MGFUSION_DATA --peers PEERS --method mgfusion-base ... --output out/benchmark
    python scripts/performance.py [--pareto out/benchmark] [-o docs/performance.md] [--models NAME,...]
        [--sizes 640x480,...] [--backends plain,...] [--threads N] [--device cpu] [--batch 1] [--repeats 3]

Run it on a quiet machine. Each line is a fresh process, so that its peak memory is its own; the peaks of the
machine, a plain matrix product and a plain copy, are measured in it right after the line.
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
import startup_time
from performance_page import HEAD, PAGE, PARETO, Line, bounds, megapixels, plot_growth, row

SIZES = ("128x128", "320x240", "640x480", "1280x720", "1920x1080", "4096x3072")
BACKENDS = {
    "cpu": "plain,prepared,compile,bfloat16,onnxruntime,openvino",
    "cuda": "plain,compile,float16,graphs",
}
LIMIT = 1800  # seconds for one line


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


def measured(options: argparse.Namespace, models: Sequence[str]) -> list[Line]:
    """The lines of the large table."""
    from mgfusion import export_onnx

    lines: list[Line] = []
    common = {"threads": options.threads, "repeats": options.repeats}
    common |= {"device": options.device, "batch": options.batch}
    with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:
        for model in models:
            work, onnx = in_fresh_process("work_of", {"model": model}, 1), f"{folder}/{model}.onnx"
            if {"onnxruntime", "openvino"} & set(options.backends):
                export_onnx(model, onnx)
            for backend in options.backends:
                # On a CPU compiling takes a minute for each size.
                one_size = backend == "compile" and options.device == "cpu"
                for size in ["640x480"] if one_size else options.sizes.split(","):
                    task = {"model": model, "backend": backend, "size": size, "onnx": onnx, **common}
                    got = in_fresh_process("probe", task, options.threads)
                    times = megapixels(task) / megapixels({"size": "640x480"})
                    for at, key in enumerate(("gmac", "gb")):
                        got[key] = work["encoder"][at] + times * work["network"][at]
                    lines.append((task, got))
                    print(row(task, got), flush=True)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/performance.md"))
    parser.add_argument("--pareto", type=Path, help="a benchmark's folder, measured with costs")
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--backends", help="default: those that the device is known for")
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

    from mgfusion.benchmark.run.machine import environment
    from mgfusion.models import available_models

    models = options.models.split(",") if options.models else available_models()
    options.backends = (options.backends or BACKENDS[options.device.partition(":")[0]]).split(",")
    started = startup_time.table(startup_time.measure(options.repeats))
    pairs = {model: in_fresh_process("whole_pair", {"model": model}, 1) for model in models}
    lines = measured(options, models)
    images, pareto = options.output.parent / "images", ""
    images.mkdir(exist_ok=True)
    plot_growth(lines, images / "growth.png")
    if options.pareto:
        shutil.copyfile(options.pareto / "figures" / "pareto.png", images / "pareto.png")
        pareto = PARETO
    commands = " ".join(["python scripts/performance.py", *sys.argv[1:]])
    if options.pareto:
        methods = " ".join(f"--method {name}" for name in (*models, "average", "maximum", "laplacian"))
        commands = (
            f"mgfusion benchmark --data data --peers peers {methods} --output {options.pareto}\n{commands}"
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
        table="\n".join([HEAD, *(row(task, got) for task, got in lines)]),
        **bounds(lines),
        startup=started,
    )
    options.output.write_text(page)


if __name__ == "__main__":
    main()
