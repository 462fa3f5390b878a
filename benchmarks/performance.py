"""Time, memory and the share of the machine's peak of each packaged model and back end; writes Markdown.

    python benchmarks/performance.py [-o docs/performance.md] [--sizes 640x480,...] [--backends eager,...]
        [--models NAME,...] [--threads N] [--repeats 3]

Run it on a quiet machine. Each line is a fresh process, so that its peak memory is its own; the peaks of the
machine, a plain matrix product and a plain copy, are measured in each of them just before.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIZES = ("128x128", "320x240", "640x480", "1280x720", "1920x1080", "4096x3072")
BACKENDS = ("eager", "channels_last", "compile", "bfloat16", "onnxruntime", "openvino")
LIMIT = 1800  # seconds for one line
WHOLE = 1920 * 1080  # pixels; above it an exported graph, which has no tiles, is not run


def best(run: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """(wall, CPU) seconds of the fastest of several runs."""
    runs = []
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        run()
        runs.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(runs)


def machine_peaks() -> tuple[float, float]:
    """GFLOP/s of a float32 matrix product, GB/s (read and written) of a copy of 256 MB."""
    import torch

    a, b = torch.rand(2048, 2048), torch.empty(2048, 2048)
    product = best(lambda: torch.mm(a, a, out=b), 5)[0]
    source, target = torch.rand(64 << 20), torch.empty(64 << 20)
    copy = best(lambda: target.copy_(source), 5)[0]
    return 2 * 2048**3 / product / 1e9, 2 * 4 * (64 << 20) / copy / 1e9


def work(model: Any, ir: Any, vis: Any) -> tuple[float, float]:
    """GMAC, and GB that the operators read and write when none is fused with its neighbour."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves
    from torch.utils.flop_counter import FlopCounterMode

    class Traffic(TorchDispatchMode):
        total = 0

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            out = func(*args, **(kwargs or {}))
            if not func.is_view:
                tensors = (t for t in tree_leaves((args, kwargs, out)) if isinstance(t, torch.Tensor))
                self.total += sum(t.nbytes for t in tensors)
            return out

    counter, traffic = FlopCounterMode(display=False), Traffic()
    with torch.no_grad(), counter, traffic:
        model(ir, vis)
    return counter.get_total_flops() / 2e9, traffic.total / 1e9


def runner(backend: str, name: str, onnx: str, threads: int) -> Callable[[Any, Any], Any]:
    """(ir, vis) tensors -> fused, by one back end."""
    import torch

    from mgfusion import Fuser

    if backend == "onnxruntime":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        return lambda ir, vis: session.run(["fused"], {"ir": ir.numpy(), "vis": vis.numpy()})
    if backend == "openvino":
        import openvino

        settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads}
        compiled = openvino.Core().compile_model(onnx, "CPU", settings)
        return lambda ir, vis: compiled({"ir": ir.numpy(), "vis": vis.numpy()})["fused"]
    fuser = Fuser(name, device="cpu")
    if backend == "channels_last":
        fuser.model = fuser.model.to(memory_format=torch.channels_last)
    elif backend == "compile":
        fuser.model.forward = torch.compile(fuser.model.forward)  # type: ignore[method-assign]
    elif backend == "bfloat16":

        def autocast(ir: Any, vis: Any) -> Any:
            with torch.autocast("cpu", torch.bfloat16):
                return fuser.fuse_tensors(ir, vis)

        return autocast
    return fuser.fuse_tensors


def probe(model: str, backend: str, size: str, onnx: str, threads: int, repeats: int) -> dict[str, float]:
    """Measure one line; runs in a process of its own."""
    import torch

    from mgfusion.benchmark.cost import _peak_mib
    from mgfusion.models import load_model
    from mgfusion.runtime import tune_cpu

    torch.set_num_threads(threads)
    width, height = map(int, size.split("x"))
    if backend in ("onnxruntime", "openvino") and width * height > WHOLE:
        raise ValueError("no tiles outside PyTorch")
    tune_cpu()
    flops, bandwidth = machine_peaks()
    small = load_model(model), torch.rand(1, 1, 480, 640), torch.rand(1, 3, 480, 640)
    gmac, traffic = (n * width * height / (640 * 480) for n in work(*small))
    torch.manual_seed(0)
    ir, vis = torch.rand(1, 1, height, width), torch.rand(1, 3, height, width)
    run = runner(backend, model, onnx, threads)
    run(ir, vis)
    wall, cpu = best(lambda: run(ir, vis), repeats)
    return {
        "wall": wall,
        "cpu": cpu,
        "peak": _peak_mib(ran_children=False),
        "gmac": gmac,
        "gflops": 2 * gmac / wall,
        "flops share": 2 * gmac / wall / flops,
        "gbs": traffic / wall,
        "bytes share": traffic / wall / bandwidth,
        "machine gflops": flops,
        "machine gbs": bandwidth,
    }


COLUMNS = ["model", "back end", "size", "wall s", "CPU s", "ms a megapixel", "peak MiB", "GMAC"]
COLUMNS += ["GFLOP/s (share)", "GB/s (share)"]
HEAD = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"

PAGE = """# Performance

Written by `python benchmarks/performance.py` with {threads} thread(s) on {cpu}; PyTorch {torch}.
A plain matrix product reached up to {flops:.0f} GFLOP/s, a plain copy {bandwidth:.1f} GB/s; "share" is of
what the line's own process measured just before. GMAC is counted at 640x480, encoder included, and scaled
by pixels, which overstates the encoder's part in larger pictures. GB/s counts what PyTorch's operators read
and write one by one; a back end that fuses them moves less, so its share can be above one. Peak memory
includes Python, the libraries and 0.5 GiB for measuring the machine. Large pictures go through tiles in
PyTorch; ONNX Runtime and OpenVINO have none.

{table}
"""


def line(task: dict[str, Any], got: dict[str, Any]) -> str:
    width, height = map(int, task["size"].split("x"))
    cells = [task["model"], task["backend"], task["size"]]
    if "error" in got:
        return f"| {' | '.join(cells)} | {got['error'][:80]} |" + " |" * 6
    cells += [f"{got['wall']:.3f}", f"{got['cpu']:.3f}", f"{got['wall'] * 1e9 / (width * height):.0f}"]
    cells += [f"{got['peak']:.0f}", f"{got['gmac']:.1f}", f"{got['gflops']:.0f} ({got['flops share']:.0%})"]
    return "| " + " | ".join([*cells, f"{got['gbs']:.1f} ({got['bytes share']:.0%})"]) + " |"


def in_fresh_process(task: dict[str, Any]) -> dict[str, Any]:
    words = [sys.executable, __file__, "--probe", json.dumps(task)]
    environment = os.environ | {"OMP_NUM_THREADS": str(task["threads"])}
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT, env=environment)
    except subprocess.TimeoutExpired:
        return {"error": f"more than {LIMIT} s"}
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["failed"])[-1].replace("|", "/")}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/performance.md"))
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--backends", default=",".join(BACKENDS))
    parser.add_argument("--models")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--probe", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe:
        print(json.dumps(probe(**json.loads(options.probe))))
        return
    import torch

    from mgfusion import export_onnx
    from mgfusion.benchmark.environment import environment
    from mgfusion.models import available_models

    backends, lines, flops, bandwidth = options.backends.split(","), [], 0.0, 0.0
    with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:
        for model in options.models.split(",") if options.models else available_models():
            onnx = f"{folder}/{model}.onnx"
            if {"onnxruntime", "openvino"} & set(backends):
                export_onnx(model, onnx)
            for backend in backends:
                for size in options.sizes.split(","):
                    task = {"model": model, "backend": backend, "size": size, "onnx": onnx}
                    task |= {"threads": options.threads, "repeats": options.repeats}
                    got = in_fresh_process(task)
                    flops = max(flops, got.get("machine gflops", 0))
                    bandwidth = max(bandwidth, got.get("machine gbs", 0))
                    lines.append(line(task, got))
                    print(lines[-1], flush=True)
    table = "\n".join([HEAD, *lines])
    about = {"threads": options.threads, "cpu": environment(1)["processor"], "torch": torch.__version__}
    options.output.write_text(PAGE.format(**about, flops=flops, bandwidth=bandwidth, table=table))


if __name__ == "__main__":
    main()
