"""Smaller numbers for an ONNX graph: float16 weights and arithmetic, or 8-bit convolutions."""

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mgfusion.export.onnx_graph import EXACT

if TYPE_CHECKING:
    from onnx import ModelProto

_SCOPES = "pkg.torch.onnx.name_scopes"
_CALIBRATION = [(seed, 240, 320) for seed in range(100, 104)]  # seeds that no test draws


def to_half(model: "ModelProto") -> "ModelProto":
    """Float16 inside, float32 in and out.

    Resizing to the encoder and from its map stays in float32, and so do the norms in the attention: a sum of
    squares over all pixels is beyond 65504.
    """
    from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16

    exact = [node.name for node in model.graph.node if _counts_pixels(node)]
    blocked = [*DEFAULT_OP_BLOCK_LIST, "ReduceL2"]
    half: ModelProto = convert_float_to_float16(
        model, keep_io_types=True, op_block_list=blocked, node_block_list=exact
    )
    return half


def _counts_pixels(node: Any) -> bool:
    scopes = [prop.value for prop in node.metadata_props if prop.key == _SCOPES]
    return any(f"'{name}'" in scope for scope in scopes for name in EXACT)


def to_int8(model: "ModelProto") -> "ModelProto":
    """Convolutions in 8 bits, ranges from synthetic scenes; the rest stays float32."""
    import onnx
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:
        path = Path(folder) / "int8.onnx"
        root = logging.getLogger()
        level = root.level
        root.setLevel(logging.ERROR)  # it recommends a step that the exporter has done already
        try:
            quantize_static(
                model,
                path,
                _reader(),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=["Conv"],
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
        finally:
            root.setLevel(level)
        return onnx.load(path)


def _reader() -> Any:
    from onnxruntime.quantization import CalibrationDataReader

    class Scenes(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.feeds = _feeds()

        def get_next(self) -> dict[str, Any] | None:
            return next(self.feeds, None)

    return Scenes()


def _feeds() -> Iterator[dict[str, Any]]:
    from mgfusion.images import to_tensor
    from mgfusion.synthetic.night_street import night_street
    from mgfusion.thermal import infrared_to_unit

    for scene in (night_street(*numbers) for numbers in _CALIBRATION):
        ir = to_tensor(infrared_to_unit(scene.ir))
        yield {"ir": ir.numpy(), "vis": to_tensor(scene.vis).numpy()}
