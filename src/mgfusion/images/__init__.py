"""Pictures outside the network: files, arrays, tensors, colour, and folders of pairs."""

from mgfusion.images.colour import (
    is_grey,
    luminance,
    replace_luminance,
    rgb_to_ycbcr,
    rounded_rgb,
    to_grey,
    unit_luminance,
    ycbcr_to_rgb,
)
from mgfusion.images.file_formats import SUFFIXES, Array, FloatArray
from mgfusion.images.folders import FolderPairs, by_stem, list_images, pair_folders
from mgfusion.images.fused_colour import fused_chroma, fused_colour, recoloured
from mgfusion.images.reading import count_pixels, from_pil, read_image, source_name
from mgfusion.images.tensors import from_tensor, to_tensor
from mgfusion.images.unit_range import from_unit, native, to_unit
from mgfusion.images.writing import check_target, write_image

__all__ = [
    "SUFFIXES",
    "Array",
    "FloatArray",
    "FolderPairs",
    "by_stem",
    "check_target",
    "count_pixels",
    "from_pil",
    "from_tensor",
    "from_unit",
    "fused_chroma",
    "fused_colour",
    "is_grey",
    "list_images",
    "luminance",
    "native",
    "pair_folders",
    "read_image",
    "recoloured",
    "replace_luminance",
    "rgb_to_ycbcr",
    "rounded_rgb",
    "source_name",
    "to_grey",
    "to_tensor",
    "to_unit",
    "unit_luminance",
    "write_image",
    "ycbcr_to_rgb",
]
