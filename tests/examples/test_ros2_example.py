"""The ROS 2 example, but for rclpy: messages to pictures and back, pairs by stamp, the newest alone."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import mgfusion

NODE = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "ros2_node.py"))


def message(picture, at=0.0, encoding="mono8", padding=0, bigendian=0):
    rows = np.ascontiguousarray(picture).view(np.uint8).reshape(picture.shape[0], -1)
    rows = np.pad(rows, ((0, 0), (0, padding)))
    stamp = SimpleNamespace(sec=int(at), nanosec=round((at - int(at)) * 1e9))
    return SimpleNamespace(
        header=SimpleNamespace(stamp=stamp), height=picture.shape[0], width=picture.shape[1],
        encoding=encoding, step=rows.shape[1], data=rows.tobytes(), is_bigendian=bigendian,
    )  # fmt: skip


COLOUR = np.arange(20 * 24 * 3, dtype=np.uint8).reshape(20, 24, 3)
COUNTS = np.arange(20 * 24, dtype=np.uint16).reshape(20, 24) + 7000


def test_messages_are_read_in_their_depth_order_and_padding():
    read = NODE["array_of"]
    np.testing.assert_array_equal(read(message(COLOUR, encoding="rgb8", padding=5)), COLOUR)
    np.testing.assert_array_equal(read(message(COLOUR[..., ::-1], encoding="bgr8")), COLOUR)
    np.testing.assert_array_equal(read(message(COUNTS, encoding="mono16", padding=2)), COUNTS)
    np.testing.assert_array_equal(read(message(COUNTS.astype(">u2"), encoding="16UC1", bigendian=1)), COUNTS)
    with pytest.raises(mgfusion.ImageError, match="encoding yuv422"):
        read(message(COLOUR, encoding="yuv422"))


def test_the_newest_visible_message_meets_the_infrared_one_nearest_in_time():
    pairs = NODE["NewestPair"](slop=0.05)
    for at in (1.00, 1.04, 1.08):
        pairs.add_ir(message(COUNTS, at, "mono16"))
    assert pairs.take(timeout=0) is None
    pairs.add_vis(message(COLOUR, 1.0, "rgb8"))
    pairs.add_vis(message(COLOUR, 1.05, "rgb8"))
    ir, vis = pairs.take(timeout=0)
    assert (NODE["seconds"](ir.header), NODE["seconds"](vis.header)) == (1.04, 1.05)
    assert pairs.take(timeout=0) is None  # each once
    pairs.add_vis(message(COLOUR, 2.0, "rgb8"))
    assert pairs.take(timeout=0) is None  # too far apart


def test_two_messages_become_a_third_with_the_visible_header():
    fuser = mgfusion.VideoFuser(lambda ir, vis: ir.maximum(vis))
    vis = message(COLOUR, 3.5, "rgb8")
    fused = NODE["fuse_messages"](fuser, message(COUNTS, 3.5, "mono16"), vis, SimpleNamespace())
    assert fused.header is vis.header and (fused.height, fused.width, fused.encoding) == (20, 24, "rgb8")
    alone = mgfusion.VideoFuser(lambda ir, vis: ir.maximum(vis))(COUNTS, COLOUR, 3.5)
    np.testing.assert_array_equal(NODE["array_of"](fused), alone)
