"""Small videos that the tests write: what is in them is known."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

av = pytest.importorskip("av")


def moving_square(index: int, size=(64, 48), channels: int | None = 3, background: int = 60) -> np.ndarray:
    """A bright square that goes 2 pixels to the right a frame, on a gradient."""
    width, height = size
    picture = np.full((height, width), background, np.uint8) + np.arange(width, dtype=np.uint8)[None] // 2
    left = 4 + 2 * index % (width - 16)
    picture[height // 4 : height // 4 + 12, left : left + 12] = 230
    return picture if channels is None else np.repeat(picture[..., None], channels, axis=2)


def write_video(
    path: Path,
    pictures,
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    rate=25,
    times=None,
    audio: str | None = None,
    options: dict | None = None,
    rotation: int | None = None,
    time_base: Fraction | None = None,
    kind: str | None = None,
    title: str = "",
) -> Path:
    """Pictures (H, W) or (H, W, 3) as a video; ``times`` in seconds make its rate variable."""
    pictures = list(pictures)
    with av.open(str(path), "w", format=kind) as out:
        if title:
            out.metadata["title"] = title
        stream = out.add_stream(codec, rate=rate, options=options or {})
        height, width = pictures[0].shape[:2]
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        base = time_base or (Fraction(1, 90000) if times is not None else 1 / Fraction(rate))
        stream.codec_context.time_base = base
        if rotation is not None:
            if not hasattr(stream, "set_display_rotation"):
                pytest.skip("needs av 18.1, to write a file that says it is turned")
            stream.set_display_rotation(rotation)
        sound = out.add_stream(audio, rate=48000) if audio else None
        for index, picture in enumerate(pictures):
            kind_in = {np.uint16: "gray16le", np.uint8: "gray"}[picture.dtype.type]
            frame = av.VideoFrame.from_ndarray(picture, "rgb24" if picture.ndim == 3 else kind_in)
            time = Fraction(times[index]) if times is not None else index / Fraction(rate)
            frame = frame.reformat(format=pixels)
            frame.pts, frame.time_base = round(time / base), base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if sound is not None:
            seconds = float(len(pictures) / Fraction(rate))
            tone = np.sin(np.arange(int(48000 * seconds)) * 2 * np.pi * 440 / 48000).astype(np.float32) * 0.3
            for start in range(0, len(tone), 1024):
                chunk = av.AudioFrame.from_ndarray(
                    np.stack([tone[start : start + 1024]] * 2), format="fltp", layout="stereo"
                )
                chunk.sample_rate, chunk.pts, chunk.time_base = 48000, start, Fraction(1, 48000)
                out.mux(sound.encode(chunk))
            out.mux(sound.encode(None))
    return path


def read_video(path: Path) -> list:
    """All frames of the first video stream: (time in seconds, av.VideoFrame)."""
    with av.open(str(path)) as container:
        return [(float(frame.pts * frame.time_base), frame) for frame in container.decode(video=0)]


def titled(path: Path) -> Path:
    """Its title ``Fahrbahn`` in bytes that are no UTF-8."""
    data = path.read_bytes()
    assert data.count(b"Fahrbahn") == 1
    path.write_bytes(data.replace(b"Fahrbahn", b"stra\xdfe\xff\xfe"))
    return path


def spoilt(path, number, codec_header=0):
    """Zero the bytes of one packet of the file."""
    with av.open(str(path)) as container:
        packet = [p for p in container.demux(video=0) if p.size][number]
        whole, data = path.read_bytes(), bytes(packet)
    at = whole.index(data)
    path.write_bytes(whole[: at + codec_header] + bytes(len(data) - codec_header) + whole[at + len(data) :])
