"""Whole segments and the sound joined into one file, without encoding a frame again."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mgfusion.errors import OutputError
from mgfusion.video.encoding import CONTAINERS, said_in_one_line
from mgfusion.video.video_files import open_to_read, require_av

if TYPE_CHECKING:
    import av


def join(
    segments: list[Path], target: Path, *, sound: Path | None, start: Fraction, end: Fraction, rate: Fraction
) -> None:
    """Write ``target``: the packets of the segments, and the sound between two times.

    Sound is copied where the container holds its codec, else encoded anew with the container's own.

    Args:
        segments: whole ones, in order, of one encoding.
        target: a new file.
        sound: the file whose first audio stream is taken, or None.
        start: where the video begins in that file, seconds from its beginning.
        end: where it ends.
        rate: frames a second, about; containers of constant rate need it.

    Raises:
        OutputError: it can't be written, or the segments are of different encodings.
    """
    av_ = require_av()
    with said_in_one_line(target), ExitStack() as open_files:
        out = open_files.enter_context(av_.open(str(target), "w", format=CONTAINERS[target.suffix.lower()]))
        first = open_files.enter_context(closing(av_.open(str(segments[0]))))
        template = first.streams.video[0]
        video = out.add_stream_from_template(template)
        video.time_base = template.time_base if target.suffix.lower() != ".avi" else 1 / rate
        streams = [_video_packets(segments, video, bytes(template.codec_context.extradata or b""), target)]
        if sound is not None:
            source = open_files.enter_context(closing(open_to_read(sound)))
            streams.append(_sound_packets(source, out, start, end))
        for _, packets in merge(*streams, key=lambda item: item[0]):
            out.mux(packets)


Timed = tuple[float, "list[av.Packet[av.stream.Stream]]"]


def _video_packets(
    segments: list[Path], video: "av.VideoStream", extradata: bytes, target: Path
) -> Iterator[Timed]:
    av_ = require_av()
    for path in segments:
        with closing(av_.open(str(path))) as container:
            stream = container.streams.video[0]
            if bytes(stream.codec_context.extradata or b"") != extradata:
                raise OutputError(
                    f"{target}: its segments were encoded by different encoders; start anew with --overwrite"
                )
            for packet in container.demux(stream):
                if packet.dts is None:
                    continue
                time = float(packet.dts * packet.time_base)
                packet.stream = video
                yield time, [packet]


def _sound_packets(source: Any, out: Any, start: Fraction, end: Fraction) -> Iterator[Timed]:
    stream = source.streams.audio[0]
    begun = Fraction(source.start_time or 0, 1_000_000) + start
    name = stream.codec_context.name
    if name in out.supported_codecs or _canonical(name) in out.supported_codecs:
        copied = out.add_stream_from_template(stream)
        packets = (packet for packet in source.demux(stream) if packet.dts is not None)
        return _shifted(packets, copied, begun, end - start)
    return _encoded(source, stream, out, begun, end - start)


def _canonical(name: str) -> str:
    return {"libopus": "opus", "libvorbis": "vorbis", "libmp3lame": "mp3", "mp3float": "mp3"}.get(name, name)


def _shifted(packets: Any, copied: Any, begun: Fraction, length: Fraction) -> Iterator[Timed]:
    for packet in packets:
        time = packet.pts * packet.time_base - begun
        if time < 0 or time >= length:
            continue
        shift = round(begun / packet.time_base)
        packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
        packet.stream = copied
        yield float(time), [packet]


def _encoded(source: Any, stream: Any, out: Any, begun: Fraction, length: Fraction) -> Iterator[Timed]:
    av_ = require_av()
    rate = 48000 if out.default_audio_codec == "opus" else stream.codec_context.sample_rate
    made = out.add_stream(
        "libopus" if out.default_audio_codec == "opus" else out.default_audio_codec, rate=rate
    )
    made.layout = stream.codec_context.layout
    resampler = av_.AudioResampler(format=made.format, layout=made.layout, rate=rate)

    def packets() -> Iterator[Timed]:
        written = 0
        for frame in source.decode(stream):
            time = frame.pts * frame.time_base - begun
            if time < 0 or time >= length:
                continue
            if not written:
                written = round(time * rate)
            for part in resampler.resample(frame):
                part.pts, part.time_base = written, Fraction(1, rate)
                written += part.samples
                yield float(time), made.encode(part)
        yield float(length), made.encode(None)

    return packets()
