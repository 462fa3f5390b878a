"""What is done of a video, kept in whole segments beside its file until all of it is."""

import json
import shutil
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from mgfusion.errors import OptionError, OutputError
from mgfusion.files import write_whole
from mgfusion.images import Array
from mgfusion.video.encoding import Encoding, FrameEncoder, said_in_one_line
from mgfusion.video.frame_planes import Frame
from mgfusion.video.video_files import require_av

SECONDS = 10
"""Length of a segment: what an interruption costs at most."""


@dataclass
class Segment:
    """A whole segment: written, closed, and of known contents."""

    frames: int = 0
    first: str = ""
    """Time of its first frame in the visible stream, a fraction of seconds."""
    last: str = ""
    problems: list[str] = field(default_factory=list)
    """What was said of frames that could not be decoded."""


class SegmentStore:
    """A folder ``.<name>.mgfusion`` beside the file that is being made.

    Each segment is a file that begins with a key frame; its ``.json``, written last, says that it is whole.
    What the next frame depends on is kept with it, so that a run that goes on makes the same frames as one
    that was never interrupted.

    Args:
        target: the file that is being made.
        plan: what decides about the frames, inputs and options; a run only goes on where it is the same.
        resume: go on with what is there.
        overwrite: throw away what is there.

    Raises:
        OutputError: something is there and neither was asked for; or the folder can't be written.
        OptionError: what is there was made from other inputs or options.
    """

    def __init__(self, target: Path, plan: dict[str, Any], *, resume: bool, overwrite: bool) -> None:
        self.target = target
        self.folder = target.with_name(f".{target.name}.mgfusion")
        self.segments: list[Segment] = []
        self.state: dict[str, Array] = {}
        self._open: _OpenSegment | None = None
        if self.folder.exists():
            if resume:
                self._go_on(plan)
                return
            if not overwrite:
                raise OutputError(
                    f"{target}: an unfinished run is kept in {self.folder}; go on (--resume), or start "
                    "anew (--overwrite)"
                )
            shutil.rmtree(self.folder)
        try:
            self.folder.mkdir(parents=True)
        except OSError as error:
            raise OutputError(
                f"{target}: can't be written ({error.strerror}); choose another folder"
            ) from error
        write_whole(self.folder / "plan.json", json.dumps(plan, indent=1))

    def _go_on(self, plan: dict[str, Any]) -> None:
        from safetensors.numpy import load_file

        try:
            there = json.loads((self.folder / "plan.json").read_text())
        except (OSError, ValueError):
            there = None
        if there != json.loads(json.dumps(plan)):
            changed = sorted(k for k in plan if not isinstance(there, dict) or there.get(k) != plan[k])
            raise OptionError(
                f"{self.target}: the unfinished run was made with other inputs or options "
                f"({', '.join(changed) or 'unreadable'}); give the same, or start anew with --overwrite"
            )
        while (self.folder / f"{len(self.segments):05d}.json").is_file():
            text = (self.folder / f"{len(self.segments):05d}.json").read_text()
            self.segments.append(Segment(**json.loads(text)))
        kept = {f"{i:05d}{end}" for i in range(len(self.segments)) for end in (".json", ".nut")} | {
            "plan.json"
        }
        if self.segments:
            name = f"{len(self.segments) - 1:05d}.safetensors"
            kept.add(name)
            self.state = load_file(self.folder / name)
        for path in self.folder.iterdir():
            if path.name not in kept:
                path.unlink()

    @property
    def done(self) -> Fraction | None:
        """The time of the last frame that is kept, in the visible stream."""
        return Fraction(self.segments[-1].last) if self.segments else None

    @property
    def first(self) -> Fraction | None:
        """The time of the first frame."""
        begun = self.segments[0] if self.segments else self._open and self._open.segment
        return Fraction(begun.first) if begun and begun.first else None

    def add(self, frame: Frame, encoding: Encoding) -> None:
        """Encode one frame into the segment that is open, or into a new one."""
        with said_in_one_line(self.target):
            if self._open is None:
                self._open = _OpenSegment(self.folder / f"{len(self.segments):05d}.part", encoding)
            start = self.first if self.first is not None else frame.time
            self._open.add(frame, start)

    def close_segment(self, state: dict[str, Array], problems: list[str]) -> None:
        """The open segment is whole: the frames after it begin from ``state``."""
        from safetensors.numpy import save

        if self._open is None:
            return
        number = len(self.segments)
        with said_in_one_line(self.target):
            self._open.close()
            self._open.path.replace(self.folder / f"{number:05d}.nut")
        write_whole(self.folder / f"{number:05d}.safetensors", save(_contiguous(state)))
        self._open.segment.problems = problems
        write_whole(self.folder / f"{number:05d}.json", json.dumps(asdict(self._open.segment)))
        self.segments.append(self._open.segment)
        self._open = None
        (self.folder / f"{number - 1:05d}.safetensors").unlink(missing_ok=True)

    def abandon_segment(self) -> None:
        """The open segment will not be finished; whole ones stay. A folder without any goes."""
        if self._open is not None:
            self._open.abandon()
            self._open.path.unlink(missing_ok=True)
            self._open = None
        if not self.segments:
            self.remove()

    def files(self) -> list[Path]:
        """The whole segments in order."""
        return [self.folder / f"{number:05d}.nut" for number in range(len(self.segments))]

    def remove(self) -> None:
        """All of it is in the target now."""
        shutil.rmtree(self.folder, ignore_errors=True)


class _OpenSegment:
    def __init__(self, path: Path, encoding: Encoding) -> None:
        self.path, self.segment = path, Segment()
        self._container = require_av().open(str(path), "w", format="nut")
        self._encoder = FrameEncoder(self._container, encoding)

    def add(self, frame: Frame, start: Fraction) -> None:
        self._encoder.add(frame, frame.time - start)
        self.segment.frames += 1
        self.segment.first = self.segment.first or str(frame.time)
        self.segment.last = str(frame.time)

    def close(self) -> None:
        self._encoder.finish()
        self._container.close()

    def abandon(self) -> None:
        self._container.close()


def _contiguous(state: dict[str, Array]) -> dict[str, Array]:
    import numpy as np

    return {name: np.ascontiguousarray(array) for name, array in state.items()}
