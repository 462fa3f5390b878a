"""Fill the numbers of the model cards in again, and draw their training curves.

    mgfusion benchmark --data $MGFUSION_DATA --method mgfusion-base --method mgfusion-fast \
        --method mgfusion-tiny --method mgfusion-nano --method mgfusion-restormer --method average \
        --method maximum --method laplacian --peers PEERS --no-costs --no-figures --output out/card
    python scripts/model_cards.py out/card PEERS/peers.csv

Between each pair of ``<!-- name -->`` comments of the page stands what the function of that name gives.
"""

import csv
import json
import re
import sys
from collections import defaultdict
from functools import partial
from pathlib import Path

import numpy as np

from mgfusion.evaluation.table_formats import ARROWS
from mgfusion.inference.optimised import merged
from mgfusion.metrics import HOT_TARGET_METRICS, METRICS, PAPER_METRICS, mean_over_pictures, with_weights
from mgfusion.models import load_model, model_folder

DOCS = Path(__file__).parents[1] / "docs"
CARDS = {
    "mgfusion-base": "model_card.md",
    "mgfusion-fast": "model_card_fast.md",
    "mgfusion-tiny": "model_card_tiny.md",
    "mgfusion-nano": "model_card_nano.md",
    "mgfusion-restormer": "model_card_restormer.md",
}
UNTRAINED = ("average", "maximum", "laplacian")
SHOWN = {"standard": (*PAPER_METRICS, *HOT_TARGET_METRICS), "paper": ("VIF", "SCD")}
TERMS = ("intensity", "structure", "edge", "perception", "difference", "hot")


def facts(name: str) -> str:
    """Size, encoder and configuration of the packaged weights."""
    model = load_model(name)
    guidance = ("adapter", "ira", "via", "w_i")
    counts = {name: p.numel() for name, p in model.named_parameters()}
    guided = sum(n for name, n in counts.items() if any(part in name for part in guidance))
    size = f"{(model_folder(name) / 'model.safetensors').stat().st_size / 1e6:.1f} MB on disk"
    c = model.config
    if not c.guided:
        return (
            f"- C = {c.dim}, features at 1/{c.scale} resolution and below; no CII, CFF or semantic encoder\n"
            f"- {sum(counts.values()):,} parameters in training, "
            f"{sum(p.numel() for p in merged(model).parameters()):,} when its branches are added up; {size}"
        )
    blocks = (
        f"N = {c.num_blocks}, {c.num_heads} heads, features at 1/{c.scale} resolution"
        if c.network == "restormer"
        else f"features at 1/{c.scale} resolution and below, Restormer blocks at the lowest: {c.num_blocks}"
    )
    return (
        f"- C = {c.dim}, {blocks}, {c.fused_dim} channels after eq. 3\n"
        f"- {sum(counts.values()):,} parameters, {guided:,} of them in Adapters, W_i, IRA and VIA; {size}\n"
        f"- semantic encoder: {c.encoder} (frozen, not part of the file, E = {c.embed_dim})"
    )


def runs(name: str) -> str:
    """What each phase of the training was, from its own files."""
    lines = [
        "| phase | steps | crops | loss | learning rate | pairs (held out) |",
        "|---|---|---|---|---|---|",
    ]
    for folder in phases(name):
        config, split = (json.loads((folder / f"{name}.json").read_text()) for name in ("config", "split"))
        loss = config["loss"]
        terms = ", ".join(f"{loss[f'{k}_weight']:g} {k}" for k in TERMS if loss.get(f"{k}_weight"))
        terms += f", gain {loss['gain']:g}" if loss.get("gain", 1) != 1 else ""
        steps = int(read_log(folder)[-1]["step"]) + 1
        lines.append(
            f"| {folder.name} | {steps:,} | {config['batch']} of {config['crop']} x {config['crop']} | "
            f"{loss['gradient']} gradient, {terms} | {config['lr_peak']:g} to {config['lr_end']:g} | "
            f"{len(split['train'])} ({len(split['validation'])}) |"
        )
    return "\n".join(lines)


def phases(name: str) -> list[Path]:
    return sorted((DOCS / "runs" / name).iterdir())


def scores(model: str, folder: Path) -> str:
    """Means over each test set of the packaged weights, of mgfusion-base and of methods without training."""
    lines = []
    found = {convention: read_scores(folder, convention) for convention in SHOWN}
    columns = [(c, m) for c, metrics in SHOWN.items() for m in metrics]
    heads = [f"{m}{' (paper)' if c == 'paper' else ''} {ARROWS[METRICS[m].better]}" for c, m in columns]
    for name in sorted({s for s, _ in found["standard"]}):
        methods = list(dict.fromkeys([model, "mgfusion-base", *UNTRAINED]))
        means = {
            method: [mean_over_pictures(found[c][name, method], m) for c, m in columns] for method in methods
        }
        n = len(found["standard"][name, model])
        targets = sum(row["HTC_spots"] for row in found["standard"][name, model])
        lines += [
            f"**{name}**, {n} pairs, {targets:.0f} hot targets",
            "",
            f"| method | {' | '.join(heads)} |",
            "|---" * (len(heads) + 1) + "|",
        ]
        for method in methods:
            cells = []
            for k, (_, metric) in enumerate(columns):
                digits = 1 if metric == "Qcv" else 4
                column = [round(means[m][k], digits) for m in methods]
                best = min(column) if METRICS[metric].better == "lower" else max(column)
                text = f"{means[method][k]:.{digits}f}"
                cells.append(f"**{text}**" if round(means[method][k], digits) == best else text)
            lines.append(f"| {method} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines).rstrip()


def against(model: str, folder: Path, peers: Path) -> str:
    """Q_AB/F, Q_CV and VIF beside those of the best published network, and as shares of mgfusion-base's."""
    ours = read_scores(folder, "standard")
    theirs: dict[str, list[dict[str, str]]] = defaultdict(list)
    with peers.open(newline="") as file:
        for row in csv.DictReader(file):
            theirs[row["set"]].append(row)
    beside = "" if model == "mgfusion-base" else " mgfusion-base | share |"
    lines = [
        f"| set | metric | {model} |{beside} best published |",
        "|---" * (4 + 2 * bool(beside)) + "|",
    ]
    for name in sorted(theirs):
        for metric, column in (("Qabf", "Qabf"), ("Qcv", "Qcv"), ("VIF", "VIFsum")):
            mine, base = (mean_over_pictures(ours[name, m], metric) for m in (model, "mgfusion-base"))
            lower = METRICS[metric].better == "lower"
            pick = min if lower else max
            best = pick(theirs[name], key=lambda row: float(row[column]))
            digits = 1 if metric == "Qcv" else 4
            share = f" {base:.{digits}f} | {mine / base:.1%} |" if beside else ""
            lines.append(
                f"| {name} | {metric} {'↓' if lower else '↑'} | {mine:.{digits}f} |{share} "
                f"{float(best[column]):.{digits}f} ({best['method']}) |"
            )
    return "\n".join(lines)


def read_scores(folder: Path, convention: str) -> dict[tuple[str, str], list[dict[str, float]]]:
    """(set, method) -> the scores of its pictures."""
    found = defaultdict(list)
    metrics = with_weights(SHOWN[convention])
    with (folder / f"scores-{convention}.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            found[row["set"], row["method"]].append({m: float(row[m]) for m in metrics})
    return found


def read_log(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open(newline="") as file:
        return [row for row in csv.DictReader(file) if row.get("train/loss")]


def draw_curves(name: str) -> None:
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    logs = [read_log(folder) for folder in phases(name)]
    terms = [t for t in ("gradient", *TERMS) if any(row.get(f"train/{t}") for rows in logs for row in rows)]
    figure, axes = plt.subplots(1, len(terms), figsize=(13, 2.6), constrained_layout=True)
    start = 0
    for folder, rows in zip(phases(name), logs, strict=True):
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
    figure.savefig(DOCS / "images" / f"training-{name}.svg", metadata={"Date": None})


def _filled(content: str, found: re.Match[str]) -> str:
    return found[1] + content + found[2]


def write(name: str, folder: Path, peers: Path) -> None:
    blocks = {"facts": facts(name), "runs": runs(name), "scores": scores(name, folder)}
    blocks["against"] = against(name, folder, peers)
    page = DOCS / CARDS[name]
    text = page.read_text()
    for block, content in blocks.items():
        pattern = rf"(<!-- {block} -->\n).*?(\n<!-- /{block} -->)"
        text, count = re.subn(pattern, partial(_filled, content), text, flags=re.DOTALL)
        if count != 1:
            sys.exit(f"{page}: needs one <!-- {block} --> ... <!-- /{block} -->, has {count}")
    page.write_text(text)
    draw_curves(name)


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    for name in CARDS:
        write(name, *map(Path, sys.argv[1:]))


if __name__ == "__main__":
    main()
