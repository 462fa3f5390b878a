"""What thermal cameras give, brought to [0, 1]."""

from mgfusion.thermal.palette_names import named_palette, palette_names
from mgfusion.thermal.ranges import IrRange, infrared_to_unit, parse_ir_range, warn_of_false_colour

__all__ = [
    "IrRange",
    "infrared_to_unit",
    "named_palette",
    "palette_names",
    "parse_ir_range",
    "warn_of_false_colour",
]
