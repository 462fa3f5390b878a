"""Fuse two picture files with an exported model: numpy, Pillow and ONNX Runtime, no PyTorch.

    mgfusion export -o mgfusion-base.onnx
    python examples/onnx_runtime.py mgfusion-base.onnx ir.png vis.jpg fused.png

8-bit pictures of one size, registered. The colour of the visible picture stays.
"""

import sys

import numpy as np
import onnxruntime
from PIL import Image

TO_Y = np.array([0.299, 0.587, 0.114], np.float32)  # full-range BT.601


def main(model: str, ir_path: str, vis_path: str, out_path: str) -> None:
    ir = np.asarray(Image.open(ir_path).convert("L"), np.float32) / 255
    vis = np.asarray(Image.open(vis_path).convert("RGB"), np.float32) / 255
    if ir.shape != vis.shape[:2]:
        sys.exit(f"{ir_path} is {ir.shape[::-1]} and {vis_path} is {vis.shape[1::-1]} pixels; give one size")
    session = onnxruntime.InferenceSession(model, providers=onnxruntime.get_available_providers())
    pictures = {"ir": ir[None, None], "vis": np.ascontiguousarray(vis.transpose(2, 0, 1))[None]}
    y = session.run(["fused"], pictures)[0][0, 0, :, :, None]
    colour = vis - (vis @ TO_Y)[..., None]  # what is left of a pixel without its luminance
    room = np.where(colour > 0, 1 - y, y) / np.maximum(np.abs(colour), 1e-6)
    colour *= np.minimum(room.min(axis=2, keepdims=True), 1)  # fade it where the new luminance leaves no room
    Image.fromarray(np.rint(np.clip(y + colour, 0, 1) * 255).astype(np.uint8)).save(out_path)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit("usage: onnx_runtime.py MODEL.onnx IR VIS OUT")
    main(*sys.argv[1:])
