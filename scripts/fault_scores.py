"""What each sensor fault costs: scores against the clean sources, in percent of what the clean pair gives.

    python scripts/fault_scores.py DATA... [--models mgfusion-base,mgfusion-fast] [--pairs 2]
        [--pictures FOLDER] [--table after --write docs/faults.md]

Pairs held out of the packaged models' training, the middle 640x480 of each at most, each fault once, drawn
alike for all models; with and without repair. Prints a Markdown table; --write puts it between the page's
``<!-- before -->`` or ``<!-- after -->`` marks, --pictures keeps what was fused with repair.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from mgfusion import Fuser
from mgfusion.data.pairs import Pair, find_pairs
from mgfusion.data.sensor_faults import FAULTS
from mgfusion.engines.tuning import tune_process
from mgfusion.images import (
    Array,
    FloatArray,
    from_unit,
    luminance,
    read_image,
    to_grey,
    to_tensor,
    to_unit,
    write_image,
)
from mgfusion.metrics import evaluate_pair
from mgfusion.thermal import repair_infrared
from page_marks import fill

SPLIT = Path(__file__).parents[1] / "docs" / "runs" / "mgfusion-base" / "2b" / "split.json"
METRICS = ("Qabf", "VIF")
WIDTH, HEIGHT = 640, 480
Unit = tuple[FloatArray, FloatArray]


def held_out(roots: list[Path], count: int) -> list[Pair]:
    """The first ``count`` of each data set."""
    names = set(json.loads(SPLIT.read_text())["validation"])
    pairs = [pair for root in roots for pair in find_pairs(root) if f"{pair.source}/{pair.name}" in names]
    sources = dict.fromkeys(pair.source for pair in pairs)
    return [pair for source in sources for pair in [p for p in pairs if p.source == source][:count]]


def opened(pair: Pair) -> Unit:
    ir, vis = to_grey(read_image(pair.ir), str(pair.ir)), read_image(pair.vis)
    top, left = (max(0, (n - most) // 2) for n, most in zip(ir.shape, (HEIGHT, WIDTH), strict=True))
    part = slice(top, top + HEIGHT), slice(left, left + WIDTH)
    return to_unit(ir[part]), to_unit(vis[part])


def scores(fuser: Fuser, given: Unit, clean: Unit, picture: Path | None) -> Array:
    """Of the fused luminance, against the clean pair."""
    fused = fuser.fuse_tensors(to_tensor(given[0]), to_tensor(given[1]))[0, 0].cpu().numpy()
    ir, vis = clean[0], luminance(to_tensor(clean[1]))[0, 0].numpy()
    planes = [from_unit(plane, np.uint8) for plane in (fused, ir, vis)]
    if picture:
        picture.parent.mkdir(parents=True, exist_ok=True)
        write_image(picture, planes[0], overwrite=True)
    found = evaluate_pair(planes[0], planes[1], planes[2], list(METRICS))
    return np.array([found[name] for name in METRICS])


def measure(model: str, pairs: list[Pair], pictures: Path | None) -> tuple[Array, Array]:
    """Mean scores: of the clean pairs, (metrics,); of the faulty, (faults, 2, metrics), then repaired."""
    plain, repairing = (Fuser(model, device="cpu", repair=repair) for repair in (False, True))
    whole, faulty = [], []
    for pair in pairs:
        clean = opened(pair)
        folder = pictures / model / f"{pair.source}_{pair.name}" if pictures else None
        whole.append(scores(plain, clean, clean, folder / "clean.png" if folder else None))
        rows = []
        for number, (name, fault) in enumerate(FAULTS.items()):
            given = fault(*clean, np.random.default_rng(number))
            path = folder / f"{name.replace('/', ' ')}.png" if folder else None
            repaired = scores(repairing, given, clean, path)
            sound = repair_infrared(given[0])[0] is given[0]
            rows.append([repaired if sound else scores(plain, given, clean, None), repaired])
        faulty.append(rows)
    return np.mean(whole, axis=0), np.mean(faulty, axis=0)


def table(models: list[str], pairs: list[Pair], pictures: Path | None) -> str:
    found = [measure(model, pairs, pictures) for model in models]
    counts = {source: sum(p.source == source for p in pairs) for source in {p.source for p in pairs}}
    sets = ", ".join(f"{count} of {source}" for source, count in sorted(counts.items()))
    heads = [f"{Path(model).name} {metric}" for model in models for metric in METRICS]
    lines = [
        f"{len(pairs)} held-out pairs ({sets}), the middle {WIDTH}x{HEIGHT} pixels at most; percent of the "
        "clean pair's score, not repaired / repaired. The clean pair's own score stands first.",
        "",
        f"| fault | {' | '.join(heads)} |",
        "|---" * (len(heads) + 1) + "|",
        "| none | " + " | ".join(f"{score:.3f}" for clean, _ in found for score in clean) + " |",
    ]
    for number, name in enumerate(FAULTS):
        cells = [
            f"{100 * plain / score:.1f} / {100 * repaired / score:.1f}"
            for clean, faulty in found
            for score, plain, repaired in zip(clean, *faulty[number], strict=True)
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument(
        "--models", default="mgfusion-base,mgfusion-fast,mgfusion-tiny", help="names or folders"
    )
    parser.add_argument("--pairs", type=int, default=2, help="of each data set")
    parser.add_argument("--pictures", type=Path, help="a folder for the fused pictures")
    parser.add_argument("--table", choices=("before", "after"), default="after")
    parser.add_argument("--write", type=Path, help="a page to put the table into")
    options = parser.parse_args()
    tune_process()
    with torch.inference_mode():
        text = table(options.models.split(","), held_out(options.data, options.pairs), options.pictures)
    print(text)
    if options.write:
        fill(options.write, options.table, text)


if __name__ == "__main__":
    main()
