"""What a method costs: time, memory, parameters, multiply-adds; each in a fresh process of one thread."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.benchmark.methods.test_sets import Pair

SIZE = (480, 640)
"""Height and width of the pair that is fused to measure."""
_REPEATS = 3
_LIMIT = 900.0  # seconds for one method
_UNKNOWN = float("nan")


@dataclass(frozen=True)
class Cost:
    """The cost of one 640 x 480 pair; NaN where it can't be known.

    Attributes:
        seconds, cpu_seconds: the fastest of three runs after one to warm up, reading the pair included; CPU
            time is that of the process and, for a command, of its children.
        peak_mib: peak resident memory of the process, with Python and the libraries that the method needs.
        parameters: learnt numbers; 0 for classical methods.
        gmacs: 10^9 multiply-adds, as torch.utils.flop_counter counts them (convolutions and matrix products).
        note: why there are no numbers.
    """

    seconds: float = _UNKNOWN
    cpu_seconds: float = _UNKNOWN
    peak_mib: float = _UNKNOWN
    parameters: float = _UNKNOWN
    gmacs: float = _UNKNOWN
    note: str = ""


PUBLISHED = {
    "MMDRFuse": Cost(cpu_seconds=0.09, parameters=113),
    "SDNet": Cost(cpu_seconds=1.1, parameters=67e3),
    "DATFuse": Cost(cpu_seconds=1.2, parameters=11e3),
    "IFCNN": Cost(cpu_seconds=1.7, parameters=84e3),
    "CAF": Cost(cpu_seconds=1.8, parameters=148e3),
    "DenseFuse": Cost(cpu_seconds=1.8, parameters=74e3),
    "SAGE": Cost(cpu_seconds=1.9, parameters=136e3),
    "TarDAL-DT": Cost(cpu_seconds=2.9, parameters=297e3),
    "SeAFusion": Cost(cpu_seconds=3.9, parameters=167e3),
    "U2Fusion": Cost(cpu_seconds=6.5, parameters=659e3),
    "MFEIF": Cost(cpu_seconds=9.7),
    "YDTR": Cost(cpu_seconds=10.8),
    "AUIF": Cost(cpu_seconds=12.4),
    "SHIP": Cost(cpu_seconds=12.6),
    "LRRNet": Cost(cpu_seconds=24),
    "GIFNet": Cost(cpu_seconds=29),
}
"""CPU seconds at 640 x 480 of published networks with their own code and weights, measured on two cores."""


def measure(methods: Sequence[Method], known: Path) -> dict[str, Cost]:
    """The cost of each method that can be run; folders of results have the published one, if there is one.

    Args:
        known: JSON of earlier measurements, which are not repeated while the method stays what it was.
    """
    from mgfusion.benchmark.run.fingerprints import method_fingerprint

    before = json.loads(known.read_text()) if known.is_file() else {}
    costs = {}
    for method in methods:
        if method.kind == "folder":
            costs[method.name] = PUBLISHED.get(method.name, Cost(note="results only"))
            continue
        fingerprint = method_fingerprint(method)
        entry = before.get(method.name)
        if not entry or entry["fingerprint"] != fingerprint:
            entry = {"fingerprint": fingerprint, **_to_json(_in_fresh_process(method))}
            before[method.name] = entry
            known.write_text(json.dumps(before, indent=2) + "\n")
        costs[method.name] = _from_json(entry)
    return costs


def _to_json(cost: Cost) -> dict[str, float | str | None]:
    """JSON has no NaN."""
    return {k: None if v != v else v for k, v in asdict(cost).items()}


def _from_json(entry: dict[str, Any]) -> Cost:
    return Cost(**{k: v for k, v in entry.items() if k != "fingerprint" and v is not None})


def _in_fresh_process(method: Method) -> Cost:
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    words = [sys.executable, "-m", "mgfusion.benchmark.run.method_cost", json.dumps(asdict(method))]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=_LIMIT, check=False, env=os.environ | threads
        )
    except subprocess.TimeoutExpired:
        return Cost(note=f"took longer than {_LIMIT:.0f} s")
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return Cost(note=said[-1])
    return _from_json(json.loads(done.stdout.splitlines()[-1]))


def _probe(method: Method) -> Cost:
    from mgfusion.benchmark.methods.openers import open_method
    from mgfusion.benchmark.run.jobs import cpu_seconds, start_worker, timed

    start_worker()
    with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:
        pair = _write_pair(Path(folder))
        fuse = open_method(method)
        fuse(pair)
        children = cpu_seconds(children=True)
        runs = [timed(lambda: fuse(pair))[1] for _ in range(_REPEATS)]
        peak = peak_mib(ran_children=cpu_seconds(children=True) > children)
    parameters, gmacs = _size_of(method)
    return Cost(
        seconds=min(run["seconds"] for run in runs),
        cpu_seconds=min(run["cpu_seconds"] for run in runs),
        peak_mib=peak,
        parameters=parameters,
        gmacs=gmacs,
    )


def _write_pair(folder: Path) -> Pair:
    """Smooth noise: a picture like any other to a method whose cost depends on what it sees."""
    import cv2

    from mgfusion.images import write_image

    generator = np.random.default_rng(0)
    paths = []
    for name in ("ir", "vis"):
        noise = generator.random(SIZE, dtype=np.float32)
        smooth = sum(cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (1, 4, 16, 64))
        low, high = float(np.min(smooth)), float(np.max(smooth))
        grey = np.rint((smooth - low) / (high - low) * 255).astype(np.uint8)
        paths.append(write_image(folder / f"{name}.png", grey))
    return Pair("probe", "probe", paths[0], paths[1])


def peak_mib(ran_children: bool) -> float:
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    if ran_children:
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit / 2**20
    status = Path("/proc/self/status")
    if status.is_file():  # ru_maxrss starts from what the parent process held
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def _size_of(method: Method) -> tuple[float, float]:
    """(parameters, 10^9 multiply-adds)."""
    if method.kind == "classical":
        return 0.0, _UNKNOWN
    if method.kind not in ("model", "torchscript"):
        return _UNKNOWN, _UNKNOWN
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    ir, vis = torch.rand(1, 1, *SIZE), torch.rand(1, 1, *SIZE)
    if method.kind == "model":
        from mgfusion.models import load_model

        module: torch.nn.Module = load_model(method.source)
    else:
        module = torch.jit.load(method.source, map_location="cpu")  # type: ignore[no-untyped-call]
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        module.eval()(ir, vis)
    # Counted after the call, when a frozen encoder that loads on first use is there.
    parameters = sum(p.numel() for p in module.parameters())
    return float(parameters), counter.get_total_flops() / 2e9


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_to_json(_probe(Method(**json.loads(sys.argv[1]))))) + "\n")
