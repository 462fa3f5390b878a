"""What a service grants: to one request, and to all of them together."""

from dataclasses import dataclass, field

from mgfusion.engines.tuning import usable_cores


@dataclass(frozen=True)
class Limits:
    """Bounds that keep one client, or many, from taking the service down; each has its status.

    Attributes:
        workers: processes, so requests that are computed at once.
        queue: requests that wait for a worker; one more is answered 429.
        seconds: for a request, from the end of its upload to its answer; then 504.
        video_seconds: for the page to fuse a video.
        upload_seconds: for a request to arrive; then 408.
        uploads: requests that are being received at once; one more is answered 429.
        connections: open at once; one more is answered 503.
        body: bytes of a request; more is answered 413.
        pixels: of each picture; more is answered 413, before it is decoded.
    """

    workers: int = field(default_factory=usable_cores)
    queue: int = 16
    seconds: float = 60.0
    video_seconds: float = 1800.0
    upload_seconds: float = 30.0
    uploads: int = 64
    connections: int = 256
    body: int = 64 << 20
    pixels: int = 25_000_000
