"""``mgfusion live``."""

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from mgfusion.cli.console import fail, one_line_messages

if TYPE_CHECKING:
    from mgfusion.video.live_fusion import LiveFusion
    from mgfusion.video.live_outputs import NewestFirst
    from mgfusion.video.live_window import LiveWindow


@click.command()
@click.argument("ir")
@click.argument("vis")
@click.option("-o", "--output", metavar="TARGET", help="File, rtsp:// or udp:// address, or /dev/video9.")
@click.option("--show", is_flag=True, help="Show the picture in a window; Escape ends.")
@click.option("--model", default="mgfusion-fast", show_default=True, help="A packaged one or a folder.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 ...")
@click.option("--precision", default="auto", show_default=True,
              help="float32, bfloat16, float16; auto: the fastest that the machine computes in.")  # fmt: skip
@click.option("--ir-range", default="auto", show_default=True, help="auto, full or LO,HI, as for fuse.")
@click.option("--grey", "--gray", "gray", is_flag=True, help="Grey, even where the visible has colour.")
@click.option("--colour", "--color", "colour", default="visible", show_default=True, metavar="NAME",
              help="visible, grey, or a palette that draws temperatures, as for fuse.")  # fmt: skip
@click.option("--invert", is_flag=True, help="The infrared is black-hot: turn it over.")
@click.option("--no-repair", "repair", flag_value=False, default=True,
              help="Leave black borders, dead pixels and stripes alone.")  # fmt: skip
@click.option("--thermal", type=float, default=0.5, show_default=True, help="0: visible, 1: hot targets.")
@click.option("--align", metavar="WAY", help="rig.json of `mgfusion calibrate`, a .csv of points, or resize.")
@click.option("--offset", type=float, default=0.0, show_default=True, help="Seconds added to infrared times.")
@click.option("--codec", help="h264, hevc, vp9, ffv1 or mpeg4.  [by the ending]")
@click.option("--quality", type=click.IntRange(0, 63), help="Constant rate factor, lower is better.  [18]")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="Stop after so long.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
def live(
    ir: str,
    vis: str,
    output: str | None,
    show: bool,
    offset: float,
    codec: str | None,
    quality: int | None,
    seconds: float | None,
    overwrite: bool,
    **options: Any,
) -> None:
    """Fuse two cameras or streams as they come.

    IR and VIS are each a camera (0, /dev/video0), an address (rtsp://, udp://) or a file, which plays at its
    own pace; registered and of one size, or laid on each other by --align. The picture goes into a window
    (--show), into a file, to an RTSP server or UDP address, or to a v4l2loopback device. Frames are dropped,
    never queued: what is shown is the newest. A camera or stream that goes away is opened again; while one is
    missing nothing is shown.

    Frames a second and latency are told on stderr; Ctrl-C ends, and finishes the file, whose path is printed.
    Exit code 1 if a source or the output failed, 2 for wrong usage.
    """
    import threading

    from mgfusion.cli.fuse_video import make_video_fuser
    from mgfusion.errors import VideoError
    from mgfusion.video.live_fusion import LiveFusion
    from mgfusion.video.live_outputs import NewestFirst, open_output
    from mgfusion.video.live_sources import live_source

    if not (show or output):
        fail("give --show for a window, or -o for a file, an address or a device", 2)

    def say(line: str) -> None:
        click.echo(line, err=True)

    with one_line_messages():
        try:
            arrived = threading.Condition()
            sources = [live_source(name, report=say, arrived=arrived) for name in (ir, vis)]
            window = _open_window() if show else None
            sink = output and open_output(
                output, overwrite=overwrite, codec=codec, quality=quality, report=say
            )
            fuser = make_video_fuser(**options)
            screen = _Screen()
            queue: NewestFirst | None = None

            def send(frame: Any, at: float) -> None:
                if queue is not None:
                    queue.put(frame, at)
                if window is not None:
                    screen.newest = (frame, at)

            run = LiveFusion(sources[0], sources[1], fuser, arrived, send, offset=offset, report=say)
            queue = NewestFirst(sink, run.shown) if sink else None
            run.start()
            try:
                _watch(run, queue, window, screen, seconds)
            finally:
                written = _end(run, queue, window)
        except VideoError as error:
            fail(error, 1)
    say(f"{run.numbers()}")
    if written is not None:
        click.echo(written)


class _Screen:
    newest: "tuple[Any, float] | None" = None


def _open_window() -> "LiveWindow":
    from mgfusion.video.live_window import LiveWindow

    return LiveWindow()


def _watch(
    run: "LiveFusion",
    queue: "NewestFirst | None",
    window: "LiveWindow | None",
    screen: _Screen,
    seconds: float | None,
) -> None:
    """Tell how it goes, and show it, until it ends or the user ends it."""
    from mgfusion.video.frame_building import rgb_of

    terminal = sys.stderr.isatty()
    begun = told = time.monotonic()
    try:
        while run.running and not (queue and queue.error) and not (window and window.closed):
            now = time.monotonic()
            if seconds is not None and now - begun >= seconds:
                return
            if now - told >= (1.0 if terminal else 10.0):
                told = now
                click.echo(
                    f"\r{run.numbers()}\x1b[K" if terminal else str(run.numbers()), err=True, nl=not terminal
                )
            if window is None:
                time.sleep(0.05)
                continue
            item, screen.newest = screen.newest, None
            if item is not None:
                picture = rgb_of(item[0])
                window.show(
                    picture if picture.itemsize == 1 else (picture >> 8).astype("uint8"), str(run.numbers())
                )
                if queue is None:
                    run.shown(item[1])
            window.pump(0.01)
    except KeyboardInterrupt:
        return
    finally:
        if terminal:
            click.echo("", err=True)


def _end(run: "LiveFusion", queue: "NewestFirst | None", window: "LiveWindow | None") -> Any:
    """Stop fusing, then finish the file, whatever went wrong before."""
    try:
        run.stop()
    finally:
        if window is not None:
            window.destroy()
        written = queue.close() if queue is not None else None
    return written
