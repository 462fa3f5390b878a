"""Measure videos and write the table of docs/video.md: speed, flicker, latency, and memory over ten minutes.

    python scripts/video_page.py docs/video.md
    python scripts/video_page.py docs/video.md --measure speed     # that alone; the rest as it was measured

What was measured is kept in docs/runs/video.json. Speed is told in frames a second, which asks for a machine
with nothing else to do, and in CPU seconds and products of two 2048x2048 float32 matrices right after it.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from page_marks import fill

RECORD = Path(__file__).parent.parent / "docs/runs/video.json"
MODELS = ("mgfusion-fast", "mgfusion-tiny", "mgfusion-nano")
GROUPS = ("clips", "speed", "flicker", "memory")


def write_clip(path: Path, pictures: Iterator[Any], pixels: str, megabits: float, rate: int = 25) -> None:
    """Pictures (H, W) or (H, W, 3) as H.264 of so many Mbit/s, as cameras send it."""
    import av

    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate)
        stream.bit_rate = round(1e6 * megabits)
        stream.pix_fmt = pixels
        for index, picture in enumerate(pictures):
            if index == 0:
                stream.height, stream.width = picture.shape[:2]
            kind = "rgb24" if picture.ndim == 3 else "gray"
            frame = av.VideoFrame.from_ndarray(picture, kind).reformat(format=pixels)
            frame.pts, frame.time_base = index, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def product() -> float:
    """CPU seconds of one 2048x2048 float32 product on one thread; the best of three."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    a = torch.rand(2048, 2048)
    times = []
    for _ in range(3):
        begun = time.thread_time()
        a @ a
        times.append(time.thread_time() - begun)
    torch.set_num_threads(before)
    return min(times)


def speed(ir: str, vis: str, model: str, precision: str) -> dict[str, float]:
    """From file to file: CPU seconds a frame, decoding and encoding included, after a warm-up."""
    from mgfusion import VideoFuser, tune_process
    from mgfusion.video.file_fusion import fuse_video_files
    from mgfusion.video.paired_streams import open_streams

    tune_process()
    with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:

        def once(name: str) -> tuple[float, float, int]:
            fuser = VideoFuser(model, precision=precision)
            cpu, wall = time.process_time(), time.perf_counter()
            done = fuse_video_files(open_streams(ir, vis), Path(folder) / name, fuser)
            return time.process_time() - cpu, time.perf_counter() - wall, done.frames

        once("warm.mp4")
        cpu, wall, frames = once("out.mp4")
    return {"cpu": cpu / frames, "wall": wall / frames, "product": product()}


def parts(ir: str, vis: str, model: str, precision: str) -> dict[str, float]:
    """CPU milliseconds a frame of each step, one after another; decoders' and encoders' threads included."""
    import av
    import torch

    from mgfusion import VideoFuser, tune_process
    from mgfusion.video.encoding import FrameEncoder, choose_encoding
    from mgfusion.video.fused_planes import with_luminance
    from mgfusion.video.fused_stream import prepare_pair
    from mgfusion.video.paired_streams import open_streams

    tune_process()
    torch.set_num_threads(1)
    begun = time.process_time()
    pairs = list(open_streams(ir, vis).pairs())
    decoding = time.process_time() - begun
    spent = dict.fromkeys(("prepare", "network", "blend", "colour"), 0.0)

    def timed(name: str, work: Callable[..., Any], *given: Any) -> Any:
        begun = time.thread_time()
        made = work(*given)
        spent[name] += time.thread_time() - begun
        return made

    fuser = VideoFuser(model, precision=precision)

    def frame_of(pair: Any) -> Any:
        prepared = timed("prepare", prepare_pair, fuser, *pair)
        fused = timed("network", fuser.fuse_prepared, prepared)
        return timed("colour", with_luminance, pair[1], timed("blend", fuser.finish, prepared, fused))

    with tempfile.TemporaryDirectory() as folder, av.open(f"{folder}/out.mkv", "w") as out:
        rate = Fraction(25)
        warm = [frame_of(pair) for pair in pairs[:3]]  # the first calls prepare themselves
        encoding = choose_encoding(Path("out.mkv"), warm[0], time_base=1 / rate, rate=rate)
        encoder = FrameEncoder(out, encoding)
        spent = dict.fromkeys(spent, 0.0)
        begun = time.process_time()
        for pair in pairs[3:]:
            encoder.add(frame_of(pair), pair[1].time)
        encoder.finish()
        spent["encode"] = time.process_time() - begun - sum(spent.values())
    count = len(pairs) - 3
    return {
        "decode": 1000 * decoding / len(pairs),
        **{name: 1000 * seconds / count for name, seconds in spent.items()},
    }


def flicker_of(frames: int, height: int, width: int, model: str) -> dict[str, float]:
    """Of the night street in motion in counts, with a gain jump and a lost frame: per frame, and steady."""
    import numpy as np

    from mgfusion import VideoFuser
    from mgfusion.metrics.temporal import FlickerMeter
    from mgfusion.synthetic.street_in_motion import COUNTS, street_in_motion

    found = {}
    fusers = {name: VideoFuser(model, gray=True, steady=name == "steady") for name in ("frame", "steady")}
    meters = {(name, block): FlickerMeter(block) for name in fusers for block in (1, 16)}
    street = street_in_motion(
        frames, 0, height, width, counts=True, gain_jump=frames // 2, dropped=(frames // 4,)
    )
    for pair in street:
        ir = np.clip((pair.ir.astype(float) - COUNTS[0]) / (COUNTS[1] - COUNTS[0]), 0, 1)
        for name, fuser in fusers.items():
            fused = fuser(pair.ir, pair.vis, pair.time)
            for block in (1, 16):
                meters[name, block].add(fused, ir, pair.vis)
    for (name, block), meter in meters.items():
        found[f"{name}{block}"] = meter.result().ratio
    return found


def latency(ir: str, vis: str, model: str, precision: str) -> dict[str, float]:
    """Live from file to file at their own pace: frames a second, middle and worst latency."""
    import threading

    from mgfusion import VideoFuser, tune_process
    from mgfusion.video.live_fusion import LiveFusion
    from mgfusion.video.live_outputs import FileOutput, NewestFirst
    from mgfusion.video.live_sources import live_source

    tune_process()
    arrived = threading.Condition()
    sources = [live_source(name, report=print, arrived=arrived) for name in (ir, vis)]
    fuser = VideoFuser(model, precision=precision)
    with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:
        run: LiveFusion
        output = NewestFirst(FileOutput(Path(folder) / "out.mkv", True, None, None), lambda at: run.shown(at))
        run = LiveFusion(sources[0], sources[1], fuser, arrived, output.put)
        run.start()
        numbers = run.numbers()
        while run.running:
            time.sleep(0.2)
            numbers = run.numbers() if run.numbers().frames_a_second else numbers
        run.stop()
        output.close()
    return {
        "fps": numbers.frames_a_second, "latency": numbers.latency, "worst": numbers.worst,
        "fused": numbers.fused, "dropped": numbers.dropped,
    }  # fmt: skip


def memory(ir: str, vis: str, model: str, minutes: float) -> dict[str, float]:
    """Largest memory of a run after its first minute, and at its end."""
    from mgfusion import VideoFuser, tune_process
    from mgfusion.video.file_fusion import fuse_video_files
    from mgfusion.video.paired_streams import open_streams

    tune_process()
    peaks: dict[str, float] = {}

    def peak() -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def progress(done: float, total: float | None, frames: int) -> None:
        if done >= minutes * 6 and "early" not in peaks:
            peaks["early"] = peak()

    with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:
        done = fuse_video_files(
            open_streams(ir, vis), Path(folder) / "out.mp4", VideoFuser(model), progress=progress
        )
    return {**peaks, "end": peak(), "frames": done.frames}


def in_fresh_process(function: str, **task: Any) -> dict[str, float]:
    """A function of this file, called in a process of its own."""
    words = [sys.executable, __file__, "--probe", json.dumps([function, task])]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def write_clips(folder: Path, frames: int, size: tuple[int, int], megabits: float) -> dict[str, str]:
    """ir.mp4 and vis.mp4 of the night street in motion, unless they are there."""
    from mgfusion.synthetic.street_in_motion import street_in_motion

    folder.mkdir(parents=True, exist_ok=True)
    paths = {side: folder / f"{side}_{size[0]}x{size[1]}_{frames}_{megabits:g}.mp4" for side in ("ir", "vis")}
    if not all(path.exists() for path in paths.values()):
        street = list(street_in_motion(frames, 0, size[1], size[0]))
        for side, path in paths.items():
            write_clip(path, (getattr(pair, side) for pair in street), "yuv420p", megabits)
    return {side: str(path) for side, path in paths.items()}


def measure_speed(clips: dict[str, str], options: argparse.Namespace) -> dict[str, Any]:
    """From file to file, live, and step by step, for each model and precision."""
    rows = []
    for model in MODELS:
        for precision in ("float32", "bfloat16"):
            task = {**clips, "model": model, "precision": precision}
            rows.append(
                {
                    "model": model,
                    "precision": precision,
                    **in_fresh_process("speed", **task),
                    **in_fresh_process("latency", **task),
                }
            )
    steps = {m: in_fresh_process("parts", **clips, model=m, precision="bfloat16") for m in MODELS}
    rates = [8e-6 * Path(clip).stat().st_size * 25 / options.frames for clip in clips.values()]
    return {
        "size": options.size, "frames": options.frames, "rows": rows, "steps": steps,
        "ir_rate": rates[0], "vis_rate": rates[1],
    }  # fmt: skip


def measure_flicker(options: argparse.Namespace) -> dict[str, Any]:
    """Of each model, fused frame by frame and steadily."""
    width, height = map(int, options.flicker_size.split("x"))
    task = {"frames": options.flicker_frames, "height": height, "width": width}
    ratios = {model: in_fresh_process("flicker_of", **task, model=model) for model in MODELS}
    return {"size": options.flicker_size, "frames": options.flicker_frames, "ratios": ratios}


def measure_memory(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Over a long file: one second of the street again and again."""
    width, height = map(int, options.memory_size.split("x"))
    from mgfusion.synthetic.street_in_motion import street_in_motion

    second = list(street_in_motion(25, 0, height, width))
    count = round(options.minutes * 60 * 25)
    clips = {side: str(folder / f"{side}_long.mp4") for side in ("ir", "vis")}
    for side, path in clips.items():
        write_clip(
            Path(path), (getattr(second[i % 25], side) for i in range(count)), "yuv420p", options.megabits
        )
    held = in_fresh_process("memory", **clips, model=options.memory_model, minutes=options.minutes)
    return {"size": options.memory_size, "minutes": options.minutes, "model": options.memory_model, **held}


SPEED = """Speed: `python scripts/video_page.py docs/video.md --measure speed` on {machine}, two cores with nothing else to do, PyTorch {torch}. The night street
in motion, {size}, {frames} frames of H.264 at 25 a second ({ir_rate:.1f} and {vis_rate:.1f} Mbit/s), from file to file in H.264, decoding and encoding included; live, the files play at their own pace
of 25 frames a second.

| model | precision | frames a second | CPU s a frame | in products | live: frames fused, dropped | latency ms, middle (worst) |
|---|---|---|---|---|---|---|
{rows}

Products are of two 2048x2048 float32 matrices on one thread, right after. Where the time goes, CPU milliseconds a frame with one thread, in bfloat16; side by
side the steps cost more, since two threads share caches and memory:

| model | {step_names} |
|---|{step_line}
{steps}
"""  # noqa: E501
FLICKER = """
Flicker and pumping, see [metrics](metrics.md#over-time), as ratios to the larger of the sources', on {frames} frames of {size} in 16-bit counts with a jump of
the camera's gain and a lost frame; at most 1.05 is asked for:

| model | flicker, each frame alone | flicker, steady | pumping, each frame alone | pumping, steady |
|---|---|---|---|---|
{rows}
"""  # noqa: E501
MEMORY = """
Memory over {minutes:g} minutes ({frames:.0f} frames of {size}, {model}): {early:.0f} MiB at most in the first tenth, {end:.0f} MiB in all.
"""  # noqa: E501


def page_of(record: dict[str, Any]) -> str:
    """The measured section."""
    speed = record["speed"]
    rows = "\n".join(
        f"| {row['model']} | {row['precision']} | {1 / row['wall']:.1f} | {row['cpu']:.3f} "
        f"| {row['cpu'] / row['product']:.2f} | {row['fused']}, {row['dropped']} "
        f"| {1000 * row['latency']:.0f} ({1000 * row['worst']:.0f}) |"
        for row in speed["rows"]
    )
    names = list(next(iter(speed["steps"].values())))
    steps = "\n".join(
        f"| {model} | {' | '.join(f'{spent[name]:.1f}' for name in names)} |"
        for model, spent in speed["steps"].items()
    )
    ratios = "\n".join(
        f"| {model} | {r['frame1']:.2f} | {r['steady1']:.2f} | {r['frame16']:.2f} | {r['steady16']:.2f} |"
        for model, r in record["flicker"]["ratios"].items()
    )
    return (
        SPEED.format(
            **{key: speed[key] for key in ("machine", "torch", "size", "frames", "ir_rate", "vis_rate")},
            rows=rows, steps=steps, step_names=" | ".join(names), step_line="---|" * len(names),
        )
        + FLICKER.format(**{key: record["flicker"][key] for key in ("frames", "size")}, rows=ratios)
        + MEMORY.format(**{"early": record["memory"]["end"], **record["memory"]})
    )  # fmt: skip


def main() -> None:
    """Measure what is asked for, keep it, and put the table between the marks of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", nargs="?", type=Path)
    parser.add_argument("--probe")
    parser.add_argument("--measure", default=",".join(GROUPS), help="Some of clips,speed,flicker,memory.")
    parser.add_argument("--record", type=Path, default=RECORD)
    parser.add_argument("--clips", type=Path, help="Folder that the clips of speed are kept in.")
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--megabits", type=float, default=2.0, help="A second, of each clip.")
    parser.add_argument("--flicker-frames", type=int, default=40)
    parser.add_argument("--flicker-size", default="320x240")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--memory-size", default="320x240")
    parser.add_argument("--memory-model", default="mgfusion-nano")
    options = parser.parse_args()
    if options.probe:
        function, task = json.loads(options.probe)
        print(json.dumps(globals()[function](**task)))
        return
    import torch

    from mgfusion.benchmark.run.machine import environment

    groups = options.measure.split(",")
    if unknown := sorted(set(groups) - set(GROUPS)):
        parser.error(f"--measure {unknown[0]}: give some of {','.join(GROUPS)}")
    record = json.loads(options.record.read_text()) if options.record.exists() else {}
    with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:
        kept = options.clips or Path(folder)
        if "clips" in groups or "speed" in groups:
            width, height = map(int, options.size.split("x"))
            clips = write_clips(kept, options.frames, (width, height), options.megabits)
        if "speed" in groups:
            record["speed"] = {
                "machine": environment(1)["processor"],
                "torch": torch.__version__,
                **measure_speed(clips, options),
            }
        if "flicker" in groups:
            record["flicker"] = measure_flicker(options)
        if "memory" in groups:
            record["memory"] = measure_memory(Path(folder), options)
    options.record.write_text(json.dumps(record, indent=1) + "\n")
    if not {"speed", "flicker", "memory"} <= set(record):
        return
    text = page_of(record)
    if options.page is None:
        print(text)
        return
    fill(options.page, "measured", text)


if __name__ == "__main__":
    main()
