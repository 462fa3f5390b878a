"""The command line: thin doors to the modules that do the work."""

from typing import Any

import click

from mgfusion import __version__
from mgfusion.cli.ablation import ablation
from mgfusion.cli.benchmark import benchmark
from mgfusion.cli.console import fail
from mgfusion.cli.data import data
from mgfusion.cli.evaluate import evaluate, metrics
from mgfusion.cli.export import export
from mgfusion.cli.fuse import demo, fuse, models
from mgfusion.cli.train import train
from mgfusion.errors import MissingExtraError


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MissingExtraError as error:
            fail(error, 2)


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="mgfusion")
def main() -> None:
    """Fuse infrared and visible pictures; train, measure and compare fusion methods."""


for command in (fuse, demo, models, train, ablation, export, data, evaluate, metrics, benchmark):
    main.add_command(command)
