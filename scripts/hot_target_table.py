"""Hot-target contrast of all methods of one or several benchmark runs, as the table of docs/hot_targets.md.

    mgfusion benchmark --data $MGFUSION_DATA --peers PEERS --method mgfusion-base ... --output out/benchmark
    python scripts/hot_target_table.py out/benchmark [OTHER_RUN ...] [--methods NAME,NAME]

The means are over the hot targets of a set, not over its pictures.
"""

import argparse
import csv
import sys
from collections import defaultdict
from pathlib import Path

from mgfusion.metrics import HOT_TARGET_METRICS, mean_over_pictures
from page_marks import fill

PAGE = Path(__file__).parents[1] / "docs" / "hot_targets.md"

Rows = dict[tuple[str, str], list[dict[str, float]]]


def read_runs(folders: list[Path]) -> Rows:
    """(set, method) -> the scores of its pictures, of all runs; the first that has a method counts."""
    found: Rows = {}
    for folder in folders:
        of_run: Rows = defaultdict(list)
        with (folder / "scores-standard.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                numbers = {name: float(row[name]) for name in (*HOT_TARGET_METRICS, "HTC_spots")}
                of_run[row["set"], row["method"]].append(numbers)
        found = of_run | found
    return found


def table(found: Rows, methods: list[str]) -> str:
    """One line a set, one column a method."""
    lines = [
        f"| set (targets) | {' | '.join(methods)} |",
        "|---" * (len(methods) + 1) + "|",
    ]
    for name in sorted({name for name, _ in found}):
        cells, targets = [], 0
        for method in methods:
            rows = found.get((name, method))
            if not rows:
                cells.append("not at hand")
                continue
            targets = int(sum(row["HTC_spots"] for row in rows))
            cells.append(
                " / ".join(
                    f"{mean_over_pictures(rows, share):.3f}".removeprefix("0") for share in HOT_TARGET_METRICS
                )
            )
        lines.append(f"| {name} ({targets}) | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Fill the page's table in."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--methods", help="columns, in this order; all of the runs otherwise")
    options = parser.parse_args()
    found = read_runs(options.runs)
    methods = options.methods.split(",") if options.methods else dict.fromkeys(m for _, m in found)
    unknown = set(methods) - {m for _, m in found}
    if unknown:
        sys.exit(f"--methods: {', '.join(sorted(unknown))} is in none of the runs")
    content = table(found, list(methods))
    fill(PAGE, "targets", content)


if __name__ == "__main__":
    main()
