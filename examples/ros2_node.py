"""A ROS 2 node that fuses an infrared and a visible camera: python examples/ros2_node.py.

Subscribes to ir/image_raw (mono8, mono16, rgb8 or bgr8) and vis/image_raw, publishes fused/image_raw with the
visible frame's header. Parameters: model (mgfusion-fast), transform (nine numbers, infrared pixels to visible
ones), slop (seconds that two stamps may differ, 0.1). Frames are dropped, never queued.

It has not been run under ROS: the project's tests run all of it but main, with stand-ins for ROS's messages.
"""

import threading
from collections import deque
from typing import Any

import numpy as np
import numpy.typing as npt

import mgfusion

Array = npt.NDArray[Any]

_ENCODINGS: dict[str, tuple[type, int]] = {
    "mono8": (np.uint8, 1),
    "8UC1": (np.uint8, 1),
    "mono16": (np.uint16, 1),
    "16UC1": (np.uint16, 1),
    "32FC1": (np.float32, 1),
    "rgb8": (np.uint8, 3),
    "bgr8": (np.uint8, 3),
}


def array_of(message: Any) -> Array:
    """A sensor_msgs/Image as (H, W) or (H, W, 3) RGB, in the depth that it has."""
    if message.encoding not in _ENCODINGS:
        raise mgfusion.ImageError(f"encoding {message.encoding}; give one of {', '.join(_ENCODINGS)}")
    kind, channels = _ENCODINGS[message.encoding]
    dtype = np.dtype(kind).newbyteorder(">" if message.is_bigendian else "<")
    rows = np.frombuffer(bytes(message.data), np.uint8).reshape(message.height, message.step)
    pixels = rows[:, : message.width * channels * dtype.itemsize].copy().view(dtype)
    if channels == 1:
        return pixels
    picture = pixels.reshape(message.height, message.width, 3)
    return picture[..., ::-1] if message.encoding == "bgr8" else picture


def fill_message(message: Any, picture: Array, header: Any) -> Any:
    """An empty sensor_msgs/Image filled with (H, W) or (H, W, 3) RGB of uint8."""
    message.header = header
    message.height, message.width = picture.shape[:2]
    message.encoding = "rgb8" if picture.ndim == 3 else "mono8"
    message.is_bigendian = 0
    message.step = message.width * (3 if picture.ndim == 3 else 1)
    message.data = np.ascontiguousarray(picture).tobytes()
    return message


def seconds(header: Any) -> float:
    """A message's stamp."""
    return float(header.stamp.sec) + float(header.stamp.nanosec) * 1e-9


class NewestPair:
    """The newest visible message and the infrared one nearest to it in time; what is not taken is dropped.

    Args:
        slop: seconds that their stamps may differ.
    """

    def __init__(self, slop: float = 0.1) -> None:
        self._slop = slop
        self._changed = threading.Condition()
        self._ir: deque[Any] = deque(maxlen=8)
        self._vis: Any = None

    def add_ir(self, message: Any) -> None:
        """A callback of the infrared topic."""
        with self._changed:
            self._ir.append(message)
            self._changed.notify_all()

    def add_vis(self, message: Any) -> None:
        """A callback of the visible topic."""
        with self._changed:
            self._vis = message
            self._changed.notify_all()

    def take(self, timeout: float) -> tuple[Any, Any] | None:
        """(ir, vis), or None if no new pair came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._partner() is not None, timeout)
            partner = self._partner()
            if partner is None:
                return None
            vis, self._vis = self._vis, None
            return partner, vis

    def _partner(self) -> Any:
        if self._vis is None:
            return None
        at = seconds(self._vis.header)
        near = min(self._ir, key=lambda message: abs(seconds(message.header) - at), default=None)
        return near if near is not None and abs(seconds(near.header) - at) <= self._slop else None


def fuse_messages(fuser: mgfusion.VideoFuser, ir: Any, vis: Any, empty: Any) -> Any:
    """Two sensor_msgs/Image fused into ``empty``, with the visible one's header."""
    fused = fuser(array_of(ir), array_of(vis), seconds(vis.header))
    return fill_message(empty, fused, vis.header)


def main() -> None:
    """Run the node until it is told to stop."""
    import rclpy
    from rclpy.node import Node
    from rclpy.qos import qos_profile_sensor_data
    from sensor_msgs.msg import Image

    rclpy.init()
    node = Node("mgfusion")
    node.declare_parameter("model", "mgfusion-fast")
    node.declare_parameter("transform", [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0])
    node.declare_parameter("slop", 0.1)
    matrix = np.array(node.get_parameter("transform").value, float).reshape(3, 3)
    mgfusion.tune_process()
    fuser = mgfusion.VideoFuser(
        node.get_parameter("model").value, transform=None if np.array_equal(matrix, np.eye(3)) else matrix
    )
    pairs = NewestPair(node.get_parameter("slop").value)
    publisher = node.create_publisher(Image, "fused/image_raw", qos_profile_sensor_data)
    node.create_subscription(Image, "ir/image_raw", pairs.add_ir, qos_profile_sensor_data)
    node.create_subscription(Image, "vis/image_raw", pairs.add_vis, qos_profile_sensor_data)

    def work() -> None:
        while rclpy.ok():
            pair = pairs.take(timeout=0.5)
            if pair is None:
                continue
            try:
                publisher.publish(fuse_messages(fuser, *pair, Image()))
            except mgfusion.MGFusionError as error:
                node.get_logger().error(str(error), throttle_duration_sec=5.0)

    threading.Thread(target=work, daemon=True).start()
    try:
        rclpy.spin(node)
    except KeyboardInterrupt:
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
