"""Fuse two picture files with an exported model: numpy, Pillow and ONNX Runtime, no PyTorch.

    mgfusion export -o mgfusion-base.onnx
    python examples/onnx_runtime.py mgfusion-base.onnx ir.png vis.jpg fused.png

Pictures of one size, registered: the visible one of 8 bits, the infrared one of 8 or 16 bits, or float. The
visible picture's Cb and Cr stay, the plainest rule; `mgfusion fuse` keeps more colour (docs/design.md).
"""

import sys
import warnings

import numpy as np
import numpy.typing as npt
import onnxruntime
from PIL import Image, ImageOps

TO_Y = np.array([0.299, 0.587, 0.114], np.float32)  # full-range BT.601


def read_infrared(path: str) -> npt.NDArray[np.float32]:
    """(H, W) in [0, 1], by the rule of `mgfusion fuse`: counts and degrees are stretched, 8 bits stay."""
    picture = ImageOps.exif_transpose(Image.open(path))
    if picture.mode not in ("I", "F") and not picture.mode.startswith("I;16"):
        rgb = np.asarray(picture.convert("RGB")).astype(np.int16)
        if (np.ptp(rgb, axis=2) > 5).mean() > 0.001:
            warnings.warn(f"{path}: infrared in colour; it may not follow the temperature", stacklevel=2)
        return np.asarray(picture.convert("L"), np.float32) / np.float32(255)
    heat = np.asarray(picture).astype(np.float64)
    known = heat[np.isfinite(heat)]
    if not known.size:
        sys.exit(f"{path}: holds no finite value; export it again")
    if picture.mode == "F" and known.size == heat.size and known.min() >= 0 and known.max() <= 1:
        return heat.astype(np.float32)
    low, high = np.percentile(known, (0.1, 99.9))  # dead pixels are fewer, people are more
    if picture.mode != "F" and high - low >= 65535 / 2:
        return (heat / 65535).astype(np.float32)
    widen = max(0.0, (1 if picture.mode == "F" else 64) - (high - low)) / 2  # a flat scene is noise
    low, high = low - widen, high + widen
    unit = (np.nan_to_num(heat, nan=low, posinf=high, neginf=low) - low) / (high - low)
    return np.asarray(np.clip(unit, 0, 1), np.float32)


def read_visible(path: str) -> npt.NDArray[np.float32]:
    """(H, W, 3) in [0, 1]."""
    picture = ImageOps.exif_transpose(Image.open(path))
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        sys.exit(f"{path}: is deeper than 8 bits; divide 16-bit values by 257, or use mgfusion fuse")
    return np.asarray(picture.convert("RGB"), np.float32) / np.float32(255)


def main(model: str, ir_path: str, vis_path: str, out_path: str) -> None:
    ir, vis = read_infrared(ir_path), read_visible(vis_path)
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
