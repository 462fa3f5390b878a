"""The HTML report: one file that opens offline."""

from mgfusion.benchmark.report.page import Report, Scene, write_report

__all__ = ["Report", "Scene", "write_report"]
