"""What float16 and 8 bits do to exported models; writes docs/export.md.

    python scripts/export_precision.py [--models mgfusion-base,mgfusion-fast] [-o docs/export.md]

Exports each model three times, which takes about a minute each. Times are of ONNX Runtime with one thread on
a synthetic scene of 640x480.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from machine_peaks import best
from probes import runner

PRECISIONS = {"float32": {}, "`--half`": {"half": True}, "`--int8`": {"int8": True}}

PAGE = """# Exported models in float32, float16 and 8 bits

This page is generated; do not edit it. The command: `{command}`

Measured on {cpu}. Differences from PyTorch in float32, in grey levels of 255, on the three synthetic scenes
that `mgfusion export` checks each file with; CPU seconds for one synthetic scene of 640x480, ONNX Runtime
{onnxruntime} with one thread, encoder included, the best of some seconds.

| model | precision | file | largest | mean | CPU s |
|---|---|---|---|---|---|
{lines}
"""


def line(model: str, precision: str, folder: Path) -> str:
    from mgfusion import export_onnx
    from mgfusion.images import to_tensor
    from mgfusion.synthetic.night_street import night_street

    got = export_onnx(model, folder / "model.onnx", overwrite=True, **PRECISIONS[precision])
    run = runner("onnxruntime", model, str(got.path), threads=1, device="cpu")
    scene = night_street(0, 480, 640)
    ir, vis = to_tensor(scene.ir), to_tensor(scene.vis)
    run(ir, vis)
    cpu = best(lambda: run(ir, vis), 5, seconds=3)[1]
    size = f"{got.size / 1e6:.1f} MB"
    return f"| {model} | {precision} | {size} | {got.largest:.4f} | {got.mean:.4f} | {cpu:.3f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", default="mgfusion-base,mgfusion-fast")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/export.md"))
    options = parser.parse_args()
    import onnxruntime
    import torch

    from mgfusion.benchmark.run.machine import environment

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:
        lines = []
        for model in options.models.split(","):
            for precision in PRECISIONS:
                lines.append(line(model, precision, Path(folder)))
                print(lines[-1], flush=True)
    page = PAGE.format(
        command=" ".join(["python scripts/export_precision.py", *sys.argv[1:]]),
        cpu=environment(1)["processor"],
        onnxruntime=onnxruntime.__version__,
        lines="\n".join(lines),
    )
    options.output.write_text(page)


if __name__ == "__main__":
    main()
