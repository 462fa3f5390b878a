"""Pictures outside the network: files, arrays, tensors, colour, and folders of pairs."""

from mgfusion.images.errors import ImageError
from mgfusion.images.files import SUFFIXES, check_target, count_pixels, from_pil, read_image, write_image
from mgfusion.images.infrared import IrRange, infrared_to_unit, is_grey, parse_ir_range, to_grey
from mgfusion.images.pairs import FolderPairs, list_images, pair_folders
from mgfusion.images.tensors import (
    from_tensor,
    from_unit,
    luminance,
    replace_luminance,
    rgb_to_ycbcr,
    rounded_rgb,
    to_tensor,
    to_unit,
    ycbcr_to_rgb,
)

__all__ = [
    "SUFFIXES",
    "FolderPairs",
    "ImageError",
    "IrRange",
    "check_target",
    "count_pixels",
    "from_pil",
    "from_tensor",
    "from_unit",
    "infrared_to_unit",
    "is_grey",
    "list_images",
    "luminance",
    "pair_folders",
    "parse_ir_range",
    "read_image",
    "replace_luminance",
    "rgb_to_ycbcr",
    "rounded_rgb",
    "to_grey",
    "to_tensor",
    "to_unit",
    "write_image",
    "ycbcr_to_rgb",
]
