"""Models as ONNX files."""

from mgfusion.export.onnx_export import Exported, export_onnx

__all__ = ["Exported", "export_onnx"]
