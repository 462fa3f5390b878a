"""``mgfusion serve``."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mgfusion.cli.console import fail
from mgfusion.extras import needs_extra

_TOKEN = "MGFUSION_TOKEN"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0 for all.")
@click.option("--port", type=click.IntRange(0, 65535), default=7860, show_default=True, help="0: a free one.")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME",
    help="To offer, the first by default; a packaged one or a folder; repeat it.  [all packaged]",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 ...")
@click.option("--workers", type=click.IntRange(1), help="Processes.  [one a processor]")
@click.option("--queue", type=click.IntRange(0), help="Requests that may wait; one more gets 429.  [16]")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="For a request; then 504.  [60]",
)
@click.option(
    "--video-timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="For a video on the page.  [1800]",
)
@click.option(
    "--upload-timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="For a request to arrive; then 408.  [30]",
)
@click.option(
    "--max-body",
    type=click.FloatRange(0, min_open=True),
    metavar="MIB",
    help="Of a request; more gets 413.  [64]",
)
@click.option(
    "--max-pixels",
    type=click.FloatRange(0, min_open=True),
    metavar="MILLIONS",
    help="Of a picture; more gets 413.  [25]",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help=f"Holds the token that requests must bring; or set {_TOKEN}.",
)
@click.option("--insecure", is_flag=True, help="Let other machines in without a token.")
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    help="A further name to be asked for by; repeat it.",
)
@click.option("--no-page", "page", flag_value=False, default=True, help="Leave the page out; the API alone.")
def serve(
    host: str,
    port: int,
    models: tuple[str, ...],
    device: str,
    workers: int | None,
    queue: int | None,
    timeout: float | None,
    video_timeout: float | None,
    upload_timeout: float | None,
    max_body: float | None,
    max_pixels: float | None,
    token_file: Path | None,
    insecure: bool,
    names: tuple[str, ...],
    page: bool,
) -> None:
    """Serve fusion over HTTP, with a page for the browser.

    Prints the address once it listens: the page is there, its description for programs at /docs. Listens to
    this machine alone; with --host 0.0.0.0 to all, which needs a token that every request brings
    (Authorization: Bearer TOKEN; a browser asks for it once).

    One JSON object a line on stderr tells of each request, never of its pictures. SIGTERM and Ctrl-C finish
    what runs and refuse what comes. Exit code 2 for wrong usage.
    """
    with needs_extra("web", "mgfusion serve"):
        from mgfusion.service.server import ServiceSettings, run_service
    from mgfusion.service.access import Access
    from mgfusion.service.limits import Limits
    from mgfusion.service.offer import offered

    given: dict[str, Any] = {
        "workers": workers,
        "queue": queue,
        "seconds": timeout,
        "video_seconds": video_timeout,
        "upload_seconds": upload_timeout,
        "body": None if max_body is None else int(max_body * (1 << 20)),
        "pixels": None if max_pixels is None else int(max_pixels * 1e6),
    }
    limits = replace(Limits(), **{key: value for key, value in given.items() if value is not None})
    access = Access.checked(host, _token(token_file), insecure=insecure, names=names)
    settings = ServiceSettings(port, access, limits, offered(models, device), page)
    run_service(settings, lambda url: click.echo(url))


def _token(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get(_TOKEN) or None
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file}: can't be read as a token ({getattr(error, 'strerror', None) or error})", 2)
