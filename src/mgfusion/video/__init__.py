"""Two streams in, one steady picture out: files, cameras, frames as they come."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mgfusion.video.fused_frames import FusedFrame as FusedFrame
    from mgfusion.video.fused_frames import fuse_video as fuse_video
    from mgfusion.video.video_fuser import VideoFuser as VideoFuser

_HOMES = {
    "FusedFrame": "mgfusion.video.fused_frames",
    "VideoFuser": "mgfusion.video.video_fuser",
    "fuse_video": "mgfusion.video.fused_frames",
}

__all__ = ["FusedFrame", "VideoFuser", "fuse_video"]


def __getattr__(name: str) -> Any:
    """The public names, on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mgfusion.video' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
