"""Time one training step under each setting, and write docs/training_speed.md.

    python scripts/training_speed.py [--docs] [--recipe cpu] [--steps 12] [--threads 2]

Each setting runs in a process of its own, on synthetic scenes of 640x480, from the packaged weights: rows
are cumulative down to the line that says what training uses, the others add one thing to that.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import machine_peaks

DOCS = Path(__file__).parents[1] / "docs" / "training_speed.md"
USED = ["cache embeddings", "cache pictures", "flush denormals", "keep freed memory", "channels last"]
SETTINGS: dict[str, list[str]] = {
    "plain: pictures decoded and embedded at each step": [],
    "+ embeddings computed once a picture": USED[:1],
    "+ decoded pictures kept in memory": USED[:2],
    "+ denormals flushed": USED[:3],
    "+ freed memory kept": USED[:4],
    "+ channels-last memory: **what training uses**": USED,
    "that with bfloat16 autocast": [*USED, "bfloat16"],
    "that with torch.compile": [*USED, "compile"],
}
PICTURES = 8


def write_scenes(folder: Path) -> None:
    from mgfusion.images import write_image
    from mgfusion.synthetic.night_street import night_street

    for seed in range(PICTURES):
        scene = night_street(seed)
        for name, picture in (("ir", scene.ir), ("vi", scene.vis)):
            (folder / name).mkdir(exist_ok=True)
            write_image(folder / name / f"{seed}.png", picture)


def measure(folder: Path, recipe: str, steps: int, settings: list[str]) -> str:
    """Median seconds a step, and floating-point operations of one."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from mgfusion.data.crops import Crop, Crops
    from mgfusion.data.decoded_pictures import load_pictures
    from mgfusion.data.pairs import find_pairs
    from mgfusion.engines.tuning import tune_process
    from mgfusion.images import luminance
    from mgfusion.losses import FusionLoss
    from mgfusion.models import load_model
    from mgfusion.training import load_recipe
    from mgfusion.training.prepared_pictures import Prepared, embed_pictures

    torch.manual_seed(0)
    if "flush denormals" in settings:
        os.environ["MGFUSION_ALLOCATOR"] = "keep" if "keep freed memory" in settings else "system"
        tune_process()
    config = load_recipe(recipe)
    model = load_model("mgfusion-base").train()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()
    layout = torch.channels_last if "channels last" in settings else torch.contiguous_format
    model.to(memory_format=layout)  # type: ignore[call-overload]
    pairs = find_pairs(folder)
    pictures = load_pictures(pairs, config.crop)
    embeddings = embed_pictures(model, pictures, Prepared(), standardise=False)
    assert embeddings
    kind = config.loss
    loss = FusionLoss(
        kind.gradient, kind.intensity_weight, kind.structure_weight, kind.edge_weight, kind.perception_weight
    )
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-5)
    crops = Crops(pictures, config.crop, {}, 0)

    known_ir, known_vis = embeddings

    def network(ir: torch.Tensor, vis: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        known = known_ir[index], known_vis[index]
        if "cache embeddings" not in settings:
            whole = [crops.pictures[i] for i in index.tolist()]
            rows = [model.embed(p.ir[None].float() / 255, p.vis[None].float() / 255) for p in whole]
            known = torch.cat([r[0] for r in rows if r]), torch.cat([r[1] for r in rows if r])
        with torch.autocast("cpu", torch.bfloat16, enabled="bfloat16" in settings):
            fused = model(ir, vis, known)
        terms: dict[str, torch.Tensor] = loss(fused.float(), ir, luminance(vis))
        return terms["loss"]

    forward = torch.compile(network) if "compile" in settings else network

    def stacked(samples: list[Crop]) -> tuple[torch.Tensor, torch.Tensor]:
        ir, vis = torch.stack([s.ir for s in samples]), torch.stack([s.vis for s in samples])
        return ir.float() / 255, vis.float() / 255

    def step(number: int) -> None:
        if "cache pictures" not in settings:
            crops.pictures = load_pictures(pairs)
        samples = [crops[number * config.batch + k] for k in range(config.batch)]
        ir, vis = stacked(samples)
        ir, vis = ir.contiguous(memory_format=layout), vis.contiguous(memory_format=layout)
        optimizer.zero_grad()
        forward(ir, vis, torch.tensor([s.picture for s in samples])).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    for number in range(3):
        step(number)
    seconds = []
    for number in range(3, 3 + steps):
        start = time.perf_counter()
        step(number)
        seconds.append(time.perf_counter() - start)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        samples = [crops[k] for k in range(config.batch)]
        model(
            *stacked(samples),
            tuple(e[[s.picture for s in samples]] for e in embeddings),
        )
    flops = 3 * counter.get_total_flops()  # backward: twice forward; the counter errs on grouped convolutions
    return f"{statistics.median(seconds)} {flops} {config.batch}"


def table(recipe: str, steps: int, threads: int) -> str:
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    lines = [
        "| setting | seconds a step | crops a second | of the first row | of peak |",
        "|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        write_scenes(Path(folder))
        peak = float(
            subprocess.run(
                [sys.executable, __file__, "--peak"],
                env=environment,
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        first = 0.0
        for name, settings in SETTINGS.items():
            command = [sys.executable, __file__, "--measure", folder, "--recipe", recipe]
            command += ["--steps", str(steps), "--settings", *settings]
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            if done.returncode:
                error = next(x for x in reversed(done.stderr.splitlines()) if "Error" in x)
                lines.append(f"| {name} | fails: `{error[:90]}` | | | |")
                continue
            seconds, flops, batch = map(float, done.stdout.split())
            first = first or seconds
            lines.append(
                f"| {name} | {seconds:.3f} | {batch / seconds:.1f} | {first / seconds:.2f} x "
                f"| {flops / seconds / peak:.0%} |"
            )
            print(lines[-1], file=sys.stderr, flush=True)
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    lines.append("")
    lines.append(
        f"{processor}, {threads} threads, {peak / 1e9:.0f} GFLOP/s in a plain matrix product (float32); "
        f"recipe `{recipe}`, median of {steps} steps. "
        "Share of peak: the network alone, forward and twice that backward."
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--recipe", default="cpu")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--docs", action="store_true", help="write docs/training_speed.md")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--settings", nargs="*", default=[], help=argparse.SUPPRESS)
    parser.add_argument("--peak", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        print(machine_peaks.matrix_product())
    elif options.measure:
        print(measure(options.measure, options.recipe, options.steps, options.settings))
    else:
        text = table(options.recipe, options.steps, options.threads)
        print(text)
        if options.docs:
            DOCS.write_text(
                f"# Speed of training\n\nWritten by `python scripts/training_speed.py --docs`.\n\n{text}\n"
            )


if __name__ == "__main__":
    main()
