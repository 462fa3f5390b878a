"""What a script measured, put into a page of the docs between its marks."""

import sys
from pathlib import Path

from mgfusion.files import write_whole


def fill(page: Path, name: str, content: str) -> None:
    """Put ``content`` between ``<!-- name -->`` and ``<!-- /name -->``; without these the program ends."""
    text = page.read_text(encoding="utf-8")
    start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    if text.count(start) != 1 or text.count(end) != 1:
        sys.exit(f"{page}: needs one {start.strip()} ... {end}")
    before, _, rest = text.partition(start)
    after = rest.partition(end)[2]
    write_whole(page, f"{before}{start}{content.strip()}\n{end}{after}", overwrite=True)
