"""A virtual camera of Linux: pictures written to a v4l2loopback device, which programs open as a camera."""

import os
import struct
from pathlib import Path

import numpy as np

from mgfusion.errors import OutputError
from mgfusion.video.frame_building import video_frame
from mgfusion.video.frame_planes import Frame

# From linux/videodev2.h: _IOWR('V', 5, struct v4l2_format) on 64 bits, where that is 208 bytes long.
_SET_FORMAT = 0xC0D05605
_VIDEO_OUTPUT, _PROGRESSIVE, _SRGB = 2, 1, 8
_YUV420 = int.from_bytes(b"YU12", "little")


class LoopbackDevice:
    """``/dev/video9``, made by ``modprobe v4l2loopback``; frames go out as planar YUV 4:2:0.

    Raises:
        OutputError: no such device, or one that takes no pictures.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._file: int | None = os.open(path, os.O_WRONLY)
        except OSError as error:
            raise OutputError(
                f"{path}: can't be opened for pictures ({error.strerror}); is v4l2loopback loaded?"
            ) from error
        self._size: tuple[int, int] | None = None

    def write(self, frame: Frame, at: float) -> None:
        """One frame; its size is fixed by the first."""
        assert self._file is not None
        width, height = frame.size[0] // 2 * 2, frame.size[1] // 2 * 2
        if self._size is None:
            self._set_format(width, height)
            self._size = width, height
        made = video_frame(frame.cropped(0, 0, height, width), "yuv420p")
        os.write(self._file, np.ascontiguousarray(made.to_ndarray()).tobytes())

    def close(self) -> Path | None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        return None

    def _set_format(self, width: int, height: int) -> None:
        import fcntl

        assert self._file is not None
        size = width * height * 3 // 2
        about = struct.pack(
            "II" + "I" * 8, _VIDEO_OUTPUT, 0, width, height, _YUV420, _PROGRESSIVE, width, size, _SRGB, 0
        )
        try:
            fcntl.ioctl(self._file, _SET_FORMAT, about.ljust(208, b"\0"))
        except OSError as error:
            raise OutputError(
                f"{self._path}: takes no {width}x{height} pictures ({error.strerror}); is it v4l2loopback?"
            ) from error
