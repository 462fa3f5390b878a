"""What thermal cameras give, brought to [0, 1]."""

from mgfusion.thermal.ranges import IrRange, infrared_to_unit, parse_ir_range, warn_of_false_colour
from mgfusion.thermal.repair import repair_infrared

__all__ = ["IrRange", "infrared_to_unit", "parse_ir_range", "repair_infrared", "warn_of_false_colour"]
