"""How well infrared is aligned, by warping registered pairs; and the fit of the confidence.

    python scripts/registration_table.py DATA --write docs/registration.md
    python scripts/registration_table.py DATA --held-out SPLIT.JSON --fit

The infrared of a registered pair is seen through a homography that is known: another field of view, turned,
shifted, its corners moved a little, at another resolution. An error is the mean distance of the infrared's
corners from where they belong, in pixels of a visible picture that is 640 wide. Pairs that do not belong
together are the same with the visible picture of the next pair.
"""

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mgfusion.benchmark.run.machine import environment
from mgfusion.data.pairs import find_pairs
from mgfusion.engines.tuning import tune_process
from mgfusion.images import read_image, to_grey
from mgfusion.registration import Alignment
from mgfusion.registration.alignment import align_planes
from mgfusion.registration.confidence import TRUSTED_FROM, features
from mgfusion.registration.matrices import (
    Matrix,
    corner_distance,
    corners,
    inverse,
    resizing,
    shift,
    transform,
    turn_and_scale,
)
from mgfusion.registration.picture_planes import Plane, infrared_plane, plane_of
from page_marks import fill

Grey = npt.NDArray[np.uint8]
WRONG = 20.0  # pixels at 640 wide
RIGHT = 6.4  # 1 % of the width


@dataclass(frozen=True)
class Level:
    """The infrared's view as a share of the visible one, the most turn in degrees, shift, move of corners and
    shrinking.
    """

    view: tuple[float, float]
    turn: float
    shift: float
    corners: float
    shrunk: tuple[float, float] = (1, 1)


LEVELS = {
    "easy": Level((0.92, 0.98), 3, 0.01, 0.01),
    "medium": Level((0.60, 0.95), 10, 0.10, 0.01),
    "hard": Level((0.45, 0.55), 10, 0.10, 0.01, (2, 4)),
}


def problem(ir: Grey, level: Level, rng: np.random.Generator) -> tuple[Grey, Matrix]:
    """The infrared of a registered pair as another camera would have seen it, and the way back."""
    height, width = ir.shape
    size, middle = (width, height), np.array([(width - 1) / 2, (height - 1) / 2])
    view = rng.uniform(*level.view)
    turned = turn_and_scale(view, np.radians(rng.uniform(-level.turn, level.turn)))
    place = middle + rng.uniform(-level.shift, level.shift, 2) * size
    at = transform(shift(*place) @ turned @ shift(*-middle), corners(size))
    at += rng.uniform(-level.corners, level.corners, (4, 2)) * width * view
    shrunk = rng.uniform(*level.shrunk)
    whole = max(32, round(width * view)), max(32, round(height * view))
    small = max(32, round(whole[0] / shrunk)), max(32, round(whole[1] / shrunk))
    matrix = cv2.getPerspectiveTransform(corners(small).astype(np.float32), at.astype(np.float32))
    seen = cv2.warpPerspective(
        ir, inverse(matrix @ resizing(whole, small)), whole, borderMode=cv2.BORDER_REPLICATE
    )
    return cv2.resize(seen, small, interpolation=cv2.INTER_AREA), np.asarray(matrix, np.float64)


def sift(ir: Plane, vis: Plane) -> Matrix | None:
    """SIFT, ratio test, MAGSAC: what registers pictures of one kind."""
    detector, matcher = cv2.SIFT.create(2000), cv2.BFMatcher()
    (a, da), (b, db) = (
        detector.detectAndCompute(np.clip(plane.picture, 0, 255).astype(np.uint8), None)
        for plane in (ir, vis)
    )
    if da is None or db is None or len(db) < 2:
        return None
    pairs = [found for found in matcher.knnMatch(da, db, k=2) if len(found) == 2]
    good = [first for first, second in pairs if first.distance < 0.8 * second.distance]
    if len(good) < 4:
        return None
    one = np.array([a[match.queryIdx].pt for match in good])
    other = np.array([b[match.trainIdx].pt for match in good])
    found, _ = cv2.findHomography(one, other, cv2.USAC_MAGSAC, 4.0)
    return None if found is None else np.asarray(inverse(vis.matrix) @ found @ ir.matrix)


def ecc(ir: Plane, vis: Plane) -> Matrix | None:
    """OpenCV's ECC on gradient magnitudes from both views lying middle on middle."""

    def slopes(plane: Plane) -> tuple[npt.NDArray[np.float32], Matrix]:
        height, width = plane.picture.shape
        size = 320, max(16, round(320 * height / width))
        small = cv2.GaussianBlur(cv2.resize(plane.picture, size, interpolation=cv2.INTER_AREA), (0, 0), 1)
        dx, dy = cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1)
        return cv2.GaussianBlur(np.hypot(dx, dy), (0, 0), 1.5), resizing(plane.size, size)

    (one, to_one), (other, to_other) = slopes(ir), slopes(vis)
    start = np.eye(3, dtype=np.float32)
    try:
        _, found = cv2.findTransformECC(
            one,
            other,
            start,
            cv2.MOTION_HOMOGRAPHY,
            (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-5),
        )
    except cv2.error:  # did not converge
        return None
    return np.asarray(inverse(to_other) @ found.astype(np.float64) @ to_one)


def centred(ir: Plane, vis: Plane) -> Matrix:
    """No alignment at all: resized."""
    return resizing(ir.size, vis.size)


METHODS: dict[str, Callable[[Plane, Plane], Matrix | None]] = {
    "resized": centred,
    "SIFT, MAGSAC": sift,
    "ECC on gradients": ecc,
}


@dataclass(frozen=True)
class Answer:
    """``error`` in pixels at 640 wide; infinite where there is none."""

    level: str
    error: float
    seconds: float
    alignment: Alignment | None = None


def pictures_by_set(
    data: list[Path], split: str, held: set[str] | None, per: int
) -> dict[str, list[tuple[Grey, Grey]]]:
    """(ir, vis) grey of each data set; at most ``per`` of one, evenly spread."""
    by_set: dict[str, list[tuple[Grey, Grey]]] = {}
    for folder in data:
        for pair in find_pairs(folder, split):
            if pair.source == "LLVIP256":  # cut-outs of a size and shape that no camera gives
                continue
            if held is not None and f"{pair.source}/{pair.name}" not in held:
                continue
            by_set.setdefault(pair.source, []).append((pair.ir, pair.vis))  # type: ignore[arg-type]
    found: dict[str, list[tuple[Grey, Grey]]] = {}
    for name, files in by_set.items():
        count = min(per, len(files))
        chosen = [files[k * len(files) // count] for k in range(count)]
        both = [(to_grey(read_image(ir)), to_grey(read_image(vis))) for ir, vis in chosen]  # type: ignore[arg-type]
        found[name] = [
            (ir, vis) for ir, vis in both if ir.shape == vis.shape and ir.dtype == vis.dtype == np.uint8
        ]
    return found


def pictures(data: list[Path], split: str, held: set[str] | None, per: int) -> list[tuple[Grey, Grey]]:
    """Those of all data sets."""
    return [pair for pairs in pictures_by_set(data, split, held, per).values() for pair in pairs]


def asked(pairs: list[tuple[Grey, Grey]], levels: list[str], repeats: int = 1) -> list["Problem"]:
    """Every pair at every level."""
    out = []
    for number, (ir, vis) in enumerate(pairs):
        for place, name in enumerate(levels):
            for again in range(repeats):
                seen, matrix = problem(ir, LEVELS[name], np.random.default_rng([number, place, again]))
                out.append((name, infrared_plane(seen), plane_of(vis, "vis"), matrix))
    return out


Problem = tuple[str, Plane, Plane, Matrix]
Pool = ProcessPoolExecutor


def solved(problem: Problem, method: str | None) -> Answer:
    """One problem solved by a baseline or (None) by align."""
    level, ir, vis, truth = problem
    began = time.process_time()
    alignment = None
    if method is None:
        alignment = align_planes(ir, vis)
        matrix: Matrix | None = alignment.matrix
    else:
        matrix = METHODS[method](ir, vis)
    seconds = time.process_time() - began
    error = float("inf") if matrix is None else corner_distance(matrix, truth, ir.size) * 640 / vis.size[0]
    return Answer(level, error if np.isfinite(error) else float("inf"), seconds, alignment)


def answer(problems: list[Problem], method: str | None, pool: Pool) -> list[Answer]:
    """Each problem solved."""
    return list(pool.map(partial(solved, method=method), problems))


def mismatched(pairs: list[tuple[Grey, Grey]], count: int, pool: Pool) -> list[Alignment]:
    """Infrared of one pair, visible of another."""
    problems: list[Problem] = []
    for number in range(count):
        one = number % len(pairs)
        other = (number * 7 + 3 + number // len(pairs)) % len(pairs)
        if one == other:
            continue
        level = list(LEVELS.values())[number % 3]
        seen, matrix = problem(pairs[one][0], level, np.random.default_rng([number, 9]))
        problems.append(("unlike", infrared_plane(seen), plane_of(pairs[other][1], "vis"), matrix))
    return [found.alignment for found in answer(problems, None, pool) if found.alignment]


def fit(answers: list[Answer], wrong: list[Alignment]) -> npt.NDArray[np.float64]:
    """Logistic regression with a little ridge, by Newton's method; each kind of wrong weighs alike."""
    rows = [a for a in answers if a.alignment is not None and a.alignment.match is not None]
    both = [a.alignment.match for a in rows] + [a.match for a in wrong if a.match]  # type: ignore[union-attr]
    x = np.array([(1.0, *features(match)) for match in both if match])
    y = np.array([a.error < RIGHT for a in rows] + [False] * (len(x) - len(rows)), float)
    w = np.zeros(x.shape[1])
    ridge = np.diag([1e-3] + [0.05] * (x.shape[1] - 1))
    for _ in range(40):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        w = w + np.linalg.solve(x.T @ (x * (p * (1 - p) + 1e-6)[:, None]) + ridge, x.T @ (y - p) - ridge @ w)
    p = 1 / (1 + np.exp(-x @ w))
    print(f"{len(rows)} pairs, {int(y.sum())} right; {len(x) - len(rows)} that do not belong together")
    for low, high in ((0, 0.1), (0.1, 0.5), (0.5, 0.8), (0.8, 0.95), (0.95, 1.01)):
        here = (p >= low) & (p < high)
        if here.any():
            print(f"says {low:.2f} to {high:.2f}: {here.sum()} answers, {100 * y[here].mean():.0f} % right")
    print("mismatched, highest:", np.sort(p[len(rows) :])[::-1][:4].round(3))
    return w


def table(pairs: list[tuple[Grey, Grey]], unlike: int, pool: Pool) -> str:
    """The table of the docs."""
    problems = asked(pairs, list(LEVELS))
    lines = [
        f"{len(pairs)} test pairs at each level; times of one core of {environment(1)['processor']}",
        "",
        "| method | " + " | ".join(f"{level}: median | {level}: over 20" for level in LEVELS) + " | CPU s |",
        "|---|" + "---|" * (2 * len(LEVELS) + 1),
    ]
    ours = answer(problems, None, pool)
    for name, answers in [
        *((name, answer(problems, name, pool)) for name in METHODS),
        ("`mgfusion.align`", ours),
    ]:
        cells = [name]
        for level in LEVELS:
            errors = np.array([a.error for a in answers if a.level == level])
            middle = float(np.median(errors))
            cells += [
                f"{middle:.1f}" if np.isfinite(middle) else "none",
                f"{100 * (errors > WRONG).mean():.0f} %",
            ]
        cells.append(f"{np.mean([a.seconds for a in answers]):.2f}")
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "| confidence | answers | right to 1 % of the width |", "|---|---|---|"]
    sure = np.array([a.alignment.confidence for a in ours if a.alignment])
    right = np.array([a.error < RIGHT for a in ours])
    for low, high in ((0, 0.1), (0.1, 0.5), (0.5, 0.8), (0.8, 0.95), (0.95, 1.01)):
        here = (sure >= low) & (sure < high)
        if here.any():
            lines.append(f"| {low:g} to {min(high, 1):g} | {here.sum()} | {100 * right[here].mean():.0f} % |")
    wrong = mismatched(pairs, unlike, pool)
    trusted = sum(a.confidence >= TRUSTED_FROM for a in wrong)
    lines += ["", f"Of {len(wrong)} pairs of pictures that do not belong together {trusted} were trusted."]
    return "\n".join(lines)


def one_thread() -> None:
    """What each process is set to: times are of one core."""
    import torch

    tune_process()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def main() -> None:
    """See the file's head."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--held-out", type=Path, nargs="*", default=[], metavar="SPLIT.JSON")
    parser.add_argument("--fit", action="store_true", help="fit the confidence on held-out training pairs")
    parser.add_argument("--per-set", type=int, default=100, help="pairs of each data set at most")
    parser.add_argument("--unlike", type=int, default=100, help="pairs that do not belong together")
    parser.add_argument("--workers", type=int, default=1, help="processes of one thread each")
    parser.add_argument("--write", type=Path, help="a page with <!-- registration --> marks")
    given = parser.parse_args()
    with ProcessPoolExecutor(given.workers, get_context("spawn"), one_thread) as pool:
        run(given, pool)


def run(given: argparse.Namespace, pool: Pool) -> None:
    """Fit or table."""
    if given.fit:
        held = {name for path in given.held_out for name in json.loads(path.read_text())["validation"]}
        pairs = pictures(given.data, "train", held, given.per_set)
        answers = answer(asked(pairs, list(LEVELS)), None, pool)
        for level in LEVELS:
            errors = np.array([a.error for a in answers if a.level == level])
            print(level, f"median {np.median(errors):.1f}, over 20: {100 * (errors > WRONG).mean():.0f} %")
        print("WEIGHTS =", tuple(fit(answers, mismatched(pairs, given.unlike, pool)).round(3).tolist()))
        return
    text = table(pictures(given.data, "test", None, given.per_set), given.unlike, pool)
    print(text)
    if given.write:
        fill(given.write, "registration", text)


if __name__ == "__main__":
    main()
