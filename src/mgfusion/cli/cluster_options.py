"""What the commands that a cluster can do share: ``--engine ray``, its address, and addresses of folders."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mgfusion.cli.console import fail

Command = TypeVar("Command", bound=Callable[..., Any])
if TYPE_CHECKING:
    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType  # which takes no type in click 8.1


class PathOrAddress(_ParamType):
    """A path as ``Path``; an address (``s3://bucket/ir``) as it is: a path would join its slashes."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See above."""
        from mgfusion.addresses import is_address

        return value if isinstance(value, Path) or is_address(value) else Path(value)


def cluster_options(command: Command) -> Command:
    """``--engine``, ``--address`` and ``--workers`` of the commands that a cluster can do."""
    for option in (
        click.option("--address", help="Of a Ray cluster.  [RAY_ADDRESS, else this machine]"),
        click.option("--engine", type=click.Choice(("local", "ray")), default="local", show_default=True,
                     help="ray: on a cluster, see docs/scale.md."),
    ):  # fmt: skip
        command = option(command)
    return command


def refuse_cluster_options(*places: object, names: Sequence[str] = ("address", "workers", "cpus")) -> None:
    """Options of a cluster, and addresses, mean nothing without one."""
    from mgfusion.addresses import is_address

    context = click.get_current_context()
    for name in names:
        if context.params.get(name) not in (None, False):
            fail(f"--{name.replace('_', '-')} is for --engine ray; leave it out, or give both", 2)
    for place in places:
        if place is not None and is_address(str(place)):
            fail(f"{place}: addresses are for --engine ray; give both, or copy the files here", 2)
