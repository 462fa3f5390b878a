"""Synthetic scenes with masks of what only one camera sees, and the demo pair."""
