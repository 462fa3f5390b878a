"""The command that makes the same picture as the page."""

import shlex
from typing import Any

from mgfusion.service.offer import DEFAULT_MODEL

_DEFAULTS: dict[str, Any] = {
    "model": DEFAULT_MODEL, "thermal": 0.5, "colour": "visible", "ir_range": "auto", "layout": "files",
    "offset": 0,
}  # fmt: skip
VIDEO_MODEL = "mgfusion-fast"
"""What ``mgfusion fuse`` takes for videos."""


def command_line(
    ir: str, vis: str | None, ending: str, options: dict[str, Any], points: str | None = None
) -> str:
    """``mgfusion fuse`` with the options that are not its defaults.

    Args:
        ir, vis: files' names; no ``vis`` where ``ir`` holds both.
        ending: of the file to write, ``.png`` say.
        options: of :class:`mgfusion.Fuser`, without the device.
            Of a video, with ``layout`` and ``offset``.
        points: a table of control points' name, which takes the place of ``align``.
    """
    words = ["mgfusion", "fuse", ir, *([] if vis is None else [vis]), "-o", f"fused{ending}"]
    if points is not None:
        options = {**options, "align": None, "points": points}
    defaults = {**_DEFAULTS, "model": VIDEO_MODEL} if "layout" in options else _DEFAULTS
    for name, value in options.items():
        if value is None or value == defaults.get(name) or value is False:
            continue
        option = f"--{name.replace('_', '-')}"
        told = f"{value:g}" if isinstance(value, float) else str(value)
        words += [option] if value is True else [option, told]
    return shlex.join(words)
