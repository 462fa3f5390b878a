"""Pairs on disk, crops of them for training, and synthetic scenes."""
