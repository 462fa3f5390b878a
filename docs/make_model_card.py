"""Fill the numbers of docs/model_card.md in again, and draw the training curves.

    mgfusion benchmark --data $MGFUSION_DATA --method mgfusion-base --method average --method maximum \
        --method laplacian --no-costs --no-figures --out out/card
    python docs/make_model_card.py out/card

Between each pair of ``<!-- name -->`` comments of the page stands what the function of that name gives.
"""

import csv
import json
import re
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from mgfusion.models import load_model, model_folder

DOCS = Path(__file__).parent
RUNS = DOCS / "runs" / "mgfusion-base"
METRICS = {"standard": ("Qabf", "Qcv", "SSIM", "AG", "VIF", "SCD"), "paper": ("VIF", "SCD")}
LOWER_IS_BETTER = {"Qcv"}
TERMS = ("intensity", "structure", "edge", "perception", "difference")


def facts() -> str:
    """Size, encoder and configuration of the packaged weights."""
    model = load_model("mgfusion-base")
    guidance = ("adapter", "ira", "via", "w_i")
    counts = {name: p.numel() for name, p in model.named_parameters()}
    guided = sum(n for name, n in counts.items() if any(part in name for part in guidance))
    file = model_folder("mgfusion-base") / "model.safetensors"
    c = model.config
    return "\n".join(
        [
            f"- C = {c.dim}, N = {c.num_blocks}, {c.num_heads} heads, features at 1/{c.scale} resolution, "
            f"{c.fused_dim} channels after eq. 3",
            f"- {sum(counts.values()):,} parameters, {guided:,} of them in Adapters, W_i, IRA and VIA; "
            f"{file.stat().st_size / 1e6:.1f} MB on disk",
            f"- semantic encoder: {c.encoder} (frozen, not part of the file, E = {c.embed_dim})",
        ]
    )


def runs() -> str:
    """What each phase of the training was, from its own files."""
    lines = [
        "| phase | steps | crops | loss | learning rate | pairs (held out) |",
        "|---|---|---|---|---|---|",
    ]
    for folder in sorted(RUNS.iterdir()):
        config, split = (json.loads((folder / f"{name}.json").read_text()) for name in ("config", "split"))
        loss = config["loss"]
        terms = ", ".join(f"{loss[f'{k}_weight']:g} {k}" for k in TERMS if loss.get(f"{k}_weight"))
        steps = int(read_log(folder)[-1]["step"]) + 1
        lines.append(
            f"| {folder.name} | {steps:,} | {config['batch']} of {config['crop']} x {config['crop']} | "
            f"{loss['gradient']} gradient, {terms} | {config['lr_peak']:g} to {config['lr_end']:g} | "
            f"{len(split['train'])} ({len(split['validation'])}) |"
        )
    return "\n".join(lines)


def scores(folder: Path) -> str:
    """Means over each test set of the packaged weights and three methods without training."""
    lines = []
    found: dict[str, dict[tuple[str, str], list[dict[str, float]]]] = {}
    for convention in METRICS:
        found[convention] = defaultdict(list)
        with (folder / f"scores-{convention}.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                numbers = {m: float(row[m]) for m in METRICS[convention]}
                found[convention][row["set"], row["method"]].append(numbers)
    columns = [(c, m) for c, metrics in METRICS.items() for m in metrics]
    heads = [
        f"{m}{' (paper)' if c == 'paper' else ''} {'↓' if m in LOWER_IS_BETTER else '↑'}" for c, m in columns
    ]
    for name in sorted({s for s, _ in found["standard"]}):
        methods = ["mgfusion-base", "average", "maximum", "laplacian"]
        means = {
            method: [np.mean([row[m] for row in found[c][name, method]]) for c, m in columns]
            for method in methods
        }
        n = len(found["standard"][name, "mgfusion-base"])
        lines += [
            f"**{name}**, {n} pairs",
            "",
            f"| method | {' | '.join(heads)} |",
            "|---" * (len(heads) + 1) + "|",
        ]
        for method in methods:
            cells = []
            for k, (_, metric) in enumerate(columns):
                digits = 1 if metric == "Qcv" else 4
                column = [round(means[m][k], digits) for m in methods]
                best = min(column) if metric in LOWER_IS_BETTER else max(column)
                text = f"{means[method][k]:.{digits}f}"
                cells.append(f"**{text}**" if round(means[method][k], digits) == best else text)
            lines.append(f"| {method} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines).rstrip()


def read_log(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open(newline="") as file:
        return [row for row in csv.DictReader(file) if row.get("train/loss")]


def draw_curves() -> None:
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    terms = ("gradient", *TERMS)
    figure, axes = plt.subplots(1, len(terms), figsize=(13, 2.6), constrained_layout=True)
    start = 0
    for folder in sorted(RUNS.iterdir()):
        rows = read_log(folder)
        steps = np.array([int(row["step"]) for row in rows])
        for axis, term in zip(axes, terms, strict=True):
            values = np.array([float(row.get(f"train/{term}") or "nan") for row in rows])
            if np.isnan(values).all():  # a term that this phase did not have
                axis.plot([], [])  # takes its colour
                continue
            kernel = np.ones(min(9, len(values)))
            smooth = np.convolve(values, kernel, "same") / np.convolve(np.ones_like(values), kernel, "same")
            [line] = axis.plot(start + steps, smooth, label=folder.name)
            axis.plot(start + steps, values, color=line.get_color(), alpha=0.25, linewidth=0.8)
            axis.set(title=f"{term} term", xlabel="step", ylim=(0, None))
            axis.spines[["top", "right"]].set_visible(False)
        start += int(steps[-1]) + 1
    figure.legend(
        *axes[0].get_legend_handles_labels(), title="phase", loc="outside right upper", frameon=False
    )
    (DOCS / "images").mkdir(exist_ok=True)
    figure.savefig(DOCS / "images" / "training.svg", metadata={"Date": None})


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    blocks = {"facts": facts(), "runs": runs(), "scores": scores(Path(sys.argv[1]))}
    page = DOCS / "model_card.md"
    text = page.read_text()
    for name, block in blocks.items():
        pattern = rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)"
        text, count = re.subn(pattern, lambda m, b=block: m[1] + b + m[2], text, flags=re.DOTALL)
        if count != 1:
            sys.exit(f"{page}: needs one <!-- {name} --> ... <!-- /{name} -->, has {count}")
    page.write_text(text)
    draw_curves()


if __name__ == "__main__":
    main()
