"""What a missing package of an extra says: which one, and the line that installs it."""

from collections.abc import Iterator
from contextlib import contextmanager

from mgfusion.errors import MissingExtraError


@contextmanager
def needs_extra(extra: str, purpose: str) -> Iterator[None]:
    """Imports inside belong to an extra: one that isn't installed is said with the line that installs it.

    Args:
        extra: The extra's name in ``pip install 'mgfusion[extra]'``.
        purpose: What needs it, the subject of the message.

    Raises:
        MissingExtraError: A package from outside mgfusion is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "mgfusion"):  # a defect of ours, which no extra mends
            raise
        raise MissingExtraError(f"{purpose} needs {package}: pip install 'mgfusion[{extra}]'") from error
