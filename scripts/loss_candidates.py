"""What each loss asks for: optimise the pixels themselves, then measure them.

    python scripts/loss_candidates.py DATA [--pairs 4] [--steps 90] [--source RoadScene] [--write PAGE]

No network limits the result, so this is the bound that a network is trained towards. Validation pairs of
the training split only. Prints a Markdown table; --write puts it between a page's ``<!-- losses -->`` marks.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mgfusion.data.decoded_pictures import load_pictures
from mgfusion.data.pairs import find_pairs
from mgfusion.data.splits import split_pairs
from mgfusion.engines.tuning import tune_process
from mgfusion.images import luminance
from mgfusion.losses import FusionLoss
from mgfusion.metrics import evaluate_pair
from page_marks import fill

METRICS = ("Qabf", "Qcv", "SSIM", "AG", "VIF", "SCD")
LOSSES: dict[str, FusionLoss | None] = {
    "element-wise maximum, not optimised": None,
    "magnitude, 0.2 intensity (the paper)": FusionLoss("magnitude", 0.2),
    "signed, 0.5 intensity": FusionLoss("signed", 0.5),
    "signed, 5 intensity": FusionLoss("signed", 5.0),
    "signed, 0.5 intensity, 0.5 structure": FusionLoss("signed", 0.5, 0.5),
    "signed, 0.5 intensity, 0.2 edge": FusionLoss("signed", 0.5, 0.0, 0.2),
    "signed, 1 intensity, 0.5 structure, 0.2 edge": FusionLoss("signed", 1.0, 0.5, 0.2),
    "signed, 2 intensity, 0.5 structure, 0.2 edge": FusionLoss("signed", 2.0, 0.5, 0.2),
    "signed, 5 intensity, 0.5 structure, 0.2 edge": FusionLoss("signed", 5.0, 0.5, 0.2),
    "signed, 4 intensity, 0.5 structure, 1 edge": FusionLoss("signed", 4.0, 0.5, 1.0),
    "signed, 4 intensity, 0.5 structure, 1 edge, 10 perception": FusionLoss("signed", 4.0, 0.5, 1.0, 10.0),
    "signed, 4 intensity, 0.5 structure, 2 edge, 10 perception": FusionLoss("signed", 4.0, 0.5, 2.0, 10.0),
    "the same, 0.6 difference": FusionLoss("signed", 4.0, 0.5, 2.0, 10.0, 0.6),
}


def optimise(loss: FusionLoss | None, ir: Tensor, vis: Tensor, steps: int) -> Tensor:
    """Fused pixels after ``steps`` of Adam from the element-wise maximum, (1, 1, H, W)."""
    start = torch.maximum(ir, vis)
    change = torch.zeros_like(start, requires_grad=True)
    optimizer = torch.optim.Adam([change], lr=0.02)
    for step in range(steps if loss else 0):
        optimizer.param_groups[0]["lr"] = 0.02 * (1 - step / steps) + 1e-4
        assert loss
        optimizer.zero_grad()
        loss(start + change, ir, vis)["loss"].backward()
        optimizer.step()
    return (start + change).detach().clamp(0, 1)


def to_array(x: Tensor) -> np.ndarray:
    return (x[0, 0] * 255).round().byte().numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--source", default="RoadScene")
    parser.add_argument("--pairs", type=int, default=4)
    parser.add_argument("--steps", type=int, default=90)
    parser.add_argument("--write", type=Path, help="a page to put the table into")
    options = parser.parse_args()
    tune_process()
    held_out = split_pairs(find_pairs(options.data), 0.05)[1]
    chosen = [pair for pair in held_out if pair.source == options.source][: options.pairs]
    lines = [
        f"{len(chosen)} validation pairs of {options.source}, at most 512 x 384 pixels of each; "
        f"{options.steps} steps of Adam",
        "",
        f"| loss | {' | '.join(METRICS)} |",
        "|---" * (len(METRICS) + 1) + "|",
    ]
    print("\n".join(lines))
    for name, loss in LOSSES.items():
        rows = []
        for picture in load_pictures(chosen):
            ir, vis = picture.unit()
            ir, vis = ir[..., :384, :512], luminance(vis)[..., :384, :512]
            fused = optimise(loss, ir, vis, options.steps)
            rows.append(evaluate_pair(to_array(fused), to_array(ir), to_array(vis), list(METRICS)))
        means = (f"{np.mean([row[m] for row in rows]):.{1 if m == 'Qcv' else 3}f}" for m in METRICS)
        lines.append(f"| {name} | {' | '.join(means)} |")
        print(lines[-1], flush=True)
    if options.write:
        fill(options.write, "losses", "\n".join(lines))


if __name__ == "__main__":
    main()
