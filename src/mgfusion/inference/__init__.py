"""Pictures fused: files, arrays, tensors, folders."""

from mgfusion.inference.fuse_pair import fuse
from mgfusion.inference.fuser import Fuser

__all__ = ["Fuser", "fuse"]
