"""Two videos, or one that holds both, fused into a file."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from mgfusion.errors import OptionError, VideoError
from mgfusion.files import exists_already, place_whole
from mgfusion.images import check_target, write_image
from mgfusion.images.file_formats import FORMAT_OF as PICTURES
from mgfusion.video.encoding import CONTAINERS, choose_encoding
from mgfusion.video.frame_building import rgb_of
from mgfusion.video.frame_planes import Frame
from mgfusion.video.fused_stream import Checkpoint, fused_stream
from mgfusion.video.image_sequences import ImageSequence, is_pattern, numbered
from mgfusion.video.joining import join
from mgfusion.video.paired_streams import PairedStreams
from mgfusion.video.running_ahead import Behind
from mgfusion.video.segment_store import SECONDS, SegmentStore
from mgfusion.video.time_pairing import PairingNotes
from mgfusion.video.video_files import VideoFile
from mgfusion.video.video_fuser import VideoFuser

Progress = Callable[[float, float | None, int], None]
"""(seconds done, seconds in all or None where that isn't known, frames of this run)."""


@dataclass
class FusedVideo:
    """What became of a run."""

    path: Path
    frames: int = 0
    problems: list[str] = field(default_factory=list)
    """A line for each frame that could not be decoded, and for a file that ended early."""
    notes: list[str] = field(default_factory=list)
    """What was left out or stood in for because the other stream has no frame there."""


def check_video_target(path: Path, streams: PairedStreams, *, overwrite: bool, resume: bool) -> None:
    """Refuse a name before the work.

    Raises:
        OptionError: an ending that is no video's.
        OutputError, ImageError: it is an input, or is there already.
    """
    if is_pattern(path):
        if path.suffix.lower() not in PICTURES:
            raise OptionError(f"{path}: unknown ending; numbered pictures end in one of {' '.join(PICTURES)}")
        return
    if path.suffix.lower() not in CONTAINERS:
        raise OptionError(f"{path}: unknown ending {path.suffix!r}; use one of {' '.join(CONTAINERS)}, or a "
                          "pattern of pictures such as fused_%04d.png")  # fmt: skip
    for stream in (streams.ir, streams.vis):
        if path.exists() and Path(stream.name).exists() and path.samefile(stream.name):
            raise OptionError(f"{path}: is one of the inputs; choose another name for the fused video")
    if path.is_dir():
        raise OptionError(f"{path}: is a folder; give a file name")
    if os.path.lexists(path) and not overwrite:
        raise exists_already(path)


def fuse_video_files(
    streams: PairedStreams,
    out: Path,
    fuser: VideoFuser,
    *,
    codec: str | None = None,
    quality: int | None = None,
    overwrite: bool = False,
    resume: bool = False,
    plan: dict[str, Any] | None = None,
    progress: Progress = lambda done, total, frames: None,
    report: Callable[[str], None] = lambda line: None,
    segment_seconds: float = SECONDS,
) -> FusedVideo:
    """Fuse the pairs of two streams into a file that appears whole, with the visible file's times and sound.

    Until then whole segments are kept beside it, see :class:`mgfusion.video.segment_store.SegmentStore`.

    Args:
        streams: what to fuse.
        out: a video by its ending, or a pattern of pictures such as ``fused_%04d.png``.
        fuser: new, or reset.
        codec, quality: as for :func:`mgfusion.video.encoding.choose_encoding`.
        overwrite: replace what is there, an unfinished run included.
        resume: go on with an unfinished run.
        plan: what else decides about the frames (the model's name and options): resuming asks for the same.
        progress: told after each frame.
        report: told of each problem when it is found.
        segment_seconds: what an interruption costs at most.

    Raises:
        VideoError, ImageError: an input that can't be used at all.
        OutputError: the file can't be written, or is there already.
        OptionError: options that don't fit.
    """
    check_video_target(out, streams, overwrite=overwrite, resume=resume)
    result = FusedVideo(out)
    notes = PairingNotes()

    def problem(line: str) -> None:
        if line not in result.problems:
            result.problems.append(line)
            report(line)

    if is_pattern(out):
        _into_pictures(streams, out, fuser, overwrite, resume, result, notes, problem, progress)
    else:
        full_plan = {**(plan or {}), **_plan(streams, codec, quality, segment_seconds)}
        store = SegmentStore(out, full_plan, resume=resume, overwrite=overwrite)
        _into_segments(
            streams, store, fuser, codec, quality, segment_seconds, result, notes, problem, progress
        )
        if not store.segments:
            store.remove()
            raise _nothing_in_common(streams)
        _finish(store, streams, out, overwrite)
        result.frames = sum(segment.frames for segment in store.segments)
    result.notes = _said(notes, streams)
    return result


def _into_segments(
    streams: PairedStreams,
    store: SegmentStore,
    fuser: VideoFuser,
    codec: str | None,
    quality: int | None,
    segment_seconds: float,
    result: FusedVideo,
    notes: PairingNotes,
    problem: Callable[[str], None],
    progress: Progress,
) -> None:
    for segment in store.segments:
        for line in segment.problems:
            problem(line)
    told = len(result.problems)
    since, done = streams.start, store.done
    if done is not None:
        since = done
        fuser.restore(store.state)
    boundary: Fraction | None = None
    length = Fraction(segment_seconds).limit_denominator(1000)

    def new_segment(vis: Frame) -> bool:
        nonlocal boundary
        if boundary is not None and vis.time < boundary:
            return False
        ended, boundary = boundary is not None, vis.time + length
        return ended

    def write(item: Frame | tuple[Checkpoint, list[str]]) -> None:
        if isinstance(item, Frame):
            rate, base = streams.vis.rate, streams.vis.time_base
            if out_is_avi:
                rate, base = streams.vis.least_step, 1 / streams.vis.least_step
            encoding = choose_encoding(
                store.target, item, time_base=base, rate=rate, aspect=Fraction(streams.vis.aspect),
                codec=codec, quality=quality,
            )  # fmt: skip
            store.add(item, encoding)
        else:
            store.close_segment(item[0].state, item[1])

    out_is_avi = store.target.suffix.lower() == ".avi"
    pairs = streams.pairs(since, problem, notes)
    fresh = (pair for pair in pairs if done is None or pair[1].time > done)
    fused = fused_stream(fresh, fuser, checkpoint_before=new_segment)
    writer = Behind(write)
    frames = 0
    try:
        for item in fused:
            if isinstance(item, Checkpoint):
                writer.put((item, result.problems[told:]))
                told = len(result.problems)
                continue
            writer.put(item)
            frames += 1
            end = streams.end
            total = None if end is None else float(end - streams.start)
            progress(float(item.time - streams.start), total, frames)
        writer.put((Checkpoint(fuser.state()), result.problems[told:]))
        writer.finish()
    except BaseException:
        fused.close()
        writer.abandon()
        store.abandon_segment()
        raise


def _finish(store: SegmentStore, streams: PairedStreams, out: Path, overwrite: bool) -> None:
    assert store.first is not None and store.done is not None
    sound = next(
        (Path(s.name) for s in (streams.vis, streams.ir) if isinstance(s, VideoFile) and s.has_audio), None
    )
    shift = Fraction(0)
    if sound is not None and not streams.vis.has_audio:
        shift = -streams.offset
    made = store.folder / f"joined{out.suffix}"
    join(
        store.files(), made, sound=sound, start=store.first + shift,
        end=store.done + shift + 1 / streams.vis.rate, rate=streams.vis.least_step,
    )  # fmt: skip
    place_whole(made, out, overwrite)
    store.remove()


def _into_pictures(
    streams: PairedStreams,
    out: Path,
    fuser: VideoFuser,
    overwrite: bool,
    resume: bool,
    result: FusedVideo,
    notes: PairingNotes,
    problem: Callable[[str], None],
    progress: Progress,
) -> None:
    """Each frame as a picture of its number; pictures are whole, so that a run goes on after the last one."""
    vis = streams.vis
    first = vis.numbers[0] if isinstance(vis, ImageSequence) else 0

    def number(time: Fraction) -> int:
        return first + round(time * vis.rate)

    def missing(pairs: Any) -> Any:
        for pair in pairs:
            if not (resume and numbered(out, number(pair[1].time)).exists()):
                yield pair

    fused = fused_stream(missing(streams.pairs(streams.start, problem, notes)), fuser)
    written: set[int] = set()
    try:
        for frame in fused:
            assert isinstance(frame, Frame)
            at = number(frame.time)
            while at in written:  # a variable rate may have two frames in one step
                at += 1
            written.add(at)
            path = numbered(out, at)
            check_target(path, overwrite)
            write_image(path, rgb_of(frame), overwrite)
            result.frames += 1
            total = None if streams.end is None else float(streams.end - streams.start)
            progress(float(frame.time - streams.start), total, result.frames)
    finally:
        fused.close()
    if not result.frames and not resume:
        raise _nothing_in_common(streams)


def _plan(streams: PairedStreams, codec: str | None, quality: int | None, seconds: float) -> dict[str, Any]:
    def fingerprint(name: str) -> list[Any]:
        path = Path(name)
        if not path.is_file():
            return [str(path.resolve())]
        about = path.stat()
        return [str(path.resolve()), about.st_size, about.st_mtime_ns]

    return {
        "ir": fingerprint(streams.ir.name), "vis": fingerprint(streams.vis.name), "layout": streams.layout,
        "offset": str(streams.offset), "vis_first": streams.vis_first, "codec": codec, "quality": quality,
        "segment_seconds": seconds,
    }  # fmt: skip


def _nothing_in_common(streams: PairedStreams) -> VideoError:
    return VideoError(
        f"{streams.ir.name} and {streams.vis.name}: have no time in common with an offset of "
        f"{float(streams.offset):g} s; give another --offset"
    )


def _said(notes: PairingNotes, streams: PairedStreams) -> list[str]:
    lines = []
    if notes.before:
        lines.append(f"{notes.before} visible frames before the first infrared one are left out")
    if notes.after:
        lines.append(f"visible frames after {streams.ir.name} ends are left out")
    if notes.gaps:
        first = ", ".join(f"{float(a):.2f} to {float(b):.2f} s" for a, b in notes.gaps[:5])
        more = f" and {len(notes.gaps) - 5} more" if len(notes.gaps) > 5 else ""
        lines.append(f"{streams.ir.name}: has no frame near {first}{more}; the nearest in time stands in")
    return lines
