"""Training on more pictures than memory holds: what decoding takes, and what a run of LLVIP's size holds.

    python scripts/larger_than_memory.py [--write docs/scale.md]     # some minutes, and 300 MB of disk

LLVIP's training set is 12,025 pairs of 1280x1024. Simulated are its number, sizes and paths: its files are
links to a few different night streets, decoded once each, so that processes read what a run on LLVIP reads,
but from a page cache that holds it all. What a disk adds is told by crops from files that no cache holds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from mgfusion.benchmark.run.machine import environment
from mgfusion.data.pairs import find_pairs
from mgfusion.images import write_image
from mgfusion.models import MGFusion
from mgfusion.synthetic.night_street import night_street
from mgfusion.training import load_recipe
from mgfusion.training.decoded_size import decoded_bytes, gigabytes
from mgfusion.training.picture_store import PictureStore
from mgfusion.training.stored_embeddings import embedding_file, encoder_name
from page_marks import fill

PAIRS, SIZE, DIFFERENT = 12_025, (1024, 1280), 8
STEPS, IN_MEMORY = 40, 240
GUIDED = f"files, {PAIRS:,} pairs, guided by a map of embeddings"
FEW = ("epochs=1", "batch=8", "crop=128", "validate_every=0")
_RUN = """
import json, sys, time
from pathlib import Path
from mgfusion import tune_process
from mgfusion.training import load_recipe, train
from mgfusion.training.fusion_module import FusionModule
tune_process()
def memory():
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {name: int(lines[name].split()[0]) * 1024 for name in ("VmHWM", "RssAnon")}
times = []
begin = FusionModule.on_train_batch_start
def count(self, *arguments):
    times.append(time.process_time())
    return begin(self, *arguments)
FusionModule.on_train_batch_start = count
start = time.process_time()
data, recipe, out, place, *settings = sys.argv[1:]
train([data], load_recipe(recipe, settings), out, decoded=place, progress=False)
step = (times[-1] - times[4]) / (len(times) - 5)
print(json.dumps({"first step": times[0] - start, "step": step, **memory()}))
"""


def draw(root: Path) -> None:
    """LLVIP's folders: a few pairs, and links to them under all the other names."""
    for folder in ("infrared", "visible"):
        (root / folder / "train").mkdir(parents=True)
    for number in range(PAIRS):
        names = [root / folder / "train" / f"{number:06}.jpg" for folder in ("infrared", "visible")]
        if number < DIFFERENT:
            scene = night_street(number, SIZE[0] // 2, SIZE[1] // 2)
            for name, picture in zip(names, (scene.ir, scene.vis), strict=True):
                write_image(name, picture.repeat(2, axis=0).repeat(2, axis=1))
        else:
            for name in names:
                name.hardlink_to(name.with_name(f"{number % DIFFERENT:06}.jpg"))


def link_the_rest(store: PictureStore, root: Path) -> float:
    """Decode the different pairs and link the others' files to theirs; seconds that decoding a pair takes."""
    pairs = find_pairs(root)
    start = time.process_time()
    first = store.load(pairs[:DIFFERENT])
    seconds = (time.process_time() - start) / DIFFERENT
    for number, pair in enumerate(pairs[DIFFERENT:], DIFFERENT):
        file = store.file_of(pair)
        file.parent.mkdir(exist_ok=True)
        file.hardlink_to(first[number % DIFFERENT].file)
    return seconds


def link_embeddings(store: PictureStore, root: Path) -> None:
    """As :func:`link_the_rest`, the embeddings of guidance by a map."""
    model = MGFusion(replace(load_recipe("smoke").model, guidance="map"))
    pictures = store.load(find_pairs(root))
    store.embed(model, pictures[:DIFFERENT])
    name = encoder_name(model, pictures[0])
    for number, picture in enumerate(pictures[DIFFERENT:], DIFFERENT):
        embedding_file(picture, name).hardlink_to(embedding_file(pictures[number % DIFFERENT], name))


def cold_crops(store: PictureStore, root: Path, side: int) -> tuple[float, float]:
    """(bytes, seconds) that a crop takes of files that are in no cache."""
    pictures = store.load(find_pairs(root)[:DIFFERENT])
    for picture in pictures:
        with picture.file.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    before, start = read_bytes(), time.perf_counter()
    for picture in pictures:
        picture.cut(300, 400, side)
    return (read_bytes() - before) / len(pictures), (time.perf_counter() - start) / len(pictures)


def read_bytes() -> int:
    """What this process had read from disks."""
    lines = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(lines["read_bytes"])


def run(root: Path, out: Path, place: Path | str, *settings: str) -> "subprocess.Popen[str]":
    """Start a run of a few steps in a process of its own."""
    words = [
        sys.executable,
        "-c",
        _RUN,
        root,
        "fast",
        out,
        place,
        f"steps_per_epoch={STEPS}",
        *FEW,
        *settings,
    ]
    return subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, text=True)


def told(process: "subprocess.Popen[str]") -> dict[str, float]:
    """What a run measured, as ``_RUN`` prints it."""
    output, _ = process.communicate()
    if process.returncode:
        sys.exit(f"a run broke off with exit code {process.returncode}")
    found: dict[str, float] = json.loads(output)
    return found


def main() -> None:
    """Measure and print the table, or write it into a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--write", type=Path, metavar="PAGE")
    page = parser.parse_args().write
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        root, few, place = work / "LLVIP", work / "few" / "LLVIP", work / "decoded"
        draw(root)
        for name in ("infrared", "visible"):
            (few / name / "train").mkdir(parents=True)
            for file in sorted((root / name / "train").iterdir())[:IN_MEMORY]:
                (few / name / "train" / file.name).hardlink_to(file)
        store = PictureStore(place)
        decoding = link_the_rest(store, root)
        link_embeddings(store, root)
        cold, seconds = cold_crops(store, root, 128)
        runs = {f"memory, {IN_MEMORY} pairs": told(run(few, work / "memory", "memory"))}
        runs[f"files, {PAIRS:,} pairs"] = told(run(root, work / "files", place))
        runs[GUIDED] = told(
            run(root, work / "guided", place, "model.cii=true", "model.cff=true", "model.guidance=map")
        )
        both = [run(root, work / f"one-of-two-{i}", place) for i in range(2)]
        for number, process in enumerate(both, 1):
            runs[f"files, {PAIRS:,} pairs, {number} of 2 runs at once"] = told(process)
        size = decoded_bytes(find_pairs(root))
    here = environment(1)
    unit = runs[f"memory, {IN_MEMORY} pairs"]["step"]
    rows = [
        f"| {name} | {gigabytes(int(found['VmHWM']))} | {found['first step']:.0f} s "
        f"| {'another network' if name == GUIDED else round(found['step'] / unit, 2)} |"
        for name, found in runs.items()
    ]
    lines = [
        f"{PAIRS:,} pairs of {SIZE[1]}x{SIZE[0]} are {gigabytes(size)} decoded. Measured on "
        f"{here['processor']}; all times are of the processor. Decoding a pair took {decoding:.2f} s: "
        f"{decoding * PAIRS / 60:.0f} minutes of one core for all, once.",
        "",
        "| decoded pictures in | most memory of the process | first step after | a step, as multiples |",
        "|---|---|---|---|",
        *rows,
        "",
        f"A crop of 128x128 from files that no cache holds reads {cold / 1e6:.2f} MB, "
        f"in {seconds * 1e3:.1f} ms of the clock.",
    ]
    print("\n".join(lines))
    if page:
        fill(page, "memory", "\n".join(lines))


if __name__ == "__main__":
    main()
