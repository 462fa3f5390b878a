"""Methods made ready to fuse pairs; each is opened once in each process that uses it."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.benchmark.methods.network_files import open_onnx, open_torchscript
from mgfusion.benchmark.methods.outside_commands import open_command
from mgfusion.benchmark.methods.test_sets import Grey, Pair, read_grey, to_eight_bits, unit_pair
from mgfusion.errors import BenchmarkError
from mgfusion.images import SUFFIXES, from_tensor, luminance, read_image, to_tensor

FusePair = Callable[[Pair], Grey]


@lru_cache(maxsize=4)
def open_method(method: Method) -> FusePair:
    """What fuses a pair by this method into 8-bit luminance of the pair's size.

    Raises:
        BenchmarkError: a file that cannot be loaded, or a library that is not installed.
        ModelError: the same for one of our own models.
    """
    opener: dict[str, Callable[[Method], FusePair]] = {
        "classical": _classical,
        "model": _model,
        "folder": _folder,
        "command": open_command,
        "onnx": open_onnx,
        "torchscript": open_torchscript,
    }
    return opener[method.kind](method)


def _classical(method: Method) -> FusePair:
    from mgfusion.benchmark.methods.classical import fuse_classical

    return lambda pair: to_eight_bits(fuse_classical(method.source, *unit_pair(pair)), method.name)


def _model(method: Method) -> FusePair:
    from mgfusion.engines.tuning import tune_process
    from mgfusion.inference.fuser import Fuser

    tune_process()
    fuser = Fuser(method.source, device="cpu")

    def fuse(pair: Pair) -> Grey:
        ir, vis = (to_tensor(plane) for plane in unit_pair(pair))
        colour = to_tensor(read_image(pair.vis))  # for the encoder; the network's luminance is the scores'
        fused = fuser.fuse_tensors(ir, colour + (vis - luminance(colour)))
        return np.asarray(from_tensor(fused), np.uint8)

    return fuse


def results_folder(root: Path, set_name: str) -> Path:
    """Where a folder of results keeps those of one set: its subfolder of that name, else itself."""
    inner = root / set_name
    return inner if inner.is_dir() else root


def covers(method: Method, set_name: str) -> bool:
    """Whether a method can say anything about a set: results may exist for some sets alone."""
    if method.kind != "folder":
        return True
    root = Path(method.source)
    return (root / set_name).is_dir() or any(p.suffix.lower() in SUFFIXES for p in root.iterdir())


def _folder(method: Method) -> FusePair:
    def fuse(pair: Pair) -> Grey:
        folder = results_folder(Path(method.source), pair.set)
        found = [folder / f"{pair.name}{s}" for s in SUFFIXES if (folder / f"{pair.name}{s}").is_file()]
        if len(found) != 1:
            problem = "several files" if found else "no picture"
            raise BenchmarkError(f"{folder}: {problem} named {pair.name}.*; one is needed")
        return read_grey(found[0])

    return fuse
