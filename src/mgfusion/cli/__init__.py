"""The command line: thin doors to the modules that do the work."""

import errno
from typing import Any

import click

from mgfusion import __version__
from mgfusion.cli.ablation import ablation
from mgfusion.cli.align import align, calibrate
from mgfusion.cli.benchmark import benchmark
from mgfusion.cli.console import fail
from mgfusion.cli.data import data
from mgfusion.cli.evaluate import evaluate, metrics
from mgfusion.cli.export import export
from mgfusion.cli.fuse import demo, fuse, models
from mgfusion.cli.live import live
from mgfusion.cli.serve import serve
from mgfusion.cli.train import train
from mgfusion.errors import ExportError, ImageError, MGFusionError, OutputError, TrainingError, VideoError


class _Commands(click.Group):
    """What a command lets through is one line all the same."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (
            ImageError,
            ExportError,
            OutputError,
            TrainingError,
            VideoError,
        ) as error:  # of the input, not of how it was asked
            fail(error, 1)
        except MGFusionError as error:
            fail(error, 2)
        except OSError as error:
            if error.errno == errno.EPIPE:  # `mgfusion models | head -1`, which click ends quietly
                raise
            where = f"{error.filename}: " if error.filename else ""
            fail(f"{where}{error.strerror or error}", 1)


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="mgfusion")
def main() -> None:
    """Fuse infrared and visible pictures; train, measure and compare."""


for command in (
    fuse, live, align, calibrate, demo, models, serve, train, ablation, export, data, evaluate, metrics,
    benchmark,
):  # fmt: skip
    main.add_command(command)
