"""Does the guidance do anything? What a model makes of its embeddings, and what happens with wrong ones.

    python scripts/guidance_effect.py DATA... [--model mgfusion-base] [--pairs 8] [--convention paper]

The test pairs, or `--split train`. Prints Markdown tables: how far W_i and the adapters are from where
training starts; how much the adapters' vectors differ between pictures; and how the fused picture and its
scores change when the embeddings are another picture's, their mean, or exchanged between the modalities (each
less its modality's mean), and when the adapters say the same of every picture: their mean over these.
"""

import argparse
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mgfusion.data.decoded_pictures import Picture, load_pictures
from mgfusion.data.pairs import find_pairs
from mgfusion.engines.tuning import tune_process
from mgfusion.images import luminance
from mgfusion.metrics import PAPER_METRICS, evaluate_pair
from mgfusion.models import MGFusion, load_model
from mgfusion.training.adapter_transfer import last_layer

Embeddings = tuple[Tensor, Tensor]  # (P, E) each
Change = Callable[[MGFusion, Embeddings], tuple[MGFusion, Embeddings]]


def constant(model: MGFusion, embeddings: Embeddings) -> tuple[MGFusion, Embeddings]:
    """The same network with adapters that say the same of every picture: what they say on average."""
    copy = deepcopy(model)
    for name, vectors in model.guidance(embeddings).items():
        last = last_layer(copy, name)
        last.weight.zero_()
        last.bias.copy_(vectors.flatten(0, -2).mean(0))
    return copy, embeddings


CHANGES: dict[str, Change] = {
    "as they are": lambda model, e: (model, e),
    "another picture's": lambda model, e: (
        model, (e[0].roll(len(e[0]) // 2, 0), e[1].roll(len(e[0]) // 2, 0))),
    "infrared's and visible's exchanged": lambda model, e: (
        model, (e[1] - model.vis_mean + model.ir_mean, e[0] - model.ir_mean + model.vis_mean)),
    "the mean over training pictures": lambda model, e: (
        model, (model.ir_mean.expand_as(e[0]), model.vis_mean.expand_as(e[1]))),
    "any: adapters' mean over these pictures": constant,
}  # fmt: skip


def grey(x: Tensor) -> np.ndarray:
    return (x[0, 0] * 255).round().byte().numpy()


def movement(model: MGFusion) -> None:
    print("| part | W_i: mean \\|W_i - 0.5\\| | largest | first layer: rms / rms at random |")
    print("|---|---|---|---|")
    parts = {name: part for name in ("cii_ir", "cii_vis") if (part := getattr(model, name, None)) is not None}
    for name, part in parts.items():
        moved = (part.w_i - 0.5).abs()
        print(f"| {name} | {moved.mean():.4f} | {moved.max():.4f} | {_growth(part.adapter):.2f} |")
    for name in ("ira", "via") if model.config.cff else ():
        print(f"| {name} | | | {_growth(getattr(model.cff, name)):.2f} |")


def _growth(adapter: torch.nn.Sequential) -> float:
    first = adapter[0]
    assert isinstance(first, torch.nn.Linear)
    weight = first.weight
    return float(weight.square().mean().sqrt() * (3 * weight.shape[1]) ** 0.5)  # a random start is uniform


def spread(model: MGFusion, embeddings: Embeddings) -> None:
    print("\n| vector | \\|mean\\| over pictures | std over pictures | std / \\|mean\\| |\n|---|---|---|---|")
    for name, vectors in model.guidance(embeddings).items():
        places = vectors.flatten(0, -2)  # of a map each place counts as a picture
        size, std = places.mean(0).abs().mean(), places.std(0).mean()
        print(f"| {name} | {size:.4f} | {std:.4f} | {std / size:.3f} |")


def effect(model: MGFusion, pictures: list[Picture], embeddings: Embeddings, convention: str) -> None:
    names = list(PAPER_METRICS)
    print("\n| embeddings | mean difference, grey levels | largest picture's mean |", " | ".join(names), "|")
    print("|---" * (3 + len(names)) + "|")
    changed = {name: change(model, embeddings) for name, change in CHANGES.items()}
    differences: dict[str, list[float]] = {name: [] for name in CHANGES}
    scores: dict[str, list[list[float]]] = {name: [] for name in CHANGES}
    for i, picture in enumerate(pictures):
        ir, vis = picture.unit()
        reference = None
        for name, (changed_model, (embed_ir, embed_vis)) in changed.items():
            fused = grey(changed_model(ir, vis, (embed_ir[i : i + 1], embed_vis[i : i + 1])))
            reference = fused if reference is None else reference
            differences[name].append(float(np.abs(fused.astype(float) - reference).mean()))
            found = evaluate_pair(fused, grey(ir), grey(luminance(vis)), names, convention)
            scores[name].append([found[n] for n in names])
    base = np.mean(scores["as they are"], axis=0)
    for name in CHANGES:
        means = np.mean(scores[name], axis=0)
        cells = [
            f"{mean:.4f}" if name == "as they are" else f"{100 * (mean / b - 1):+.2f} %"
            for mean, b in zip(means, base, strict=True)
        ]
        line = f"{np.mean(differences[name]):.3f} | {max(differences[name]):.3f}"
        print(f"| {name} | {line} |", " | ".join(cells), "|", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--model", default="mgfusion-base")
    parser.add_argument("--split", default="test")
    parser.add_argument("--pairs", type=int, default=8, help="of each data set")
    parser.add_argument("--convention", default="paper")
    options = parser.parse_args()
    tune_process()
    model = load_model(options.model)
    if not model.config.guided:
        parser.error(f"{options.model} has neither CII nor CFF")
    pairs = [pair for root in options.data for pair in find_pairs(root, options.split)]
    chosen = [
        pair
        for source in dict.fromkeys(pair.source for pair in pairs)
        for pair in [p for p in pairs if p.source == source][: options.pairs]
    ]
    pictures = load_pictures(chosen)
    with torch.inference_mode():
        rows = [model.embed(*picture.unit()) for picture in pictures]
        embeddings = torch.cat([r[0] for r in rows if r]), torch.cat([r[1] for r in rows if r])
        print(f"{options.model}, {len(chosen)} {options.split} pairs, convention {options.convention}\n")
        movement(model)
        spread(model, embeddings)
        effect(model, pictures, embeddings, options.convention)


if __name__ == "__main__":
    main()
