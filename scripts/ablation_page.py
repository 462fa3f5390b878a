"""Puts the tables that `mgfusion ablation` wrote into a page.

    python scripts/ablation_page.py runs/guidance/held-out.md docs/ablation.md
    python scripts/ablation_page.py runs/guidance/ablation.md docs/ablation.md --mark test

Between the page's ``<!-- NAME -->`` and ``<!-- /NAME -->`` comes all but the heading of the first file; NAME
is --mark, or the first file's stem.
"""

import argparse
import sys
from pathlib import Path

from page_marks import fill


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("tables", type=Path)
    parser.add_argument("page", type=Path)
    parser.add_argument("--mark")
    options = parser.parse_args()
    mark = options.mark or options.tables.stem
    heading, _, tables = options.tables.read_text(encoding="utf-8").partition("\n")
    if not heading.startswith("# "):
        sys.exit(f"{options.tables}: no page of mgfusion ablation")
    fill(options.page, mark, tables)


if __name__ == "__main__":
    main()
