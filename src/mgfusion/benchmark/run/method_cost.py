"""What a method costs: units of CPU time, memory, parameters; each in a fresh process of one thread."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.data.opened_pair import open_pair
from mgfusion.data.pairs import Pair
from mgfusion.engines.tuning import ONE_THREAD
from mgfusion.files import write_whole

if TYPE_CHECKING:
    from torch import Tensor

SIZE = (480, 640)
"""Height and width of the pair that is fused to measure."""
_REPEATS = 5
_UNIT_SIDE = 2048
_LIMIT = 900.0  # seconds for one method
_UNKNOWN = float("nan")
_PROTOCOL = "interleaved units"  # measurements of another kind are not comparable, so they are made again


@dataclass(frozen=True)
class Cost:
    """The cost of one 640 x 480 pair; NaN where it can't be known.

    A unit is one product of two 2048 x 2048 float32 matrices by PyTorch on one thread: 17.2 GFLOP, at the
    speed that the same process has at the same moment. So numbers from other machines can stand beside these.

    Attributes:
        units: CPU time, in units, of the fastest of five runs after one to warm up, each next to a run of the
            unit, with denormals flushed; reading the pair from files and all conversions included.
        network_units: the same for the network alone, called on float tensors, its encoder included.
        seconds, cpu_seconds: of the same fastest runs; CPU time is that of the process and, for a command, of
            its children.
        peak_mib: peak resident memory of the process, with Python and the libraries that the method needs.
        parameters: learnt numbers; 0 for classical methods.
        gmacs: 10^9 multiply-adds, as torch.utils.flop_counter counts them (convolutions and matrix products).
        note: why there are no numbers, or what numbers from elsewhere are of.
    """

    units: float = _UNKNOWN
    network_units: float = _UNKNOWN
    seconds: float = _UNKNOWN
    cpu_seconds: float = _UNKNOWN
    peak_mib: float = _UNKNOWN
    parameters: float = _UNKNOWN
    gmacs: float = _UNKNOWN
    note: str = ""


def measure(methods: Sequence[Method], known: Path) -> dict[str, Cost]:
    """The cost of each method that can be run.

    Args:
        known: JSON of earlier measurements, which are not repeated while the method stays what it was.
    """
    from mgfusion.benchmark.run.fingerprints import method_fingerprint

    before = _known(known)
    costs = {}
    for method in methods:
        if method.kind == "folder":
            costs[method.name] = Cost(note="results only")
            continue
        of = {"fingerprint": method_fingerprint(method), "protocol": _PROTOCOL}
        entry = before.get(method.name)
        if not entry or any(entry.get(key) != value for key, value in of.items()):
            entry = {**of, **_to_json(_in_fresh_process(method))}
            before[method.name] = entry
            write_whole(known, json.dumps(before, indent=2) + "\n", overwrite=True)
        costs[method.name] = _from_json(entry)
    return costs


def _known(path: Path) -> dict[str, dict[str, Any]]:
    """Earlier measurements; none where the file is missing or damaged, as they can be made again."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, dict)} if isinstance(found, dict) else {}


def _to_json(cost: Cost) -> dict[str, float | str | None]:
    """JSON has no NaN."""
    return {k: None if v != v else v for k, v in asdict(cost).items()}


def _from_json(entry: dict[str, Any]) -> Cost:
    known = {field.name for field in fields(Cost)}
    return Cost(**{k: v for k, v in entry.items() if k in known and v is not None})


def _in_fresh_process(method: Method) -> Cost:
    words = [sys.executable, "-m", "mgfusion.benchmark.run.method_cost", json.dumps(asdict(method))]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=_LIMIT, check=False, env=os.environ | ONE_THREAD
        )
    except subprocess.TimeoutExpired:
        return Cost(note=f"took longer than {_LIMIT:.0f} s")
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return Cost(note=said[-1])
    return _from_json(json.loads(done.stdout.splitlines()[-1]))


def _probe(method: Method) -> Cost:
    from mgfusion.benchmark.methods.openers import open_method
    from mgfusion.benchmark.run.jobs import cpu_seconds

    with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:
        pair = _write_pair(Path(folder))
        opened = open_method(method)

        def fuse() -> object:
            return opened(pair, open_pair(pair.ir, pair.vis))

        children = cpu_seconds(children=True)
        fuse()
        # Before the unit, which needs PyTorch: a method may not.
        peak = peak_mib(ran_children=cpu_seconds(children=True) > children)
        best = in_units(fuse)
    network = _network(method)
    parameters, gmacs = _size_of(method)
    return Cost(
        units=best["units"],
        network_units=in_units(network)["units"] if network else _UNKNOWN,
        seconds=best["seconds"],
        cpu_seconds=best["cpu_seconds"],
        peak_mib=peak,
        parameters=parameters,
        gmacs=gmacs,
    )


def in_units(work: Callable[[], object]) -> dict[str, float]:
    """The least CPU time of ``work`` in units, and its least CPU and wall seconds.

    Unit and work take turns, so that a machine which slows down for a while does so for both.
    """
    import torch

    from mgfusion.benchmark.run.jobs import timed

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    a, b = (torch.rand(_UNIT_SIDE, _UNIT_SIDE) for _ in range(2))
    work()
    torch.mm(a, b)
    units, runs = [], []
    for _ in range(_REPEATS):
        units.append(timed(lambda: torch.mm(a, b))[1]["cpu_seconds"])
        runs.append(timed(work)[1])
    least = {key: min(run[key] for run in runs) for key in ("seconds", "cpu_seconds")}
    return {"units": least["cpu_seconds"] / min(units), **least}


def _network(method: Method) -> Callable[[], object] | None:
    """A call of the network alone, as it is used to fuse, on tensors; None for what has none to call."""
    if method.kind not in ("model", "callable", "torchscript"):
        return None
    import torch

    ir = torch.rand(1, 1, *SIZE)
    if method.kind == "model":
        from mgfusion.inference.fuser import Fuser

        fuser = Fuser(method.source, device="cpu")
        network: Any = fuser.model
        vis = torch.rand(1, fuser.traits.vis_channels, *SIZE)
    elif method.kind == "callable":
        network, vis = _own_network(method)
    else:
        network = torch.jit.load(method.source, map_location="cpu").eval()  # type: ignore[no-untyped-call]
        vis = torch.rand(1, 1, *SIZE)

    def call() -> object:
        with torch.inference_mode():
            return network(ir, vis)

    return call


def _own_network(method: Method) -> tuple[Any, "Tensor"]:
    """A callable as Fuser calls it, and a visible picture for it."""
    import torch

    from mgfusion.benchmark.methods.callables import load_callable
    from mgfusion.inference.fuser import Fuser

    fuser = Fuser(load_callable(method.source), device="cpu")
    return fuser.model, torch.rand(1, fuser.traits.vis_channels, *SIZE)


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
    if method.kind not in ("model", "callable", "torchscript"):
        return _UNKNOWN, _UNKNOWN
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    ir, vis = torch.rand(1, 1, *SIZE), torch.rand(1, 1, *SIZE)
    if method.kind == "model":
        from mgfusion.models import load_model

        module: Any = load_model(method.source).eval()
    elif method.kind == "callable":
        module, vis = _own_network(method)
    else:
        module = torch.jit.load(method.source, map_location="cpu").eval()  # type: ignore[no-untyped-call]
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        module(ir, vis)
    # Counted after the call, when a frozen encoder that loads on first use is there.
    known = isinstance(module, torch.nn.Module)
    parameters = float(sum(p.numel() for p in module.parameters())) if known else _UNKNOWN
    return parameters, counter.get_total_flops() / 2e9


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_to_json(_probe(Method(**json.loads(sys.argv[1]))))) + "\n")
