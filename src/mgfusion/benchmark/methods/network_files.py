"""Networks of others as files: ONNX graphs and TorchScript modules."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.benchmark.methods.test_sets import Grey, to_eight_bits
from mgfusion.data.opened_pair import OpenedPair
from mgfusion.data.pairs import Pair
from mgfusion.errors import BenchmarkError, MissingExtraError
from mgfusion.extras import needs_extra


def open_onnx(method: Method) -> Callable[[Pair, OpenedPair], Grey]:
    """A graph from (1, C, H, W) float32 in [0, 1], infrared first or by name, to the same range."""
    try:
        with needs_extra("benchmark", f"{method.name}: ONNX"):
            import onnxruntime
    except MissingExtraError as error:
        raise BenchmarkError(error) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(method.source, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no base class
        raise BenchmarkError(f"{method.source}: no ONNX graph that can be loaded ({error})") from error
    inputs = session.get_inputs()
    if len(inputs) not in (1, 2):
        raise BenchmarkError(
            f"{method.source}: takes {len(inputs)} inputs; two (ir, vis), or one of 2 channels"
        )

    def fuse(_: Pair, opened: OpenedPair) -> Grey:
        ir, vis = (plane[None, None] for plane in (opened.ir, opened.vis))
        if len(inputs) == 1:
            feed = {inputs[0].name: np.concatenate([ir, vis], axis=1)}
        else:
            first = _is_visible(inputs[0].name) and not _is_visible(inputs[1].name)
            planes = (vis, ir) if first else (ir, vis)
            feed = {
                node.name: np.repeat(plane, 3, axis=1) if node.shape[1] == 3 else plane
                for node, plane in zip(inputs, planes, strict=True)
            }
        try:
            out = session.run(None, feed)[0]
        except Exception as error:
            raise BenchmarkError(f"{method.source}: fails on {ir.shape[2:]}: {error}") from error
        return _plane(np.asarray(out), method)

    return fuse


def _is_visible(name: str) -> bool:
    return name.lower().startswith(("vi", "y", "rgb"))


def open_torchscript(method: Method) -> Callable[[Pair, OpenedPair], Grey]:
    """A scripted module called as module(ir, vis), (1, 1, H, W) in [0, 1].

    It runs code of its own, so load files that you trust.
    """
    import torch

    try:
        module = torch.jit.load(  # type: ignore[no-untyped-call]
            method.source, map_location="cpu"
        ).eval()
    except (RuntimeError, ValueError) as error:
        raise BenchmarkError(f"{method.source}: no TorchScript that can be loaded") from error

    def fuse(_: Pair, opened: OpenedPair) -> Grey:
        ir, vis = (torch.from_numpy(plane)[None, None] for plane in (opened.ir, opened.vis))
        try:
            with torch.inference_mode():
                out = module(ir, vis)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise BenchmarkError(f"{method.source}: fails on {tuple(ir.shape)}: {reason}") from error
        out = out[0] if isinstance(out, list | tuple) else out
        return _plane(out.numpy(), method)

    return fuse


def _plane(out: Any, method: Method) -> Grey:
    """(1, C, H, W) of about [0, 1] as 8-bit luminance."""
    if out.ndim != 4 or out.shape[0] != 1 or out.shape[1] not in (1, 3):
        raise BenchmarkError(
            f"{method.name}: gives shape {out.shape}; (1, 1, H, W) or (1, 3, H, W) is needed"
        )
    planes = np.clip(np.nan_to_num(out[0].astype(np.float32)), 0, 1)
    return to_eight_bits(planes[0] if len(planes) == 1 else planes.transpose(1, 2, 0), method.name)
