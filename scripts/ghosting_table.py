"""How often an edge that both pictures have shows twice, where the infrared lies 1 to 4 pixels beside.

    python scripts/ghosting_table.py DATA [--per-set 12] [--methods average,mgfusion-base+parallax]
        [--write docs/registration.md]

Parallax, made: the infrared of registered test pairs is moved to the right. Looked at are edges which both
pictures have at the same place when they are registered, each once, across which that move leads. Along a
line across each, the fused slope has one peak if the edge is one, and two if it shows twice: two that
stand 1.5 pixels apart or more, the lesser half as steep as the other or more, a dip of a quarter between.
A method with +parallax has the infrared moved in places first, as fuse does where it has aligned it.
"""

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mgfusion.benchmark.methods.method_specs import parse_method
from mgfusion.benchmark.methods.openers import open_method
from mgfusion.benchmark.methods.test_sets import find_sets
from mgfusion.data.opened_pair import OpenedPair, open_pair
from mgfusion.registration.local_shifts import find_local_shifts
from page_marks import fill

METHODS = (
    "average,maximum,laplacian,mgfusion-base,mgfusion-base+parallax,mgfusion-fast,mgfusion-tiny,mgfusion-nano"
)
MOVES = (0, 1, 2, 3, 4)
PARALLAX = "+parallax"
REACH, STEP = 8.0, 0.5  # pixels to both sides of an edge, and between the samples
STEEP = 0.9  # quantile of a picture's slopes from which they are an edge
MOST = 1500  # edges of a picture
Floats = NDArray[np.float32]


def slopes(plane: Floats, sigma: float) -> tuple[Floats, Floats]:
    """Along x and along y, of a picture smoothed a little."""
    smooth = cv2.GaussianBlur(plane, (0, 0), sigma)
    along = [cv2.Sobel(smooth, cv2.CV_32F, *axis, ksize=3, scale=1 / 8) for axis in ((1, 0), (0, 1))]
    return np.asarray(along[0]), np.asarray(along[1])


def common_edges(ir: Floats, vis: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Places (N, 2) as (x, y) where both have an edge of one direction that a move to the right crosses.

    Returns:
        The places, and the visible edge's normal at each, (N, 2).
    """
    (ix, iy), (vx, vy) = slopes(ir, 1), slopes(vis, 1)
    strong_ir, strong_vis = np.hypot(ix, iy), np.hypot(vx, vy)
    alike = np.abs(ix * vx + iy * vy) > 0.9 * strong_ir * strong_vis
    across = np.abs(vx) > 0.87 * strong_vis  # within 30 degrees
    ridge = [
        (strong >= np.roll(strong, 1, 1)) & (strong >= np.roll(strong, -1, 1))
        for strong in (strong_ir, strong_vis)
    ]
    near = cv2.dilate(ridge[0].astype(np.uint8), np.ones((1, 3), np.uint8)) > 0
    steep = [strong > max(0.01, float(np.quantile(strong, STEEP))) for strong in (strong_ir, strong_vis)]
    found = alike & across & near & ridge[1] & steep[0] & steep[1]
    margin = int(REACH) + max(MOVES) + 1
    found[:margin], found[-margin:], found[:, :margin], found[:, -margin:] = False, False, False, False
    y, x = np.nonzero(found)
    chosen = np.random.default_rng(0).permutation(len(x))[:MOST]
    x, y = x[chosen], y[chosen]
    normal = np.stack([vx[y, x], vy[y, x]], 1) / strong_vis[y, x][:, None]
    return np.stack([x, y], 1), normal.astype(np.float32)


def doubled(fused: Floats, places: NDArray[np.int64], normal: Floats) -> NDArray[np.bool_]:
    """Which of the edges show twice."""
    fx, fy = slopes(fused, 0.7)
    along = np.arange(-REACH, REACH + STEP / 2, STEP, dtype=np.float32)
    at = places[:, None].astype(np.float32) + along[None, :, None] * normal[:, None]
    px, py = (cv2.remap(part, at[..., 0], at[..., 1], cv2.INTER_LINEAR) for part in (fx, fy))
    steep = np.abs(px * normal[:, :1] + py * normal[:, 1:])
    near = np.abs(along) <= max(MOVES) + 2  # the edge itself and what was moved away from it
    peak = np.zeros_like(steep, bool)
    peak[:, 1:-1] = (steep[:, 1:-1] > steep[:, :-2]) & (steep[:, 1:-1] >= steep[:, 2:]) & near[1:-1]
    heights = np.where(peak, steep, 0)
    first = heights.argmax(1)
    rows = np.arange(len(steep))
    highest = heights[rows, first]
    # the least slope between the first peak and each sample
    lowest = np.empty_like(steep)
    for row, start in enumerate(first):
        lowest[row, start:] = np.minimum.accumulate(steep[row, start:])
        lowest[row, : start + 1] = np.minimum.accumulate(steep[row, start::-1])[::-1]
    apart = np.abs(np.arange(len(along)) - first[:, None]) >= 1.5 / STEP
    second = peak & apart & (heights >= 0.5 * highest[:, None]) & (lowest <= 0.75 * heights)
    return np.asarray(second.any(1) & (highest > 0))


def moved(pair: OpenedPair, pixels: int) -> OpenedPair:
    """The infrared to the right, its border going on."""
    at = np.clip(np.arange(pair.ir.shape[1]) - pixels, 0, None)
    return OpenedPair(np.ascontiguousarray(pair.ir[:, at]), pair.vis, pair.colour)


def brought_back(pair: OpenedPair) -> OpenedPair:
    """The infrared moved in places to where both pictures agree."""
    found = find_local_shifts(pair.ir, pair.vis, np.eye(3))
    return OpenedPair(found.move(pair.ir), pair.vis, pair.colour)


def measure(
    data: list[Path], methods: list[str], per_set: int
) -> tuple[dict[tuple[str, int], float], int, int]:
    """Share of edges that show twice, by method and move; how many edges, of how many pairs."""
    sets = find_sets(data)
    opened: dict[str, Any] = {
        name: open_method(parse_method(name.removesuffix(PARALLAX))) for name in methods
    }
    twice = {(name, move): 0 for name in methods for move in MOVES}
    edges = pairs = 0
    for found in sets.values():
        for pair in found[:: max(1, len(found) // per_set)][:per_set]:
            both = open_pair(pair.ir, pair.vis)
            places, normal = common_edges(both.ir, both.vis)
            if not len(places):
                continue
            once = ~(doubled(both.ir, places, normal) | doubled(both.vis, places, normal))
            places, normal = places[once], normal[once]
            edges, pairs = edges + len(places), pairs + 1
            for move in MOVES:
                here = moved(both, move)
                back = brought_back(here) if any(name.endswith(PARALLAX) for name in methods) else here
                for name, fuse in opened.items():
                    laid = back if name.endswith(PARALLAX) else here
                    fused = np.asarray(fuse(pair, laid), np.float32) / np.float32(255)
                    twice[name, move] += int(doubled(fused, places, normal).sum())
    return {key: count / max(1, edges) for key, count in twice.items()}, edges, pairs


def main() -> None:
    """Measure, print, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--per-set", type=int, default=12)
    parser.add_argument("--methods", default=METHODS)
    parser.add_argument("--write", type=Path, metavar="PAGE")
    options = parser.parse_args()
    methods = options.methods.split(",")
    shares, edges, pairs = measure(options.data, methods, options.per_set)
    lines = [
        f"{edges} edges of {pairs} test pairs; share of them that shows twice",
        "",
        f"| infrared moved by | {' | '.join(f'`{name}`' for name in methods)} |",
        "|---" * (len(methods) + 1) + "|",
    ]
    for move in MOVES:
        cells = " | ".join(f"{100 * shares[name, move]:.1f} %" for name in methods)
        lines.append(f"| {move} pixel{'' if move == 1 else 's'} | {cells} |")
    print("\n".join(lines))
    if options.write:
        fill(options.write, "ghosting", "\n".join(lines))


if __name__ == "__main__":
    main()
