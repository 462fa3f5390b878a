"""What the tabs of the page ask of the service, and files that a browser may then load."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mgfusion.service.limits import Limits
from mgfusion.service.offer import Offer
from mgfusion.service.worker_pool import WorkerPool

BY_HAND = "by hand"
"""A choice of alignment that is none of the Fuser's."""


@dataclass(frozen=True)
class PageService:
    """The pool, what is offered, and the bounds, for handlers that run in threads."""

    pool: WorkerPool
    offer: Offer
    limits: Limits

    def options(
        self,
        model: str,
        thermal: float,
        colour: str,
        isotherm: str,
        ir_range: str,
        invert: bool,
        align: str,
    ) -> dict[str, Any]:
        """The page's choices as options of :class:`mgfusion.Fuser`, for the command line, too.

        ``align`` may be BY_HAND besides.
        """
        return {
            "model": model,
            "thermal": thermal,
            "colour": colour,
            "ir_range": ir_range.strip() or "auto",
            "isotherm": isotherm.strip() or None,
            "invert": bool(invert),
            "align": align or None,
        }


def read_upload(path: str | None) -> bytes | None:
    """An upload's bytes."""
    return None if path is None else Path(path).read_bytes()


def offered_file(name: str, data: bytes | Path) -> str:
    """A file for the browser, in the folder that Gradio keeps and clears: bytes, or a file that is moved."""
    above = Path(os.environ["GRADIO_TEMP_DIR"])
    above.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(dir=above)) / name
    if isinstance(data, Path):
        shutil.move(data, path)
    else:
        path.write_bytes(data)
    return str(path)
