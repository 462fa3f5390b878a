"""Scores of files and folders, and tables of scores."""

from mgfusion.evaluation.score_files import evaluate
from mgfusion.evaluation.score_report import Report
from mgfusion.evaluation.score_rows import Row

__all__ = ["Report", "Row", "evaluate"]
