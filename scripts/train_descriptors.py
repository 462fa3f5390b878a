"""Train the network that describes places of an infrared and of a visible picture alike.

    python scripts/train_descriptors.py DATA --held-out docs/runs/mgfusion-base/4/split.json -o FOLDER

Each step takes eight crops of registered training pairs. The visible crop is warped at random (scale, turn,
mirror), the infrared one by that and by a little more; both are blurred, faded, made noisy, the infrared
turned over half of the time. For 160 cells of each infrared crop the network must find the right visible cell
among the 17x17 around it, and, at a low weight, among all of the crop. ``--minutes`` is of one core.
"""

import argparse
import json
import time
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mgfusion.data.decoded_pictures import Picture, load_pictures
from mgfusion.data.pairs import find_pairs
from mgfusion.engines.tuning import tune_process
from mgfusion.registration.descriptor_network import CELL, DescriptorNetwork, input_planes
from mgfusion.registration.matrices import Matrix, inverse, shift, transform, turn_and_scale
from mgfusion.registration.working_pictures import cell_centres

SIDE, BATCH, POINTS, REACH = 192, 8, 160, 8
CELLS = SIDE // CELL
FAR = -4.0  # what is added to the logits of cells beyond REACH
WEIGHTS = {"LLVIP": 4.0, "LLVIP256": 0.7, "M3FD": 12.0}  # how often a data set's pairs are drawn
Sample = tuple[
    npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.int64], npt.NDArray[np.float32]
]


def degraded(
    crop: npt.NDArray[np.float32], infrared: bool, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """As another camera, lens or hour might have given it."""
    if rng.random() < 0.6:
        factor = np.exp(rng.uniform(0, np.log(4 if infrared else 2)))
        if rng.random() < 0.5:
            small = (max(8, round(SIDE / factor)),) * 2
            crop = cv2.resize(crop, small, interpolation=cv2.INTER_AREA)
            crop = cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        else:
            crop = cv2.GaussianBlur(crop, (0, 0), 0.3 + 0.4 * (factor - 1))
    low, high = rng.uniform(0, 60), rng.uniform(120, 255)
    unit = (np.clip(crop, 0, 255) / 255) ** np.exp(rng.uniform(-0.7, 0.7))
    if infrared and rng.random() < 0.5:
        unit = 1 - unit
    out = low + (high - low) * unit
    if rng.random() < 0.3:
        shade = rng.normal(0, 25, (3, 3)).astype(np.float32)
        out = out + cv2.resize(shade, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    if infrared and rng.random() < 0.2:
        out = out + rng.normal(0, 2, (1, SIDE))
    out = out + rng.normal(0, rng.uniform(0, 5 if rng.random() < 0.3 else 2), (SIDE, SIDE))
    return np.asarray(np.clip(out, 0, 255), np.float32)


def views(picture: Picture, rng: np.random.Generator) -> tuple[Matrix, Matrix, float]:
    """From the pair's pixels to the visible crop's, from these to the infrared crop's; the first's scale."""
    height, width = picture.ir.shape[1:]
    least = max(0.35, SIDE / 1.15 / height) if height > 250 else 0.8
    zoom = float(np.exp(rng.uniform(np.log(least), np.log(1.4 if height > 300 else 1.8))))
    squeezed = 1.12 if picture.pair.source == "LLVIP256" else 1.0
    shape = np.diag([np.exp(rng.uniform(-0.1, 0.1)) * squeezed, 1, 1])
    if rng.random() < 0.5:
        shape = shape @ np.diag([-1.0, 1, 1])
    radius = SIDE / zoom / 2
    x = rng.uniform(min(radius, width / 2), max(width - radius, width / 2))
    y = rng.uniform(min(radius, height / 2), max(height - radius, height / 2))
    first = shift(SIDE / 2, SIDE / 2) @ turn_and_scale(zoom, rng.normal(0, 0.15)) @ shape @ shift(-x, -y)
    more = turn_and_scale(float(np.exp(rng.normal(0, 0.06))), rng.normal(0, 0.06))
    more[2, :2] = rng.normal(0, 2e-4, 2)
    more[0, 1] += rng.normal(0, 0.02)
    more[:2, 2] = rng.uniform(-10, 10, 2)
    return first, shift(SIDE / 2, SIDE / 2) @ more @ shift(-SIDE / 2, -SIDE / 2), zoom


def sample(pictures: list[Picture], odds: npt.NDArray[np.float64], rng: np.random.Generator) -> Sample:
    """Planes of both crops, cells of the infrared one, and where in the visible one they lie, in cells."""
    picture = pictures[rng.choice(len(pictures), p=odds)]
    first, more, zoom = views(picture, rng)
    mix = np.array([0.299, 0.587, 0.114]) if rng.random() < 0.6 else rng.dirichlet([1.5] * 3)
    vis = picture.vis.numpy().astype(np.float32)
    grey = np.tensordot(mix.astype(np.float32), vis, 1) if len(vis) == 3 else vis[0]

    def warped(plane: npt.NDArray[np.float32], matrix: Matrix) -> npt.NDArray[np.float32]:
        if zoom < 0.75:
            plane = cv2.GaussianBlur(plane, (0, 0), 0.45 / zoom)
        return np.asarray(
            cv2.warpPerspective(plane, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT_101), np.float32
        )

    ir = warped(picture.ir[0].numpy().astype(np.float32), more @ first)
    at = transform(inverse(more), cell_centres(CELLS, CELLS))
    own = transform(inverse(first), at)
    cells = (at - (CELL - 1) / 2) / CELL
    limit = np.array(picture.ir.shape[:0:-1]) - 3
    good = ((own > 2) & (own < limit) & (cells > 0) & (cells < CELLS - 1)).all(axis=1)
    chosen = np.flatnonzero(good)
    if len(chosen) < 200:
        return sample(pictures, odds, rng)
    chosen = rng.choice(chosen, POINTS, replace=False)
    return (
        input_planes(degraded(ir, True, rng)),
        input_planes(degraded(warped(grey, first), False, rng)),
        chosen,
        cells[chosen].astype(np.float32),
    )


def loss(
    network: DescriptorNetwork, di: Tensor, dv: Tensor, cells: Tensor, at: Tensor
) -> tuple[Tensor, float]:
    """Cross-entropy against the right place between four cells; share of points found to within one cell."""
    batch, points = cells.shape
    own = di.flatten(2).gather(2, cells[:, None].expand(-1, di.shape[1], -1)).transpose(1, 2)
    logits = (own * network.logt.exp()) @ dv.flatten(2)
    whole = at.floor().clamp(max=CELLS - 2)  # rounded to 32 bits, a place may lie on the last cell
    x, y = (at - whole).unbind(2)
    start = (whole[..., 1] * CELLS + whole[..., 0]).long()
    corners = torch.stack([start, start + 1, start + CELLS, start + CELLS + 1], 2)
    shares = torch.stack([(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y], 2)
    middle = at + torch.randint(
        -REACH + 1, REACH, (batch, points, 2)
    )  # the right one isn't always in the middle
    every = torch.arange(CELLS)
    across, down = ((every - middle[..., i : i + 1]).abs() <= REACH for i in (0, 1))
    near = (down[..., :, None] & across[..., None, :]).flatten(2)
    against = torch.logsumexp(logits + torch.where(near, 0.0, FAR), 2)
    with torch.no_grad():
        best = torch.where(near, logits, -torch.inf).argmax(2)
        hit = ((best % CELLS - at[..., 0]).abs() <= 1) & ((best // CELLS - at[..., 1]).abs() <= 1)
    return (against - (shares * logits.gather(2, corners)).sum(2)).mean(), float(hit.float().mean())


def main() -> None:
    """Train and write descriptors.safetensors and training.csv."""
    from safetensors.torch import load_file, save_file

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--held-out", type=Path, nargs="*", default=[], metavar="SPLIT.JSON")
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    tune_process()
    torch.set_num_threads(1)
    torch.manual_seed(given.seed)
    rng = np.random.default_rng(given.seed)
    held = {name for path in given.held_out for name in json.loads(path.read_text())["validation"]}
    pairs = [pair for folder in given.data for pair in find_pairs(folder)]
    pictures = load_pictures([pair for pair in pairs if f"{pair.source}/{pair.name}" not in held])
    odds = np.array([WEIGHTS.get(picture.pair.source, 1.0) for picture in pictures])
    odds /= odds.sum()
    network = DescriptorNetwork()
    if given.start:
        network.load_state_dict(load_file(given.start))
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(network.parameters(), lr=given.rate, weight_decay=1e-3)
    given.output.mkdir(parents=True, exist_ok=True)
    began, step, seen = time.process_time(), 0, [0.0, 0.0]
    log = given.output / "training.csv"
    log.write_text("step,minutes,loss,hit\n")

    def keep() -> None:
        state = {name: value.contiguous() for name, value in network.state_dict().items()}
        save_file(state, given.output / "descriptors.tmp")
        (given.output / "descriptors.tmp").replace(given.output / "descriptors.safetensors")

    while (spent := (time.process_time() - began) / 60) < given.minutes:
        rate = given.rate * min(1.0, (step + 1) / 200) * (0.51 + 0.49 * np.cos(np.pi * spent / given.minutes))
        for group in optimiser.param_groups:
            group["lr"] = rate
        ir, vis, cells, at = (
            torch.from_numpy(np.stack(part))
            for part in zip(*(sample(pictures, odds, rng) for _ in range(BATCH)), strict=True)
        )
        with torch.autocast("cpu", torch.bfloat16):
            both = network.finish(torch.cat([network.ir(ir), network.vis(vis)]))
        value, hit = loss(network, both[:BATCH], both[BATCH:], cells, at)
        optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        step, seen = step + 1, [seen[0] + float(value.detach()), seen[1] + hit]
        if step % 100 == 0:
            with log.open("a") as file:
                file.write(f"{step},{spent:.2f},{seen[0] / 100:.4f},{seen[1] / 100:.4f}\n")
            seen = [0.0, 0.0]
        if step % 500 == 0:
            keep()
    keep()


if __name__ == "__main__":
    main()
