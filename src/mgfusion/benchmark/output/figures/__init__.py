"""The figures of the paper, and two more: distributions over pictures, speed against quality."""
