"""Functions that worker processes can import."""

import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from mgfusion.errors import ImageError


def double(number):
    return 2 * number


def awkward(number):
    """Doubles even numbers; each odd one fails in a way of its own."""
    if number == 1:
        raise ImageError("b.png: no picture")
    if number == 3:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried")
    if number == 5:
        sys.exit(4)
    if number == 7:
        raise OSError(28, "No space left on device", "out.png")
    return 2 * number


def crash(number):
    if number == 3:
        os._exit(9)
    return 2 * number


def crash_in_company(job):
    """Ends its process the first time; ``job`` is (number, folder of notes)."""
    number, folder = job
    note = Path(folder, str(number))
    if number == 1 and not note.exists():
        note.touch()
        os._exit(9)
    return number


def note_and_wait(job):
    """Writes its process into a folder, then sleeps; ``job`` is (number, folder, seconds)."""
    number, folder, seconds = job
    Path(folder, f"{number}-{os.getpid()}").touch()
    time.sleep(seconds)
    return number


def wait_for_command(note):
    """Runs a command that writes its process into a file and then goes on for ten minutes; None: nothing."""
    if note is None:
        return
    subprocess.run(["sh", "-c", f"echo $$ > {note}.tmp; mv {note}.tmp {note}; exec sleep 600"], check=True)


class TwoArguments(Exception):
    """Pickles, and can't be unpickled."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


def not_portable(number):
    if number == 1:
        raise TwoArguments("this", "that")
    return (n for n in range(3)) if number == 2 else number


def warn(number):
    warnings.warn(f"number {number} is odd", UserWarning, stacklevel=1)
    return number


def threads_of_libraries(_):
    import cv2
    import torch

    return cv2.getNumThreads(), torch.get_num_threads(), np.__name__
