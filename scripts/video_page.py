"""Measure videos and write the table of docs/video.md: speed, flicker, latency, and memory over ten minutes.

    python scripts/video_page.py docs/video.md

Speed is told in CPU seconds, and in products of two 2048x2048 float32 matrices on one thread right after
it, since others may use the cores meanwhile; --frames and --minutes make it shorter.
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

SHARED = "which others used meanwhile: trust CPU seconds, not frames a second as it ran"
START, END = "<!-- measured -->", "<!-- /measured -->"
MODELS = (("mgfusion-fast", "float32"), ("mgfusion-fast", "bfloat16"), ("mgfusion-tiny", "float32"),
          ("mgfusion-tiny", "bfloat16"))  # fmt: skip


def write_clip(path: Path, pictures: Iterator[Any], pixels: str, rate: int = 25) -> None:
    """Pictures (H, W) or (H, W, 3) as H.264."""
    import av

    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate, options={"preset": "superfast", "crf": "16"})
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
    """CPU milliseconds a frame of each step, one after another on one thread."""
    import av
    import torch

    from mgfusion import VideoFuser, tune_process
    from mgfusion.video.encoding import FrameEncoder, choose_encoding
    from mgfusion.video.fused_planes import with_luminance
    from mgfusion.video.fused_stream import prepare_pair
    from mgfusion.video.paired_streams import open_streams

    tune_process()
    torch.set_num_threads(1)
    spent = dict.fromkeys(("decode", "prepare", "network", "blend", "colour", "encode"), 0.0)

    def timed(name: str, work: Callable[..., Any], *given: Any) -> Any:
        begun = time.process_time()
        made = work(*given)
        spent[name] += time.process_time() - begun
        return made

    fuser, count = VideoFuser(model, precision=precision), 0
    pairs = open_streams(ir, vis).pairs()
    with tempfile.TemporaryDirectory() as folder, av.open(f"{folder}/out.mkv", "w") as out:
        encoder: FrameEncoder | None = None
        while (pair := timed("decode", next, pairs, None)) is not None:
            prepared = timed("prepare", prepare_pair, fuser, *pair)
            fused = timed("network", fuser.fuse_prepared, prepared)
            shown = timed("blend", fuser.finish, prepared, fused)
            frame = timed("colour", with_luminance, pair[1], shown)
            if encoder is None:
                encoding = choose_encoding(
                    Path("out.mkv"), frame, time_base=Fraction(1, 25), rate=Fraction(25)
                )
                encoder = FrameEncoder(out, encoding)
                spent["network"] = 0.0  # the first call prepares itself
                continue
            timed("encode", encoder.add, frame, frame.time)
            count += 1
    return {name: 1000 * seconds / max(1, count) for name, seconds in spent.items()}


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


PAGE = """Written by `{command}`; {machine}, two cores, {shared}; PyTorch {torch}. The clip is the night street in motion, {size}, H.264
at 25 frames a second, {frames} frames, to H.264.

| model | precision | CPU s a frame | in products | frames a second that two cores have time for | frames a second, as it ran | live: latency ms (worst) | live: frames a second | flicker, per frame | flicker, steady | pumping, per frame | pumping, steady |
|---|---|---|---|---|---|---|---|---|---|---|---|
{rows}

Products are of two 2048x2048 float32 matrices on one thread of the same process. Flicker and pumping are ratios to the larger of the
sources', on {flicker_frames} frames of {flicker_size} in 16-bit counts with a gain jump and a lost frame; at most 1.05 is asked for.

| step, CPU ms a frame, one thread, {step_model} | {step_names} |
|---|{step_line}
| | {step_values} |

Memory over {minutes:g} minutes ({memory_frames:.0f} frames of {memory_size}, mgfusion-tiny): {early:.0f} MiB at most in the first tenth, {end:.0f} MiB in all.
"""  # noqa: E501


def main() -> None:
    """Measure, and put the table between the marks of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", nargs="?", type=Path)
    parser.add_argument("--probe")
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--flicker-frames", type=int, default=40)
    parser.add_argument("--flicker-size", default="320x240")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--memory-size", default="640x480")
    parser.add_argument("--shared", action="store_true", help="Say that others used the cores meanwhile.")
    options = parser.parse_args()
    if options.probe:
        function, task = json.loads(options.probe)
        print(json.dumps(globals()[function](**task)))
        return
    import torch

    from mgfusion.benchmark.run.machine import environment
    from mgfusion.synthetic.street_in_motion import street_in_motion

    width, height = map(int, options.size.split("x"))
    flicker_width, flicker_height = map(int, options.flicker_size.split("x"))
    with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:
        ir, vis = (str(Path(folder) / f"{name}.mp4") for name in ("ir", "vis"))
        street = list(street_in_motion(options.frames, 0, height, width))
        write_clip(Path(ir), (pair.ir for pair in street), "yuv420p")
        write_clip(Path(vis), (pair.vis for pair in street), "yuv420p")
        clips = {"ir": ir, "vis": vis}
        ratios = {
            model: in_fresh_process(
                "flicker_of",
                frames=options.flicker_frames,
                height=flicker_height,
                width=flicker_width,
                model=model,
            )
            for model in dict.fromkeys(model for model, _ in MODELS)
        }
        rows = []
        for model, precision in MODELS:
            got = in_fresh_process("speed", **clips, model=model, precision=precision)
            live = in_fresh_process("latency", **clips, model=model, precision=precision)
            ratio = ratios[model]
            rows.append(
                f"| {model} | {precision} | {got['cpu']:.4f} | {got['cpu'] / got['product']:.2f} "
                f"| {2 / got['cpu']:.0f} | {1 / got['wall']:.1f} "
                f"| {1000 * live['latency']:.0f} ({1000 * live['worst']:.0f}) "
                f"| {live['fps']:.1f} | {ratio['frame1']:.2f} | {ratio['steady1']:.2f} "
                f"| {ratio['frame16']:.2f} | {ratio['steady16']:.2f} |"
            )
        steps = in_fresh_process("parts", **clips, model="mgfusion-fast", precision="bfloat16")
        memory_width, memory_height = map(int, options.memory_size.split("x"))
        small = list(street_in_motion(25, 0, memory_height, memory_width))
        count = round(options.minutes * 60 * 25)
        for path, side in ((ir, "ir"), (vis, "vis")):
            write_clip(Path(path), (getattr(small[i % 25], side) for i in range(count)), "yuv420p")
        held = in_fresh_process("memory", **clips, model="mgfusion-tiny", minutes=options.minutes)
    text = PAGE.format(
        command=" ".join(["python scripts/video_page.py", *sys.argv[1:]]),
        machine=environment(1)["processor"],
        shared=SHARED if options.shared else "idle",
        torch=torch.__version__, size=options.size, frames=options.frames, rows="\n".join(rows),
        flicker_frames=options.flicker_frames, flicker_size=options.flicker_size,
        step_model="mgfusion-fast in bfloat16", step_names=" | ".join(steps),
        step_line="---|" * len(steps), step_values=" | ".join(f"{value:.1f}" for value in steps.values()),
        minutes=options.minutes, memory_frames=held["frames"], memory_size=options.memory_size,
        early=held.get("early", held["end"]), end=held["end"],
    )  # fmt: skip
    if options.page is None:
        print(text)
        return
    page = options.page.read_text()
    before, after = page.partition(START)[0], page.partition(END)[2]
    options.page.write_text(f"{before}{START}\n{text}{END}{after}")


if __name__ == "__main__":
    main()
