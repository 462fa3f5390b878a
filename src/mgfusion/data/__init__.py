"""Pairs on disk, how data sets lie there, and crops of them for training."""
