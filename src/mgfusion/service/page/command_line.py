"""The command that makes the same picture as the page."""

import shlex
from typing import Any

from mgfusion.service.offer import DEFAULT_MODEL

_DEFAULTS: dict[str, Any] = {"model": DEFAULT_MODEL, "thermal": 0.5, "colour": "visible", "ir_range": "auto"}


def command_line(
    ir: str, vis: str | None, ending: str, options: dict[str, Any], points: str | None = None
) -> str:
    """``mgfusion fuse`` with the options that are not its defaults.

    Args:
        ir, vis: files' names; no ``vis`` where ``ir`` holds both.
        ending: of the file to write, ``.png`` say.
        options: of :class:`mgfusion.Fuser`, without the device.
        points: a table of control points' name, which takes the place of ``align``.
    """
    words = ["mgfusion", "fuse", ir, *([] if vis is None else [vis]), "-o", f"fused{ending}"]
    if points is not None:
        options = {**options, "align": None, "points": points}
    for name, value in options.items():
        if value is None or value == _DEFAULTS.get(name) or value is False:
            continue
        option = f"--{name.replace('_', '-')}"
        words += [option] if value is True else [option, f"{value:g}" if name == "thermal" else str(value)]
    return shlex.join(words)
