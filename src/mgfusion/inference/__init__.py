"""Pictures fused: files, arrays, tensors, folders."""

from mgfusion.inference.fuser import Fuser, fuse

__all__ = ["Fuser", "fuse"]
