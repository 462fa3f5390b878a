"""How well the test pairs are registered themselves, which the errors of registration_table.py can't tell.

    python scripts/registration_truth.py DATA [--per-set 11] [--write docs/registration.md]

Two ways that share nothing look at each pair as its data set gives it: the matching of `align` (trained
descriptors, one homography; before its last step, which follows edges) and the moves by which edges of both
agree best place by place (no training). If pairs were registered exactly, both would differ from pixel on
pixel by errors of their own, in directions of their own.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mgfusion.registration.descriptor_network import packaged_describer
from mgfusion.registration.local_shifts import find_local_shifts
from mgfusion.registration.matching import match
from mgfusion.registration.matrices import inverse, product, transform
from mgfusion.registration.picture_planes import plane_of
from page_marks import fill
from registration_table import Grey, one_thread, pictures_by_set

Row = tuple[float, float, float, float]


def looked_at(ir: Grey, vis: Grey) -> Row:
    """Root mean squares over the picture, in pixels at 640 wide: the matching's move, the edges', what is
    between both; and the cosine of the one with the other.
    """
    width = vis.shape[1]
    planes = plane_of(ir, "ir"), plane_of(vis, "vis")
    found = match(planes[0].picture, planes[1].picture, "homography", packaged_describer())
    if found is None:
        raise SystemExit("a test pair in which nothing can be matched")
    matrix = product([inverse(planes[1].matrix), found.matrix, planes[0].matrix])
    edges = find_local_shifts(ir.astype(np.float32), vis.astype(np.float32), np.eye(3))
    at, moves = edges.by_place()
    one = (transform(matrix, at) - at) * 640 / width
    other = moves * 640 / width

    def size(moves: npt.NDArray[np.float64]) -> float:
        return float(np.sqrt((moves**2).sum(1).mean()))

    alike = float((one * other).sum(1).mean()) / max(size(one) * size(other), 1e-9)
    return size(one), size(other), size(one - other), alike


def main() -> None:
    """Measure, print, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--per-set", type=int, default=11)
    parser.add_argument("--write", type=Path, metavar="PAGE")
    options = parser.parse_args()
    one_thread()
    lines = [
        "| pairs | matching moves them by | edges by | between both | cosine of both moves |",
        "|---|---|---|---|---|",
    ]
    every: list[Row] = []

    def add(name: str, rows: list[Row]) -> None:
        one, other, between, alike = np.median(np.array(rows), axis=0)
        lines.append(f"| {name}, {len(rows)} | {one:.1f} | {other:.1f} | {between:.1f} | {alike:.2f} |")

    for name, pairs in pictures_by_set(options.data, "test", None, options.per_set).items():
        rows = [looked_at(ir, vis) for ir, vis in pairs]
        add(name, rows)
        every += rows
    add("all", every)
    print("\n".join(lines))
    if options.write:
        fill(options.write, "truth", "\n".join(lines))


if __name__ == "__main__":
    main()
