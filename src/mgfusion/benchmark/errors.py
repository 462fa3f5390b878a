"""The one error of the benchmark that bad input may raise."""


class BenchmarkError(ValueError):
    """What was asked for can't be run; the message names it and says what would work."""
