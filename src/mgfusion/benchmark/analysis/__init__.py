"""Scores as numbers: means, ranks, intervals, and the paper's own."""
