"""What scripts/performance.py measures, each called in a process of its own."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machine_peaks import best, peaks

SECONDS = 3.0  # that a line is repeated for, at least: other machines on the same host come and go
WHOLE = 1920 * 1080  # pixels; above it only what fuses in tiles is run
LOW = ("bfloat16", "float16", "graphs")  # back ends that compute with 16 bits


def work(run: Callable[[], Any]) -> tuple[float, float]:
    """GMAC, and GB that the operators read and write when none is fused with its neighbour."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves
    from torch.utils.flop_counter import FlopCounterMode, conv_flop_count

    def convolution(x: Any, weight: Any, *rest: Any, out_shape: Any = None, **more: Any) -> int:
        return int(conv_flop_count(list(x), list(weight), list(out_shape)))

    class Traffic(TorchDispatchMode):  # type: ignore[no-untyped-call]
        total = 0

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            out = func(*args, **(kwargs or {}))
            if not func.is_view:
                tensors = (t for t in tree_leaves((args, kwargs, out)) if isinstance(t, torch.Tensor))
                self.total += sum(t.nbytes for t in tensors)
            return out

    fused = {torch.ops.mkldnn._convolution_pointwise: convolution}
    counter, traffic = FlopCounterMode(display=False, custom_mapping=fused), Traffic()  # type: ignore[no-untyped-call]
    with torch.no_grad(), counter, traffic:
        run()
    return counter.get_total_flops() / 2e9, traffic.total / 1e9


def work_of(model: str) -> dict[str, tuple[float, float]]:
    """What :func:`work` gives for one pair of 640x480: only the network's part grows with the pixels."""
    import torch

    from mgfusion.inference.optimised import prepared
    from mgfusion.models import load_model

    network = prepared(load_model(model))
    ir, vis = torch.rand(1, 1, 480, 640), torch.rand(1, 3, 480, 640)
    with torch.no_grad():
        embeddings = network.embed(ir, vis)
    return {
        "encoder": work(lambda: network.embed(ir, vis)),
        "network": work(lambda: network(ir, vis, embeddings)),
    }


def runner(backend: str, name: str, onnx: str, threads: int, device: str) -> Callable[[Any, Any], Any]:
    """(ir, vis) tensors -> fused, by one back end."""
    import torch

    from mgfusion import Fuser
    from mgfusion.models import load_model

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
    gpu = torch.device(device).type == "cuda"
    precision = backend if backend in ("bfloat16", "float16") else "float32"
    if backend == "graphs" and gpu:
        precision = "float16"
    fuser = Fuser(load_model(name) if backend == "plain" else name, device=device, precision=precision)
    if backend in ("compile", "graphs"):
        mode = "reduce-overhead" if backend == "graphs" else None  # captures CUDA graphs
        fuser.model.forward = torch.compile(fuser.model.forward, mode=mode)
    return lambda ir, vis: fuser.fuse_tensors(ir, vis).cpu()  # waits for a GPU


def probe(
    model: str, backend: str, size: str, onnx: str, threads: int, repeats: int, device: str, batch: int
) -> dict[str, float]:
    """Measure one line, and right after it what the machine can do; runs in a process of its own."""
    import torch

    from mgfusion.benchmark.run.method_cost import peak_mib
    from mgfusion.engines.tuning import tune_process

    torch.set_num_threads(threads)
    width, height = map(int, size.split("x"))
    if backend in ("onnxruntime", "openvino") and width * height > WHOLE:
        raise ValueError("not run: no tiles")
    tune_process()
    torch.manual_seed(0)
    ir, vis = torch.rand(batch, 1, height, width), torch.rand(batch, 3, height, width)
    run = runner(backend, model, onnx, threads, device)
    run(ir, vis)
    wall, cpu = best(lambda: run(ir, vis), repeats, SECONDS)
    gpu = torch.device(device).type == "cuda"
    peak = torch.cuda.max_memory_allocated(device) / 2**20 if gpu else peak_mib(ran_children=False)
    return {"wall": wall / batch, "cpu": cpu / batch, "peak": peak, **peaks(device, backend in LOW)}


def whole_pair(model: str) -> dict[str, float]:
    """CPU seconds on one thread for a colour pair of 640x480, all that a user waits for, and parts of it."""
    import torch

    from mgfusion import Fuser
    from mgfusion.images import read_image, to_tensor, write_image
    from mgfusion.synthetic.night_street import night_street

    torch.set_num_threads(1)
    scene, fuser = night_street(0, 480, 640), Fuser(model)
    with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:
        ir, vis, out = (Path(folder) / f"{name}.png" for name in ("ir", "vis", "out"))
        write_image(ir, scene.ir)
        write_image(vis, scene.vis)
        fuser.file(ir, vis, out)
        files = best(lambda: fuser.file(ir, vis, out, overwrite=True), 5, SECONDS)[1]
        arrays = read_image(ir), read_image(vis)
        in_memory = best(lambda: fuser(*arrays), 5, SECONDS)[1]
    tensors = to_tensor(scene.ir), to_tensor(scene.vis)
    with torch.inference_mode():
        embeddings = fuser.model.embed(*tensors)
        network = best(lambda: fuser.model(*tensors, embeddings), 5, SECONDS)[1]
    return {"files": files, "arrays": in_memory, "network": network}
