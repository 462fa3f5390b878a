"""An ONNX graph compared with the model that it was made from."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mgfusion.errors import ExportError

if TYPE_CHECKING:
    from mgfusion.models import MGFusion

CHECKED = ((97, 131), (160, 64), (241, 321))
"""Heights and widths of the synthetic scenes on which a file is compared with PyTorch."""


def compare(
    model: "MGFusion", graph: bytes, sizes: Sequence[tuple[int, int]] = CHECKED
) -> tuple[float, float]:
    """Largest and mean difference between an ONNX graph and its model on scenes, in grey levels of 255."""
    import numpy as np
    import onnxruntime
    import torch

    from mgfusion.images import to_tensor
    from mgfusion.synthetic.night_street import night_street
    from mgfusion.thermal import infrared_to_unit

    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    differences = []
    for seed, (height, width) in enumerate(sizes):
        scene = night_street(seed, height, width)
        ir, vis = to_tensor(infrared_to_unit(scene.ir)), to_tensor(scene.vis)
        with torch.inference_mode():
            expected = model(ir, vis).numpy()
        got = session.run(["fused"], {"ir": ir.numpy(), "vis": vis.numpy()})[0]
        if got.shape != expected.shape:
            raise ExportError(f"the graph gives {got.shape} where PyTorch gives {expected.shape}")
        differences.append(255 * np.abs(got - expected).ravel())
    pixels = np.concatenate(differences)
    return float(pixels.max()), float(pixels.mean())
