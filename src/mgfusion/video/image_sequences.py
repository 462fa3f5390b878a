"""Pictures numbered by a pattern, such as ``ir_%04d.tif``, as a stream."""

import os
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from mgfusion.errors import ImageError, OptionError, VideoError
from mgfusion.images import Array, read_image, to_grey
from mgfusion.images.colour import BLUE, GREEN, RED
from mgfusion.video.frame_planes import Frame, Levels, Tags
from mgfusion.video.video_files import Report

_NUMBER = re.compile(r"%(?:0(\d+))?d")
_BT601 = Tags(space=5)


def is_pattern(name: str | os.PathLike[str]) -> bool:
    """Whether a name has one ``%d`` or ``%04d`` in its last part."""
    return len(_NUMBER.findall(Path(name).name)) == 1


def numbered(pattern: str | os.PathLike[str], number: int) -> Path:
    """The file of one number."""
    path = Path(pattern)
    digits = _NUMBER.search(path.name)
    assert digits is not None
    return path.with_name(_NUMBER.sub(str(number).zfill(int(digits[1] or 0)), path.name))


class ImageSequence:
    """Numbered pictures as a stream, read by the reader of pictures: 8 and 16 bits, grey and colour, floats.

    Time is the number: the first picture is at 0, a number that is missing leaves a gap.

    Args:
        pattern: a path with ``%d`` or ``%04d`` in its last part.
        rate: pictures a second.

    Raises:
        VideoError: the pattern has no number, or fits no file.
        OptionError: a rate that is none.
    """

    has_audio = False
    aspect = Fraction(1)

    def __init__(self, pattern: str | os.PathLike[str], rate: Fraction = Fraction(25)) -> None:
        self.name = os.fspath(pattern)
        if rate <= 0:
            raise OptionError(f"rate {rate}: give pictures a second, above 0")
        if not is_pattern(self.name):
            raise VideoError(f"{self.name}: has no number; write it as %04d, say")
        path = Path(self.name)
        before, width, after = _NUMBER.split(path.name)[0], _NUMBER.findall(path.name)[0], ""
        after = _NUMBER.split(path.name)[-1]
        digits = rf"\d{{{int(width)},}}" if width else r"\d+"
        fits = re.compile(re.escape(before) + f"({digits})" + re.escape(after))
        try:
            names = [entry.name for entry in path.parent.iterdir()]
        except OSError as error:
            raise VideoError(f"{path.parent}: can't be listed ({error.strerror}); check the name") from error
        self.numbers = sorted(int(match[1]) for name in names if (match := fits.fullmatch(name)))
        if not self.numbers:
            raise VideoError(f"{self.name}: no such pictures; check the name and how many digits it has")
        self.rate = self.least_step = Fraction(rate)
        self.time_base = 1 / self.rate
        self.duration: Fraction | None = (self.numbers[-1] - self.numbers[0] + 1) / self.rate
        self.bits = 8

    def frames(self, since: Fraction = Fraction(0), report: Report = lambda line: None) -> Iterator[Frame]:
        """Read the pictures at ``since`` seconds or later; the last good one stands in for a bad one.

        Args:
            since: seconds from the first picture.
            report: takes one line for each picture that can't be read.
        """
        last: Frame | None = None
        first = self.numbers[0]
        size: tuple[int, int] | None = None
        for index, number in enumerate(self.numbers):
            time = (number - first) / self.rate
            if time < since:
                continue
            path = numbered(self.name, number)
            try:
                frame = frame_of_array(read_image(path), time, str(path), index)
                if size not in (None, frame.size):
                    raise ImageError(f"{path}: size {frame.size} after {size}; give pictures of one size")
            except ImageError as error:
                if last is not None:
                    report(f"{error}; the last good one stands in")
                    yield Frame(time, last.y, last.chroma, last.levels, last.tags, index, True)
                else:
                    report(str(error))
                continue
            size, last = frame.size, frame
            yield frame
        if last is None and since == 0:
            raise VideoError(f"{self.name}: none of {len(self.numbers)} pictures can be read")


def frame_of_array(array: Array, time: Fraction, name: str, index: int = 0) -> Frame:
    """A picture as planes of full-range BT.601; floats stay floats, as luminance alone.

    Args:
        array: (H, W) or (H, W, 3) RGB; uint8, uint16 or float.
    """
    if array.dtype.kind == "f" or array.ndim == 2 or array.shape[2] == 1:
        return Frame(
            time, to_grey(array, name), None, Levels(16 if array.dtype == np.uint16 else 8), _BT601, index
        )
    levels = Levels(8 * array.dtype.itemsize)
    red, green, blue = (array[..., i].astype(np.float32) for i in range(3))
    y = RED * red + GREEN * green + BLUE * blue
    cb, cr = (blue - y) / 1.772 + levels.grey, (red - y) / 1.402 + levels.grey
    planes = [np.clip(np.rint(plane), 0, levels.white).astype(array.dtype) for plane in (y, cb, cr)]
    return Frame(time, planes[0], (planes[1], planes[2]), levels, _BT601, index)
