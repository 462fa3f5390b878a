"""Memory of a pair of 50 megapixels, and what laying a small infrared on 12 costs: docs/registration.md.

    python scripts/large_pictures.py [--model mgfusion-base] [--write docs/registration.md]

The night street, enlarged. Memory is the most that `mgfusion fuse` took, from files to a file, Python and
libraries included; times are CPU seconds on one thread with pictures in memory, after a small pair.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2

from mgfusion import Fuser, tune_process, write_image
from mgfusion.benchmark.run.machine import environment
from mgfusion.synthetic.night_street import night_street
from page_marks import fill

HUGE, LARGE, SMALL = (8192, 6144), (4000, 3000), (640, 512)


def memory(model: str) -> float:
    """GiB of a command that fuses a pair of HUGE."""
    scene = night_street(3, 960, 1280)
    with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:
        ir, vis, out = (Path(folder) / name for name in ("ir.png", "vis.jpg", "out.png"))
        write_image(ir, cv2.resize(scene.ir, HUGE, interpolation=cv2.INTER_CUBIC))
        write_image(vis, cv2.resize(scene.vis, HUGE, interpolation=cv2.INTER_CUBIC))
        words = ["-m", "mgfusion", "fuse", str(ir), str(vis), "-o", str(out), "--model", model]
        subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1 << 20)


def seconds(model: str) -> dict[str, float]:
    """CPU seconds of a pair of LARGE that is registered, and of one whose infrared is SMALL."""
    import torch

    tune_process()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    scene, fuser, spent = night_street(3, 960, 1280), Fuser(model), {}
    vis = cv2.resize(scene.vis, LARGE, interpolation=cv2.INTER_CUBIC)
    fuser(cv2.resize(scene.ir, (320, 256)), cv2.resize(vis, (640, 512)))
    for name, size in (("registered", LARGE), ("aligned", SMALL)):
        ir = cv2.resize(scene.ir, size, interpolation=cv2.INTER_AREA)
        begun = time.process_time()
        fuser(ir, vis)
        spent[name] = time.process_time() - begun
    return spent


def main() -> None:
    """Measure, print, and write the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="mgfusion-base")
    parser.add_argument("--write", type=Path, metavar="PAGE")
    parser.add_argument("--probe", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe:
        print(json.dumps(seconds(options.model)))
        return
    words = [sys.executable, __file__, "--probe", "--model", options.model]
    probed = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    spent = json.loads(probed.splitlines()[-1])
    wide, large, small = (f"{width}x{height}" for width, height in (HUGE, LARGE, SMALL))
    registered, aligned = spent["registered"], spent["aligned"]
    line = (
        f"On {environment(1)['processor']}, `{options.model}`: a pair of {wide} takes "
        f"{memory(options.model):.2f} GiB at most. One of {large} "
        f"that is registered takes {registered:.1f} CPU seconds on one thread; with an infrared of {small} "
        f"that has to be aligned {aligned:.1f}, {aligned / registered:.2f} times as many."
    )
    print(line)
    if options.write:
        fill(options.write, "large", line)


if __name__ == "__main__":
    main()
