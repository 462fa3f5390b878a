"""What thermal cameras give, brought to [0, 1]."""

from mgfusion.thermal.palette_names import named_palette, palette_names
from mgfusion.thermal.ranges import (
    IrRange,
    automatic_range,
    infrared_to_unit,
    parse_ir_range,
    without_false_colour,
)
from mgfusion.thermal.repair import repair_infrared
from mgfusion.thermal.series import series_range
from mgfusion.thermal.thermal_files import Thermal, decode_thermal, read_thermal

__all__ = [
    "IrRange",
    "Thermal",
    "automatic_range",
    "decode_thermal",
    "infrared_to_unit",
    "named_palette",
    "palette_names",
    "parse_ir_range",
    "read_thermal",
    "repair_infrared",
    "series_range",
    "without_false_colour",
]
