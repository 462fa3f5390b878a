"""Time the metrics on one core, and write the figures of docs/metrics.md.

python scripts/metric_costs.py                     CPU seconds a pair, against the plain formulas
python scripts/metric_costs.py --docs FOLDER       the same, into docs/metrics.md, with the values of a real
triple:
                                                 FOLDER holds <name>_fused.png, <name>_ir.png, <name>_vis.png
"""

import argparse
import os
import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np

from mgfusion.images import read_image
from mgfusion.metrics import CONVENTIONS, METRICS, PAPER_METRICS, Triple, evaluate_pair, evaluate_triple
from plain_metrics import PLAIN, fmi

DOCS = Path(__file__).parents[1] / "docs" / "metrics.md"
FMI_CROP = 24  # pixels a side for the plain FMI, whose cost goes with the number of windows


def scene(height: int = 480, width: int = 640) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A procedural triple (fused, ir, vis), uint8."""
    rng = np.random.default_rng(0)

    def blobs(sigma: float) -> np.ndarray:
        x = cv2.GaussianBlur(rng.standard_normal((height, width)), (0, 0), sigma)
        return np.asarray((x - x.min()) / np.ptp(x))

    ir, vis = 0.7 * blobs(12) + 0.3 * blobs(2), 0.5 * blobs(6) + 0.5 * blobs(1)
    eight = [np.rint(255 * x).astype(np.uint8) for x in (0.5 * ir + 0.5 * vis, ir, vis)]
    return eight[0], eight[1], eight[2]


def cpu_seconds(run: Callable[[], object], repeats: int = 5) -> float:
    """The fastest of some runs, in process time."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def check(name: str, value: float, expected: float) -> None:
    if not np.isclose(value, expected, rtol=1e-9):
        raise SystemExit(f"{name}: {value} is not the plain formula's {expected}")


def timings() -> str:
    """A Markdown table."""
    pictures = scene()
    doubles = [x.astype(np.float64) for x in pictures]

    def ours(names: Sequence[str], repeats: int = 5) -> float:
        return cpu_seconds(lambda: evaluate_pair(*pictures, names), repeats)

    rows: list[tuple[str, float, float | None]] = []
    total = 0.0
    for name, formula in PLAIN.items():
        check(name, evaluate_pair(*pictures, [name])[name], formula(*doubles))
        plain = cpu_seconds(partial(formula, *doubles), 2)
        total += plain
        rows.append((name, ours([name]), plain))
    rows.append(("the six together", ours(PAPER_METRICS), total))
    features = [n for n in METRICS if n.startswith("FMI")]
    others = [n for n in METRICS if n not in features]
    rows.append((f"all {len(others)} but FMI", ours(others, 3), None))
    f, a, b = (x[:FMI_CROP, :FMI_CROP] for x in pictures)
    plain_fmi = fmi(*(x.astype(float) for x in (f, a, b)))
    check("FMI_pixel", evaluate_pair(f, a, b, ["FMI_pixel"])["FMI_pixel"], plain_fmi)
    windows = (480 - 2) * (640 - 2) / (FMI_CROP - 2) ** 2
    plain = cpu_seconds(lambda: fmi(*(x.astype(float) for x in (f, a, b))), 1) * windows
    rows += [(name, ours([name], 2), plain if name == "FMI_pixel" else None) for name in features]
    lines = ["| metric | CPU s | plain formula, CPU s | ratio |", "|---|---:|---:|---:|"]
    for name, own, other in rows:
        cells = ("", "") if other is None else (f"{other:.3g}", f"{other / own:.1f}")
        lines.append(f"| {name} | {own:.3f} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


def side_by_side(folder: Path, name: str) -> str:
    """A Markdown table: metrics down, conventions across."""
    triple = Triple(*(read_image(folder / f"{name}_{kind}.png") for kind in ("fused", "ir", "vis")))
    columns = {c: evaluate_triple(triple, None, c) for c in CONVENTIONS}
    lines = ["| | " + " | ".join(columns) + " |", "|---" + "|---:" * len(columns) + "|"]
    for metric in METRICS:
        cells = [f"{v[metric]:.5g}" if metric in v else "" for v in columns.values()]
        lines.append(f"| {metric} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def table() -> str:
    """A Markdown table of what each metric is."""
    lines = ["| name | metric | better | range | min size | source |", "|---|---|---|---|---:|---|"]
    for name, m in METRICS.items():
        span = f"{m.low:g} .. {m.high:g}".replace("inf", "∞")
        lines.append(f"| `{name}` | {m.title} | {m.better or '–'} | {span} | {m.min_size} | {m.reference} |")
    return "\n".join(lines)


def _filled(figure: str, found: re.Match[str]) -> str:
    return f"{found[1]}{figure}\n{found[2]}"


def write_docs(figures: dict[str, str]) -> None:
    """Replace what stands between `<!-- NAME -->` and `<!-- end -->`."""
    text = DOCS.read_text(encoding="utf-8")
    for name, figure in figures.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if not pattern.search(text):
            raise SystemExit(f"{DOCS}: no place named {name}")
        text = pattern.sub(partial(_filled, figure), text)
    DOCS.write_text(text, encoding="utf-8")


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--docs", type=Path, metavar="FOLDER")
    parser.add_argument("--triple", default="t15", help="name of the triple in FOLDER")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    figures = {"timings": timings()}
    print(figures["timings"])
    if options.docs:
        figures |= {"table": table(), "conventions": side_by_side(options.docs, options.triple)}
        write_docs(figures)


if __name__ == "__main__":
    main()
