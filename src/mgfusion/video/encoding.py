"""Fused frames into a file: which encoder, in which pixels, at which times."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mgfusion.errors import OptionError, OutputError
from mgfusion.video.frame_building import pixel_format, video_frame
from mgfusion.video.frame_planes import FULL, Frame
from mgfusion.video.video_files import require_av

if TYPE_CHECKING:
    import av

CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".avi": "avi", ".webm": "webm"}
"""Endings of the files that are written, and what FFmpeg calls their containers."""
CODECS = {
    "h264": ("libx264", "libopenh264", "h264_nvenc", "h264_videotoolbox"),
    "hevc": ("libx265", "hevc_nvenc", "hevc_videotoolbox"),
    "vp9": ("libvpx-vp9",),
    "ffv1": ("ffv1",),
    "mpeg4": ("mpeg4",),
}
"""Codecs by the name that is asked for, and their encoders, the preferred ones first."""
_QUALITY = 18
_OPTIONS: dict[str, dict[str, str]] = {
    # No frames that look ahead: times of packets are times of frames, and segments can follow each other.
    "libx264": {"preset": "veryfast", "bf": "0"},
    "libx265": {"preset": "veryfast", "x265-params": "bframes=0:log-level=error"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "6", "row-mt": "1", "b": "0"},
    "ffv1": {"level": "3", "slicecrc": "1"},
    "mpeg4": {"qscale": "3"},
}
_LIVE = {"libx264": {"tune": "zerolatency", "preset": "superfast"}, "libx265": {"tune": "zerolatency"}}


@dataclass(frozen=True)
class Encoding:
    """How frames are encoded; equal encodings make segments that can follow each other."""

    encoder: str
    pixels: str
    width: int
    height: int
    time_base: Fraction
    rate: Fraction
    full: bool
    space: int
    primaries: int
    transfer: int
    aspect: Fraction
    options: tuple[tuple[str, str], ...]


def choose_encoding(
    path: Path,
    frame: Frame,
    *,
    time_base: Fraction,
    rate: Fraction,
    aspect: Fraction = Fraction(1),
    codec: str | None = None,
    quality: int | None = None,
    live: bool = False,
) -> Encoding:
    """The encoding of a file for frames like ``frame``: H.264, VP9 in WebM, MPEG-4 in AVI by default.

    Depth above 8 bits becomes 10 (FFV1: stays); chroma stays as coarse as it is; odd sides need 4:4:4 in
    H.264.

    Raises:
        OptionError: a codec that isn't one, or that the container or this build of FFmpeg has not.
    """
    av = require_av()
    name = codec or {".webm": "vp9", ".avi": "mpeg4"}.get(path.suffix.lower(), "h264")
    if name not in CODECS:
        raise OptionError(f"codec {name!r}: give one of {', '.join(CODECS)}")
    encoder = next((e for e in CODECS[name] if _has_encoder(e)), None)
    if encoder is None and codec is None:
        name, encoder = "mpeg4", "mpeg4"
    if encoder is None:
        raise OptionError(f"codec {name}: this FFmpeg has no encoder for it; leave --codec out")
    bits = 8 if frame.levels.bits == 8 else 10
    if frame.y.dtype.kind == "f" or name == "mpeg4" or encoder in ("libopenh264",):
        bits = 8
    pixels = pixel_format(frame, bits, coarse=name in ("mpeg4", "vp9"))
    if name in ("mpeg4", "vp9"):
        pixels = "yuv420p" if bits == 8 else "yuv420p10le"
    options = dict(_OPTIONS.get(encoder, {}))
    if encoder in ("libx264", "libx265", "libvpx-vp9"):
        options["crf"] = str(_QUALITY if quality is None else quality)
        if encoder == "libvpx-vp9":
            options["crf"] = str(30 if quality is None else quality)
    if live:
        options |= _LIVE.get(encoder, {})
    kind = CONTAINERS.get(path.suffix.lower())
    if (
        kind is not None
        and encoder not in _held_by(kind)
        and av.Codec(encoder, "w").name not in _held_by(kind)
    ):
        raise OptionError(f"codec {name}: {path.suffix} can't hold it; give a .mkv, or another codec")
    height, width = frame.y.shape
    tags, levels = frame.tags, frame.levels
    return Encoding(
        encoder, pixels, width, height, time_base, rate, levels.full, tags.space, tags.primaries,
        tags.transfer, aspect, tuple(sorted(options.items())),
    )  # fmt: skip


def _has_encoder(name: str) -> bool:
    av = require_av()
    try:
        av.Codec(name, "w")
    except (ValueError, av.error.FFmpegError):
        return False
    return True


def _held_by(kind: str) -> set[str]:
    """Encoders and codecs that a container takes."""
    import io

    av = require_av()
    if kind == "avi":
        return {"libx264", "mpeg4", "ffv1", "libopenh264"}
    with av.open(io.BytesIO(), "w", format=kind) as probe:
        held = set(probe.supported_codecs)
    names = {"h264": "h264", "hevc": "hevc", "vp9": "vp9", "ffv1": "ffv1", "mpeg4": "mpeg4"}
    return held | {
        encoder for codec, encoders in CODECS.items() if names[codec] in held for encoder in encoders
    }


class FrameEncoder:
    """One video stream of an open container; the last frames come out at :meth:`finish`.

    Args:
        container: open for writing.
        encoding: of all frames.
        keyframes: frames from one that stands alone to the next, at most.
    """

    def __init__(self, container: Any, encoding: Encoding, keyframes: int = 250) -> None:
        self._container, self._encoding = container, encoding
        stream = container.add_stream(encoding.encoder, rate=encoding.rate, options=dict(encoding.options))
        self.stream: av.VideoStream = stream
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = encoding.width, encoding.height, encoding.pixels
        context.time_base = encoding.time_base
        stream.time_base = encoding.time_base
        context.gop_size = keyframes
        if encoding.encoder == "libvpx-vp9":
            context.bit_rate = 0
        context.color_range = FULL if encoding.full else 1
        context.colorspace = encoding.space
        context.color_primaries = encoding.primaries
        context.color_trc = encoding.transfer
        if encoding.aspect != 1:
            context.sample_aspect_ratio = encoding.aspect

    def add(self, frame: Frame, time: Fraction) -> None:
        """Encode a frame for ``time``, seconds from the beginning of the file."""
        made = video_frame(frame, self._encoding.pixels)
        made.pts, made.time_base = round(time / self._encoding.time_base), self._encoding.time_base
        self._container.mux(self.stream.encode(made))

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._container.mux(self.stream.encode(None))


@contextmanager
def said_in_one_line(path: Path) -> Iterator[None]:
    """What goes wrong while writing, a full disk say, as an OutputError that names the file."""
    av = require_av()
    try:
        yield
    except OutputError:
        raise
    except (av.error.FFmpegError, OSError) as error:
        why = getattr(error, "strerror", None) or error
        raise OutputError(f"{path}: can't be written ({why}); choose another folder or codec") from error
