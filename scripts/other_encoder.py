"""What is lost when a trained model is moved to another encoder.

    mgfusion train DATA... --init mgfusion-base --trainable adapters --encoder NAME -o runs/moved
    python scripts/other_encoder.py runs/moved/model DATA... [--model mgfusion-base] [--pairs 8]

Scores both models on the first test pairs of each data set (0: all) and prints Markdown tables. The row
"constant" is the control: the trained network with adapters that say the same of every picture (what they
say on average over these), which is what adapters that learnt nothing of the pictures would say.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from guidance_effect import constant, grey
from mgfusion.data.decoded_pictures import Picture, load_pictures
from mgfusion.data.pairs import find_pairs
from mgfusion.engines.tuning import tune_process
from mgfusion.images import luminance
from mgfusion.metrics import PAPER_METRICS, evaluate_pair
from mgfusion.models import MGFusion, load_model

METRICS = list(PAPER_METRICS)


def embed(model: MGFusion, pictures: list[Picture]) -> tuple[torch.Tensor, torch.Tensor]:
    rows = [model.embed(*picture.unit()) for picture in pictures]
    return torch.cat([r[0] for r in rows if r]), torch.cat([r[1] for r in rows if r])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("moved")
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--model", default="mgfusion-base")
    parser.add_argument("--pairs", type=int, default=8, help="of each data set; 0: all")
    parser.add_argument("--convention", default="paper")
    options = parser.parse_args()
    tune_process()
    before, after = load_model(options.model), load_model(options.moved)
    pairs = [pair for root in options.data for pair in find_pairs(root, "test")]
    sources = list(dict.fromkeys(pair.source for pair in pairs))
    by_source = {s: [p for p in pairs if p.source == s][: options.pairs or None] for s in sources}
    pictures = load_pictures([pair for chosen in by_source.values() for pair in chosen])
    with torch.inference_mode():
        old, new = embed(before, pictures), embed(after, pictures)
        rows = {
            f"{options.model}, {before.config.encoder}": (before, old),
            f"moved to {after.config.encoder}": (after, new),
            "constant": constant(before, old),
        }
        print_explained(before, after, old, new)
        scores = {name: np.zeros((len(pictures), len(METRICS))) for name in rows}
        change = {name: np.zeros(len(pictures)) for name in rows}
        for i, picture in enumerate(pictures):
            ir, vis = picture.unit()
            reference = None
            for name, (model, embeddings) in rows.items():
                fused = grey(model(ir, vis, (embeddings[0][i : i + 1], embeddings[1][i : i + 1])))
                reference = fused if reference is None else reference
                change[name][i] = np.abs(fused.astype(float) - reference).mean()
                found = evaluate_pair(fused, grey(ir), grey(luminance(vis)), METRICS, options.convention)
                scores[name][i] = [found[m] for m in METRICS]
    which = np.array([picture.pair.source for picture in pictures])
    for source in sources:
        print_table(source, which == source, scores, change, options.convention)


def print_explained(
    before: MGFusion,
    after: MGFusion,
    old: tuple[torch.Tensor, torch.Tensor],
    new: tuple[torch.Tensor, torch.Tensor],
) -> None:
    wanted, got = before.guidance(old), after.guidance(new)
    print("Share of the vectors' variance over these pictures that the new adapters explain: ", end="")
    shares = [
        f"{name} {1 - float((got[name] - w).square().mean() / w.var(0, correction=0).mean()):.2f}"
        for name, w in wanted.items()
    ]
    print(", ".join(shares))


def print_table(
    source: str,
    rows: np.ndarray,
    scores: dict[str, np.ndarray],
    change: dict[str, np.ndarray],
    convention: str,
) -> None:
    print(f"\n**{source}**, {rows.sum()} pairs, convention {convention}\n")
    print(
        "| model | mean difference, grey levels |",
        " | ".join(METRICS),
        "|\n|---|" + "---|" * (len(METRICS) + 1),
    )
    base = next(iter(scores.values()))[rows].mean(0)
    for i, (name, values) in enumerate(scores.items()):
        means = values[rows].mean(0)
        cells = [
            f"{m:.4f}" if i == 0 else f"{100 * (m / b - 1):+.2f} %" for m, b in zip(means, base, strict=True)
        ]
        print(f"| {name} | {change[name][rows].mean():.3f} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
