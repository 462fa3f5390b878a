"""Rules for giving the fused luminance the visible picture's colour, compared on training pairs.

    python scripts/colour_rules.py DATA... [--model NAME] [--pairs 4] [--sheets FOLDER] [--write PAGE]

Pairs of each data set with colour, evenly spread over their names; no test pairs. Prints a Markdown table;
--write puts it between a page's ``<!-- colour -->`` marks, --sheets draws each pair: the visible picture,
then each rule.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from mgfusion import Fuser
from mgfusion.data.opened_pair import open_pair
from mgfusion.data.pairs import Pair, find_pairs
from mgfusion.engines.tuning import tune_process
from mgfusion.images import (
    from_tensor,
    fused_colour,
    luminance,
    replace_luminance,
    to_tensor,
    write_image,
)
from mgfusion.images.colour import within_range
from mgfusion.images.contact_sheet import side_by_side
from mgfusion.thermal.hot_spots import hot_spots
from page_marks import fill

Rule = Callable[[Tensor, Tensor], Tensor]
Array = np.ndarray

# Björn Ottosson's OKLab: linear sRGB to cones, the cones' cube roots to lightness and two colours.
CONES = torch.tensor(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
LAB = torch.tensor(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def linear(x: Tensor) -> Tensor:
    """sRGB to light."""
    return torch.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def oklab(rgb: Tensor) -> Tensor:
    """(B, 3, H, W) sRGB in [0, 1] to L, a, b."""
    cones = torch.einsum("ij,bjhw->bihw", CONES, linear(rgb))
    return torch.einsum("ij,bjhw->bihw", LAB, cones.clamp_min(0) ** (1 / 3))


def from_oklab(lab: Tensor) -> Tensor:
    """Back to sRGB, not clipped from above."""
    cones = torch.einsum("ij,bjhw->bihw", torch.linalg.inv(LAB), lab) ** 3
    light = torch.einsum("ij,bjhw->bihw", torch.linalg.inv(CONES), cones).clamp_min(0)
    return torch.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def scaled(most: float) -> Rule:
    """Cb and Cr go with the luminance, up to ``most`` times."""

    def rule(rgb: Tensor, y: Tensor) -> Tensor:
        seen = luminance(rgb)
        chroma = (rgb - seen) * ((y + 0.004) / (seen + 0.004)).clamp(max=most)
        return within_range(y, chroma)

    return rule


def in_oklab(share: float) -> Rule:
    """Hue kept in OKLab; chroma too (0), or going with lightness (1)."""

    def rule(rgb: Tensor, y: Tensor) -> Tensor:
        lab = oklab(rgb)
        lightness = linear(y) ** (1 / 3)
        factor = ((lightness + 0.02) / (lab[:, :1] + 0.02)).clamp(max=3) ** share
        coloured = from_oklab(torch.cat([lightness, lab[:, 1:] * factor], dim=1))
        return replace_luminance(coloured, y)  # OKLab's lightness of a colour is not its BT.601 luminance

    return rule


def guided(rgb: Tensor, y: Tensor) -> Tensor:
    """Constant Cb and Cr that a guided filter smooths where the visible picture is dark."""
    planes = rgb[0].permute(1, 2, 0).numpy()
    seen = luminance(rgb)[0, 0].numpy()
    chroma = planes - seen[..., None]

    def mean(x: Array) -> Array:
        return np.asarray(cv2.blur(x, (17, 17)))

    local = mean(seen)
    slope = (mean(seen[..., None] * chroma) - local[..., None] * mean(chroma)) / (
        mean(seen * seen) - local**2 + 1e-3
    )[..., None]
    smooth = mean(slope) * seen[..., None] + mean(mean(chroma) - slope * local[..., None])
    trust = np.clip((local - 0.06) / 0.14, 0, 1)[..., None]
    mixed = torch.from_numpy(trust * chroma + (1 - trust) * smooth).permute(2, 0, 1)[None].float()
    return within_range(y, mixed)


RULES: dict[str, Rule] = {
    "Cb and Cr constant": replace_luminance,
    "Cb and Cr scaled with luminance": scaled(8),
    "the same, at most doubled": scaled(2),
    "OKLab, hue and chroma constant": in_oklab(0),
    "OKLab, chroma scaled with lightness": in_oklab(1),
    "Cb and Cr constant, smoothed in the dark (guided filter)": guided,
    "`fused_colour`": fused_colour,
}
MEASURES = {
    "hue turned, degrees": 2,
    "chroma kept": 3,
    "saturation kept": 3,
    "saturation kept where lifted": 3,
    "colour of lifted dark": 2,
    "colour noise in the dark": 3,
}


def measures(rgb: Tensor, ir: Array, y: Tensor, out: Tensor) -> list[float]:
    """``MEASURES`` of one picture; NaN where it has no such place."""
    before, after = (oklab(x)[0].numpy() for x in (rgb, out))
    seen, fused = luminance(rgb)[0, 0].numpy(), y[0, 0].numpy()
    hot = np.zeros(ir.shape, np.uint8)
    for spot in hot_spots(ir):
        hot[spot.window] |= spot.blob
    cold = cv2.dilate(hot, np.ones((9, 9), np.uint8)) == 0
    chroma = [np.hypot(lab[1], lab[2]) for lab in (before, after)]
    saturation = [c / (lab[0] + 0.05) for c, lab in zip(chroma, (before, after), strict=True)]
    angle = np.arctan2(after[2], after[1]) - np.arctan2(before[2], before[1])
    turned = np.degrees(np.abs(np.angle(np.exp(1j * angle))))
    lit = cold & (seen > 0.1)
    lifted = cold & (fused - seen > 0.1) & (seen > 0.2) & (chroma[0] > 0.03)
    lifted_dark = (fused - seen > 0.15) & (seen < 0.2)
    local = cv2.blur(seen, (15, 15))
    flat = cold & (local < 0.12) & (np.abs(seen - cv2.blur(seen, (5, 5))) < 0.02)
    noise = sum((after[i] - cv2.blur(after[i], (7, 7))) ** 2 for i in (1, 2))

    def over(where: Array, of: Array) -> float:
        return float(of[where].mean()) if where.sum() >= 300 else float("nan")

    return [
        float((turned * chroma[0] * lit).sum() / (chroma[0] * lit).sum()),
        float((chroma[1] * lit).sum() / (chroma[0] * lit).sum()),
        float((saturation[1] * lit).sum() / (saturation[0] * lit).sum()),
        over(lifted, saturation[1]) / over(lifted, saturation[0]),
        100 * over(lifted_dark, chroma[1]),
        100 * over(flat, noise) ** 0.5,
    ]


def spread(pairs: list[Pair], number: int) -> list[Pair]:
    """So many pairs of each data set, evenly over their names."""
    by_source = defaultdict(list)
    for pair in pairs:
        by_source[pair.source].append(pair)
    chosen = []
    for group in by_source.values():
        picked = [group[i * len(group) // number] for i in range(number)] if len(group) > number else group
        chosen += picked
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--model", default="mgfusion-base")
    parser.add_argument("--pairs", type=int, default=4, help="of each data set")
    parser.add_argument("--sheets", type=Path, help="a folder for pictures of the rules")
    parser.add_argument("--write", type=Path, help="a page to put the table into")
    options = parser.parse_args()
    tune_process()
    torch.set_num_threads(1)
    fuser = Fuser(options.model, colour="grey")
    found: dict[str, list[list[float]]] = {name: [] for name in RULES}
    seconds = dict.fromkeys(RULES, 0.0)
    pairs = spread([pair for root in options.data for pair in find_pairs(root)], options.pairs)
    for pair in pairs:
        opened = open_pair(pair.ir, pair.vis)
        if opened.colour is None:
            continue
        ir, rgb = to_tensor(opened.ir), to_tensor(opened.colour)
        y = fuser.fuse_tensors(ir, rgb)
        shown = {"visible": rgb}
        for name, rule in RULES.items():
            start = time.process_time()
            shown[name] = rule(rgb, y)
            seconds[name] += time.process_time() - start
            levels = (ir[0, 0].numpy() * 255).round().astype(np.uint8)
            found[name].append(measures(rgb, levels, y, shown[name]))
        if options.sheets:
            sheet = side_by_side({name: from_tensor(picture) for name, picture in shown.items()})
            write_image(options.sheets / f"{pair.source}_{pair.name}.png", sheet, overwrite=True)
    counts = Counter(pair.source for pair in pairs)
    sets = ", ".join(f"{source} {count}" for source, count in counts.items())
    lines = [
        f"Luminance of {options.model}; training pairs ({sets}); times as multiples of the first",
        "",
        f"| rule | {' | '.join(MEASURES)} | time |",
        "|---" * (len(MEASURES) + 2) + "|",
    ]
    first = next(iter(seconds.values()))
    for name, rows in found.items():
        cells = []
        for column, digits in zip(np.array(rows).T, MEASURES.values(), strict=True):
            defined = column[np.isfinite(column)]
            cells.append(f"{defined.mean():.{digits}f}" if len(defined) else "–")
        lines.append(f"| {name} | {' | '.join(cells)} | {seconds[name] / first:.1f} |")
    print("\n".join(lines))
    if options.write:
        fill(options.write, "colour", "\n".join(lines))


if __name__ == "__main__":
    main()
