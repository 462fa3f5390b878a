"""Methods made ready to fuse pairs; each is opened once in each process that uses it."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from mgfusion.benchmark.methods.callables import load_callable
from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.benchmark.methods.network_files import open_onnx, open_torchscript
from mgfusion.benchmark.methods.outside_commands import open_command
from mgfusion.benchmark.methods.test_sets import Grey, read_fused, to_eight_bits
from mgfusion.data.opened_pair import OpenedPair
from mgfusion.data.pairs import Pair
from mgfusion.errors import BenchmarkError
from mgfusion.images import SUFFIXES, from_tensor, luminance, to_tensor

FusePair = Callable[[Pair, OpenedPair], Grey]
"""From the files of a pair, and the same pair opened: so that each file is decoded once, by the caller."""


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
        "callable": _model,
        "folder": _folder,
        "command": open_command,
        "onnx": open_onnx,
        "torchscript": open_torchscript,
    }
    return opener[method.kind](method)


def _classical(method: Method) -> FusePair:
    from mgfusion.benchmark.methods.classical import fuse_classical

    return lambda _, opened: to_eight_bits(fuse_classical(method.source, opened.ir, opened.vis), method.name)


def _model(method: Method) -> FusePair:
    from mgfusion.engines.tuning import tune_process
    from mgfusion.inference.fuser import Fuser

    tune_process()
    network = load_callable(method.source) if method.kind == "callable" else method.source
    # Published networks were given the pictures as they are, and scores are against these.
    fuser = Fuser(network, device="cpu", repair=False)

    def fuse(_: Pair, opened: OpenedPair) -> Grey:
        ir, vis = to_tensor(opened.ir), to_tensor(opened.vis)
        if opened.colour is not None:  # for the encoder; the network's luminance is the scores'
            colour = to_tensor(opened.colour)
            vis = colour + (vis - luminance(colour))
        fused = fuser.fuse_tensors(ir, vis)
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
    def fuse(pair: Pair, _: OpenedPair) -> Grey:
        folder = results_folder(Path(method.source), pair.source)
        found = [folder / f"{pair.name}{s}" for s in SUFFIXES if (folder / f"{pair.name}{s}").is_file()]
        if len(found) != 1:
            problem = "several files" if found else "no picture"
            raise BenchmarkError(f"{folder}: {problem} named {pair.name}.*; one is needed")
        return read_fused(found[0])

    return fuse
