"""How long a person at the page waits: from the click on Fuse to the fused picture, at 640x480.

    python scripts/page_time.py [--model NAME ...] [--pairs 7] [--write docs/serve.md]     # a minute

A service of `mgfusion serve` with one model, and headless Chromium, both on this machine alone. Each fusion
has a fresh page and a pair of its own. The time is taken in the page, from the click to the picture that has
been loaded and drawn. Prints a Markdown table; --write puts it between a page's <!-- page-time --> marks.
"""

import argparse
import os
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser

from machine_peaks import matrix_product
from mgfusion.benchmark.run.machine import environment
from mgfusion.engines.tuning import usable_cores
from mgfusion.images.writing import encode_image
from mgfusion.service.worker_pool import threads_each
from mgfusion.synthetic.night_street import night_street
from page_marks import fill
from served_page import give, opened, served_page

HEIGHT, WIDTH = 480, 640
MODELS = ("mgfusion-base", "mgfusion-fast")
# Two frames after it has been loaded, a picture has been drawn.
_WATCH = """() => {
  let clicked = 0;
  document.addEventListener("click", (event) => {
    if (event.target.closest("#fuse")) clicked = performance.now();
  }, true);
  document.addEventListener("load", (event) => {
    if (event.target.matches?.(".mgf-over"))
      requestAnimationFrame(() => requestAnimationFrame(() => {
        window.tookSeconds = (performance.now() - clicked) / 1000;
      }));
  }, true);
}"""


def draw(folder: Path, pairs: int) -> list[tuple[Path, Path]]:
    """So many pairs, an infrared picture of 8 bits and a visible one of colour each."""
    drawn = []
    for number in range(pairs):
        scene = night_street(number, HEIGHT, WIDTH)
        files = folder / f"ir{number}.png", folder / f"vis{number}.png"
        for file, picture in zip(files, (scene.ir, scene.vis), strict=True):
            file.write_bytes(encode_image(picture, ".png"))
        drawn.append(files)
    return drawn


def waited(browser: Browser, url: str, pair: tuple[Path, Path]) -> float:
    """Seconds from the click to the picture."""
    page = opened(browser, url)
    page.evaluate(_WATCH)
    give(page, *pair)
    page.locator("#fuse").click()
    seconds: float = page.wait_for_function("() => window.tookSeconds").json_value()
    page.close()
    return seconds


def measured(model: str, pairs: list[tuple[Path, Path]]) -> list[float]:
    """Of a service that has just started, in the order of the pairs."""
    with served_page("--model", model) as (url, browser):
        return [waited(browser, url, pair) for pair in pairs]


def table(found: dict[str, list[float]], product: float, load: float) -> str:
    """What was measured, and on what."""
    workers, later = usable_cores(), len(next(iter(found.values()))) - 1
    lines = [
        f"On {environment(workers)['processor']}, service and browser on one machine of {workers} cores, "
        f"at a load of {load:.1f} by other programs; {workers} workers of {threads_each(workers)} thread "
        f"each. Seconds for a pair of {WIDTH}x{HEIGHT}, and in brackets as multiples of a matrix product "
        f"(2048x2048, float32, one thread: {product:.3f} s):",
        "",
        f"| model | first after the start | median of {later} later ones | the slowest of them |",
        "|---|---|---|---|",
    ]
    for model, (first, *rest) in found.items():
        told = (f"{s:.2f} ({s / product:.1f})" for s in (first, median(rest), max(rest)))
        lines.append(f"| {model} | {' | '.join(told)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print the table, or write it into a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", action="append", help="again for more  [mgfusion-base, mgfusion-fast]")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--write", type=Path, metavar="PAGE")
    arguments = parser.parse_args()
    if arguments.pairs < 2:
        parser.error(f"--pairs {arguments.pairs}: give 2 or more")
    import torch

    torch.set_num_threads(1)
    load = os.getloadavg()[0]
    product = 2 * 2048**3 / matrix_product()
    with tempfile.TemporaryDirectory() as folder:
        pairs = draw(Path(folder), arguments.pairs)
        found = {model: measured(model, pairs) for model in arguments.model or MODELS}
    text = table(found, product, load)
    print(text)
    if arguments.write:
        fill(arguments.write, "page-time", text)


if __name__ == "__main__":
    main()
