"""The words, lines and plot of docs/performance.md."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from probes import LOW

COLUMNS = ["model", "back end", "size", "wall s", "CPU s", "pairs a second", "ms a megapixel", "peak MiB"]
COLUMNS += ["GMAC", "GFLOP/s (share)", "GB/s (share)"]
HEAD = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"

PAGE = """# Performance

This page is generated; do not edit it. The commands:

```
{commands}
```

Measured on {cpu}, {threads} thread(s) unless said otherwise; PyTorch {torch}, device {device}{gpu}.

## What one pair costs

CPU seconds on one thread for a colour pair of 640x480: from two PNG files to a third; the same with
arrays in memory; the network alone, its embedding known, as between frames of a video.

| model | files | arrays | network |
|---|---|---|---|
{pairs}
{pareto}
## Back ends and sizes

"share" is of a plain matrix product and of a plain copy, each measured right after the line in the line's own
process, for lines in 16 bits with a product in 16 bits. Over all lines the product reached {flops} GFLOP/s in
float32 and {low_flops} in 16 bits, the copy {bandwidth} GB/s.
Half of a bound is twice its time. `prepared` is what `fuse` runs on a CPU: batch norm folded, branches
merged, attention and feed-forward parts with fewer passes over memory; `plain` is the model as it was
trained. GMAC counts what `prepared` computes, encoder included. GB/s counts what PyTorch's operators read
and write one by one; a back end that fuses them moves less, so its share can be above one. Peak memory
includes Python and the libraries, on a GPU only what PyTorch holds there. Pictures above the memory bound go
through tiles in PyTorch; the exported graphs have none, and are not run on the largest. `graphs`, on a GPU,
is float16 with PyTorch's captured graphs (`torch.compile`, `reduce-overhead`).

`bfloat16` is `--precision bfloat16`. It moves the picture by less than half a level of 255 on average, but
single pixels by several, so it has to be asked for.

![How time grows with the size](images/growth.png)

{table}

## Start-up

The fastest of several fresh processes; CPU seconds of the process and what it started.

{startup}
"""

PARETO = """
![Quality against cost](images/pareto.png)

The mean over the test sets of ranks, and of Q_AB/F, against the CPU time of a pair of 640x480 on one thread,
in products of two 2048x2048 float32 matrices on the same thread. Filled: measured here, from files to the
fused luminance. Hollow: published networks alone, measured in the same unit elsewhere; the legend says which
had their public weights. The line joins what nothing cheaper beats.

"""


Line = tuple[dict[str, Any], dict[str, Any]]
"""What was asked and what was measured, or what went wrong."""


def row(task: dict[str, Any], got: dict[str, Any]) -> str:
    """One line of the large table."""
    cells = [task["model"], task["backend"], task["size"]]
    if "error" in got:
        error = got["error"].removeprefix("ValueError: ")[:80]
        return f"| {' | '.join(cells)} | {error} |" + " |" * (len(COLUMNS) - 4)
    rates = [(2 * got["gmac"] / got["wall"], got["peak_gflops"]), (got["gb"] / got["wall"], got["peak_gbs"])]
    cells += [f"{got['wall']:.3f}", f"{got['cpu']:.3f}", f"{1 / got['wall']:.3g}"]
    cells += [f"{1000 * got['wall'] / megapixels(task):.0f}", f"{got['peak']:.0f}", f"{got['gmac']:.1f}"]
    cells += [f"{rate:.3g} ({rate / bound:.0%})" for rate, bound in rates]
    return f"| {' | '.join(cells)} |"


def bounds(lines: Sequence[Line]) -> dict[str, str]:
    """What the plain products and the plain copy gave over all lines, least to most."""
    kinds = (
        ("flops", False, "peak_gflops"),
        ("low_flops", True, "peak_gflops"),
        ("bandwidth", None, "peak_gbs"),
    )
    found = {}
    for name, low, key in kinds:
        values = [got[key] for task, got in lines if key in got and low in (None, task["backend"] in LOW)]
        found[name] = f"{min(values):.0f} to {max(values):.0f}" if values else "not measured"
    return found


def megapixels(task: dict[str, Any]) -> float:
    """Of one picture of a line's size."""
    width, height = map(int, task["size"].split("x"))
    return width * height / 1e6


def plot_growth(lines: Sequence[Line], path: Path) -> None:
    """Milliseconds a megapixel against the size: level where time grows with the pixels."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import ScalarFormatter

    points: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for task, got in lines:
        if "error" not in got:
            point = megapixels(task), 1000 * got["wall"] / megapixels(task)
            points.setdefault(task["model"], {}).setdefault(task["backend"], []).append(point)
    figure = Figure(figsize=(4 * len(points), 3.6), layout="constrained")
    panels = figure.subplots(1, len(points), sharey=True, squeeze=False)[0]
    for axes, (model, backends) in zip(panels, points.items(), strict=True):
        for at, (backend, places) in enumerate(backends.items()):
            axes.loglog(*zip(*sorted(places), strict=True), marker="o", color=f"C{at}", label=backend)
        axes.set_title(model)
        axes.set_xlabel("megapixels")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(ScalarFormatter())
    panels[0].set_ylabel("milliseconds a megapixel")
    panels[0].legend(fontsize="small")
    figure.savefig(path, dpi=110)
