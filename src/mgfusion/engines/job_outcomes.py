"""What came of a job, and the one rule for a job that fails."""

import pickle
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from mgfusion.errors import MGFusionError

J = TypeVar("J")
R = TypeVar("R")

_MEMORY_WORDS = ("defaultcpuallocator", "can't allocate memory", "out of memory", "insufficient memory")


@dataclass(frozen=True)
class Done(Generic[J, R]):
    """A job and what its function gave."""

    job: J
    result: R


@dataclass(frozen=True)
class Failed(Generic[J]):
    """A job and why it gave nothing."""

    job: J
    error: Exception

    def line(self, *files: Path | str) -> str:
        """See :func:`one_line`."""
        return one_line(self.error, *files)


@dataclass(frozen=True)
class Attempt(Generic[R]):
    """One try at a job, as it comes back from a thread or a process.

    Attributes:
        result: what the function gave; an error where it failed.
        error: why it failed; None where it didn't.
        crowded: it failed for want of memory, which it may have had with nothing running beside it.
        warned: (text, category) of what was warned of in another process.
    """

    result: R | None = None
    error: Exception | None = None
    crowded: bool = False
    warned: tuple[tuple[str, type[Warning]], ...] = ()


def attempt(function: Callable[[J], R], job: J) -> Attempt[R]:
    """Do a job; anything but an interrupt is its own failure and ends no other's work."""
    try:
        return Attempt(function(job))
    except SystemExit as error:  # a library's habit; it must not end the others' work either
        return Attempt(error=RuntimeError(f"asked Python to exit ({error.code})"))
    except Exception as error:
        crowded = is_out_of_memory(error)
        _free_frames(error)
        return Attempt(error=error, crowded=crowded)


def attempt_pickled(function: Callable[[J], R], data: bytes) -> Attempt[R]:
    """:func:`attempt` in another process: of a job that comes pickled, with what it warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        done = attempt(lambda given: function(pickle.loads(given)), data)
    warned = tuple((str(w.message), w.category) for w in caught if issubclass(w.category, UserWarning))
    return Attempt(done.result, done.error, done.crowded, warned)


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether an error, or the one that it was raised from, says that memory could not be had.

    Libraries have no common type for it: PyTorch raises RuntimeError on a CPU, OpenCV an error of its own.
    """
    while error is not None:
        text = str(error).lower()
        if isinstance(error, MemoryError) or any(words in text for words in _MEMORY_WORDS):
            return True
        error = error.__cause__
    return False


def one_line(error: BaseException, *files: Path | str) -> str:
    """Why something failed, in one line that names a file.

    Args:
        error: what was raised.
        files: those of the job; the first is named where the message names none of them.
    """
    text = " ".join(str(error).split())
    if not isinstance(error, MGFusionError):
        if is_out_of_memory(error):
            text = "not enough memory; let fewer run at once (--workers)"
        elif isinstance(error, OSError) and error.strerror:
            text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        elif not text or not isinstance(error, RuntimeError | ValueError):  # KeyError's text is a key alone
            text = f"{type(error).__name__}: {text}".removesuffix(": ")
    return text if not files or any(str(file) in text for file in files) else f"{files[0]}: {text}"


def portable(attempted: Attempt[R]) -> bytes:
    """An attempt as bytes for another process; what can't be pickled becomes an error that says so."""
    try:
        data = pickle.dumps(attempted)
        pickle.loads(data)  # errors of libraries pickle, and then fail to come back
    except Exception as error:
        of = attempted.error or error
        told = RuntimeError(f"{type(of).__name__}: {of}")
        return pickle.dumps(Attempt(error=told, crowded=attempted.crowded, warned=attempted.warned))
    return data


def warn_again(attempted: Attempt[R]) -> None:
    """Warn here of what was warned of in another process, so that the caller's filters decide."""
    for text, category in attempted.warned:
        warnings.warn(text, category, stacklevel=2)


def _free_frames(error: BaseException | None) -> None:
    """A traceback holds the variables of its functions: pictures that a second try may need the room of."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
