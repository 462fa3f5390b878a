"""What repair does to infrared as data sets have it, without faults added, and what it costs.

    python scripts/repair_on_sound_pairs.py DATA... [--write docs/faults.md]

Every training and test pair. Prints a Markdown table; --write puts it between the page's ``<!-- sound -->``
marks. The cost is of one thread at 640x480, in products of two 2048x2048 float32 matrices on the same thread.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import torch

from mgfusion.data.pairs import find_pairs
from mgfusion.errors import DataError
from mgfusion.images import FloatArray, read_image, to_grey, to_unit
from mgfusion.synthetic.demo_pair import demo_pair
from mgfusion.thermal import repair_infrared
from mgfusion.thermal.bad_pixels import repair_dead_pixels
from mgfusion.thermal.missing_areas import black_borders
from mgfusion.thermal.stripe_noise import remove_stripes
from page_marks import fill

TIMES = 15


def every_infrared(root: Path) -> list[Path]:
    found: list[Path] = []
    for split in ("train", "test"):
        try:
            found += [pair.ir for pair in find_pairs(root, split)]
        except DataError:  # a set with one of the two
            continue
    return found


def line(root: Path) -> str:
    """How many pictures each kind of repair changes, and the largest share of any that it changes."""
    files, bordered, striped, dead = every_infrared(root), [], 0, []
    for path in files:
        ir: FloatArray = to_unit(to_grey(read_image(path), str(path)))
        missing = black_borders(ir)
        if missing is not None:
            bordered.append(float(missing.mean()))
        mended = repair_dead_pixels(ir)
        if mended is not ir:
            dead.append(int((mended != ir).sum()))
        striped += remove_stripes(mended) is not mended
    widest = f"{len(bordered)} (at most {100 * max(bordered):.1f} %)" if bordered else "0"
    pixels = f"{len(dead)} (at most {max(dead)} pixels)" if dead else "0"
    return f"| {root.name} | {len(files)} | {widest} | {pixels} | {striped} |"


def seconds(work: Callable[[], object]) -> float:
    """The least CPU time of several runs."""
    taken = []
    for _ in range(TIMES):
        start = time.thread_time()
        work()
        taken.append(time.thread_time() - start)
    return min(taken)


def cost() -> str:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    ir = to_unit(demo_pair()[0])
    bordered = ir.copy()
    bordered[:, :12] = 0
    square = torch.rand(2048, 2048)
    unit = seconds(lambda: square @ square)
    sound, filled = (seconds(partial(repair_infrared, plane)) for plane in (ir, bordered))
    return f"{sound / unit:.3f} units for 640x480, {filled / unit:.3f} where a border is filled."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--write", type=Path, help="a page to put the table into")
    options = parser.parse_args()
    lines = ["| data set | pictures | with borders | with dead pixels | with stripes |", "|---" * 5 + "|"]
    lines += [line(root) for root in options.data]
    text = "\n".join([*lines, "", cost()])
    print(text)
    if options.write:
        fill(options.write, "sound", text)


if __name__ == "__main__":
    main()
