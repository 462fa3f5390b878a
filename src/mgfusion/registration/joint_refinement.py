"""One transform fitted to the evidence of all places at once.

Each cell of the infrared picture, warped as the transform so far says, is compared with the visible cells
around it; a softmax makes that the probability of each small displacement. No cell is asked for its best
match. Instead the transform is moved to where the sum over all cells of the log probability is largest, with
a share of cells that are free to lie anywhere: a thousand weak hints that agree outweigh a few clear ones
that do not. The probabilities are smoothed by a Gaussian that narrows from step to step, which makes the
basin wide, and its moments give gradient and curvature for Newton's method.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from mgfusion.registration.descriptor_network import CELL, Describer, FloatArray
from mgfusion.registration.matrices import Matrix, Size, corners, inverse, product, shift, transform
from mgfusion.registration.small_transforms import UNKNOWNS, Model, slopes, small_transform
from mgfusion.registration.working_pictures import cell_centres, warp_smoothly

ALIKE = 60.0  # neighbouring cells see much the same: so many of them count as one
FREE = 0.5  # share of cells that may lie anywhere
_MOST = 4000  # cells that are looked at
_FEWEST = 30
_AT_ONCE = 1000  # cells whose neighbours' descriptors stay in a core's cache
_SHEAR, _PERSPECTIVE = 0.01, 0.01  # how far from none they are likely to be, as shares of the radius
_BENDS = (0.05, 0.02)  # the same of a lens's two numbers
_Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """What the cells of the infrared picture say of small displacements.

    Attributes:
        points: (N, 2), their centres in working pixels, warped as ``matrix`` says.
        chances: (N, K, K), the probability of each displacement in cells, down and right.
        matrix: infrared pixels to working pixels, as it was when the cells were compared.
        outline: (4, 2), the infrared's corners in working pixels.
        whole: how many cells there are, of which these are some.
    """

    points: _Array
    chances: Tensor
    matrix: Matrix
    outline: _Array
    whole: int

    def part(self, half: int) -> "Evidence":
        """One of two halves, like the black and the white squares of a board of 12 cells a square."""
        square = np.floor(self.points / (12 * CELL)).astype(int).sum(axis=1)
        return self._chosen(np.flatnonzero(square % 2 == half))

    def at_most(self, count: int) -> "Evidence":
        """No more cells than that, spread over all."""
        return self if len(self.points) <= count else self._chosen(np.arange(count))  # they are in no order

    def _chosen(self, which: npt.NDArray[np.int64]) -> "Evidence":
        return replace(self, points=self.points[which], chances=self.chances[torch.from_numpy(which)])

    @property
    def enough(self) -> bool:
        """Whether there are so many cells that anything can be fitted."""
        return len(self.points) >= _FEWEST


@dataclass(frozen=True)
class Fit:
    """``matrix``: infrared pixels to working pixels.

    Attributes:
        gain: how much likelier all displacements together are than by chance, in nats.
        cells: how many were looked at.
        whole: how many there are.
        agreeing: mean share of a cell that follows the transform.
        spread: standard error of the corners in working pixels, by the likelihood's curvature.
        bend: how much the square and the fourth power of the distance from the middle, in half diagonals,
            pull places outwards before the matrix brings them to where they belong.
    """

    matrix: Matrix
    gain: float
    cells: int
    whole: int
    agreeing: float
    spread: float
    bend: tuple[float, float] = (0.0, 0.0)


def gather_evidence(
    ir: FloatArray, described: Tensor, matrix: Matrix, describe: Describer, reach: int, most: int = _MOST
) -> Evidence | None:
    """Compare the cells of the infrared picture with those around where ``matrix`` brings them.

    Args:
        ir: (H, W), 0 to 255.
        described: (D, h, w), the visible working picture's descriptors.
        matrix: infrared pixels to working pixels.
        describe: the network.
        reach: how many cells away is looked.
        most: cells that are looked at.

    Returns:
        None where hardly anything of the infrared lies on the visible picture.
    """
    rows, columns = described.shape[1:]
    size: Size = ir.shape[1], ir.shape[0]
    outline = transform(matrix, corners(size))
    limit = np.array([columns, rows])
    if not np.isfinite(outline).all():
        return None
    first = np.clip(np.floor(outline.min(axis=0) / CELL), 0, limit - 1).astype(int)
    last = np.clip(np.ceil((outline.max(axis=0) + 1) / CELL), 0, limit).astype(int)
    if (last - first < 8).any():
        return None
    (left, top), (w, h) = first, last - first
    warped = warp_smoothly(ir, shift(-left * CELL, -top * CELL) @ matrix, (int(w * CELL), int(h * CELL)))
    di = describe([warped], "ir")[0].flatten(1).T
    points = cell_centres(w, h, left, top)
    at = transform(inverse(matrix), points)
    chosen = np.flatnonzero(((at > 0) & (at < np.array(size) - 1)).all(axis=1))
    whole = len(chosen)
    chosen = np.random.default_rng(0).permutation(chosen)[:most]
    points = points[chosen]
    chances = _displacements(di[torch.from_numpy(chosen)], described, points, reach, describe.sharpness)
    found = Evidence(points, chances, matrix, outline, whole)
    return found if found.enough else None


def _displacements(di: Tensor, described: Tensor, points: _Array, reach: int, sharpness: float) -> Tensor:
    rows, columns = described.shape[1:]
    wide = columns + 2 * reach
    padded = F.pad(described, (reach,) * 4).flatten(1).T.contiguous()
    beyond = F.pad(torch.zeros(rows, columns), (reach,) * 4, value=-40.0).flatten()
    cells = torch.from_numpy(np.floor(points / CELL).astype(np.int64))
    start = cells[:, 1] * wide + cells[:, 0]
    side = 2 * reach + 1
    logits = torch.empty(len(di), side, side)
    # what lies beside each other there is taken at once
    across = padded.as_strided((len(padded) - side + 1, side, padded.shape[1]), (*padded.stride()[:1] * 2, 1))
    edge = beyond.unfold(0, side, 1)
    for first in range(0, len(di), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        for down in range(side):
            at = start[some] + down * wide
            logits[some, down] = (across[at] * di[some, None]).sum(2) * sharpness + edge[at]
    return torch.softmax(logits.flatten(1), 1).view(-1, side, side)


def fit(
    evidence: Evidence,
    model: Model,
    widths: tuple[float, ...],
    steps: int = 5,
    priors: bool = True,
    bent: tuple[float, float] | None = None,
) -> Fit:
    """The transform on which all the evidence agrees best, from where it was gathered.

    Args:
        evidence: see :func:`gather_evidence`.
        model: what the transform may do beyond ``evidence.matrix``.
        widths: standard deviations of the smoothing, in cells, one after the other.
        steps: of Newton's method at most, for each width.
        priors: shear and perspective are kept small unless the evidence is for them.
        bent: places may be pulled away from the middle, too; what is already known of that, which is likely
            to be little in all.
    """
    bending = bent is not None
    middle = _crossing(evidence.outline) if bending else evidence.outline.mean(axis=0)
    radius = float(np.linalg.norm(evidence.outline - middle, axis=1).mean())
    away = evidence.points - middle
    square = (away**2).sum(axis=1, keepdims=True) / radius**2
    pulls = np.stack([square * away, square**2 * away], 2)[:, :, : 2 * bending]  # pixels of a bend of 1
    unknowns = UNKNOWNS[model]
    prior = np.zeros(unknowns + 2 * bending)
    if priors:
        prior[4:unknowns][:2] = (CELL / (_SHEAR * radius)) ** 2
        prior[6:unknowns] = (CELL / (_PERSPECTIVE * radius)) ** 2
    way, total, aim = np.eye(3), np.zeros(len(prior)), np.zeros(len(prior))
    if bent is not None:
        prior[unknowns:] = (CELL / (np.array(_BENDS) * radius)) ** 2
        aim[unknowns:] = np.array(bent) * radius / CELL

    def brought() -> _Array:
        return transform(way, evidence.points + pulls @ (total[unknowns:] * CELL / radius))

    curvature = np.eye(len(prior))
    for width in widths:
        for _ in range(steps):
            moved = brought()
            pull, stiffness, _, _ = _forces(evidence, moved, width)
            each = np.concatenate([slopes((moved - middle) / radius, unknowns), pulls / radius], 2)
            stiff = np.einsum("nij,njq->niq", stiffness, each).reshape(-1, len(prior))
            flat = each.reshape(-1, len(prior))
            curvature = flat.T @ stiff + np.diag(prior + 1e-4)
            step = np.linalg.solve(curvature, flat.T @ pull.reshape(-1) - prior * (total - aim))
            step /= max(1.0, float(np.abs(step).max()) / 3)
            total += step
            way = small_transform(step[:unknowns] * CELL / radius, middle, radius) @ way
            if np.abs(step).max() < 0.01:
                break
    _, _, gains, agreeing = _forces(evidence, brought(), widths[-1])
    edges = slopes((evidence.outline - middle) / radius, unknowns)
    errors = np.linalg.inv(curvature)[:unknowns, :unknowns]
    spread = np.einsum("nip,pq,niq->n", edges, errors, edges).mean() ** 0.5 * CELL
    bend = total[unknowns:] * CELL / radius
    return Fit(
        product([way, evidence.matrix]),
        float(gains.sum()),
        len(gains),
        evidence.whole,
        float(agreeing.mean()),
        float(spread),
        (float(bend[0]), float(bend[1])) if bending else (0.0, 0.0),
    )


def likelihood(evidence: Evidence, width: float) -> float:
    """How much likelier than chance all displacements are where the evidence was gathered, in nats.

    Neighbouring cells see much the same: ``ALIKE`` of them count as one.
    """
    return float(_forces(evidence, evidence.points, width)[2].sum())


def _crossing(outline: _Array) -> _Array:
    """Where the diagonals cross: the middle of a picture, however it is seen."""
    a, b, c, d = outline
    (ax, ay), (bx, by) = c - a, d - b
    cross = ax * by - ay * bx
    if abs(cross) < 1e-9:
        return np.asarray(outline.mean(axis=0))
    return np.asarray(a + (c - a) * ((b - a) @ (by, -bx)) / cross)


def _forces(evidence: Evidence, moved: _Array, width: float) -> tuple[_Array, _Array, _Array, _Array]:
    """Of each cell: gradient (N, 2), curvature (N, 2, 2) of the log likelihood, gain, share that agrees."""
    away = torch.from_numpy((moved - evidence.points) / CELL).float()
    side = evidence.chances.shape[1]
    reach = torch.arange(side, dtype=torch.float32) - side // 2
    dx, dy = reach - away[:, :1], reach - away[:, 1:]

    def moments(d: Tensor) -> Tensor:
        bell = torch.exp(d * d / (-2 * width * width))
        return torch.stack([bell, bell * d, bell * d * d], 2)  # (N, K, 3)

    mx, my = moments(dx), moments(dy)
    table = (my.transpose(1, 2) @ (evidence.chances @ mx)).double().numpy()  # (N, power of y, power of x)
    whole = (mx[:, :, 0].sum(1) * my[:, :, 0].sum(1)).double().numpy() + 1e-9
    mass = table[:, 0, 0] + 1e-12
    x, y = table[:, 0, 1] / mass, table[:, 1, 0] / mass
    ratio = mass / whole * side * side
    agreeing = (1 - FREE) * ratio / ((1 - FREE) * ratio + FREE)
    a = 1 - (table[:, 0, 2] / mass - x * x) / width**2
    b = -(table[:, 1, 1] / mass - x * y) / width**2
    c = 1 - (table[:, 2, 0] / mass - y * y) / width**2
    # no direction may bend upwards, or Newton's method would run away along it
    mean, half = (a + c) / 2, np.sqrt(((a - c) / 2) ** 2 + b * b)
    high, low = np.maximum(mean + half, 0.05), np.maximum(mean - half, 0.05)
    turn = np.where(half > 1e-9, (high - low) / 2 / np.maximum(half, 1e-9), 0)
    stiffness = np.empty((len(moved), 2, 2))
    stiffness[:, 0, 0] = (high + low) / 2 + turn * (a - c) / 2
    stiffness[:, 1, 1] = (high + low) / 2 - turn * (a - c) / 2
    stiffness[:, 0, 1] = stiffness[:, 1, 0] = turn * b
    weight = agreeing / (width**2 * ALIKE)
    pull = weight[:, None] * np.stack([x, y], 1)
    gains = np.log((1 - FREE) * ratio + FREE)
    return pull, weight[:, None, None] * stiffness, gains, agreeing
