"""What a worker process does with a job: fuses, shows, aligns or scores pictures."""

import io
import math
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from mgfusion.service.refusals import NotAPictureError, check_pixels
from mgfusion.service.worker_jobs import AlignJob, Done, EvaluateJob, FuseJob, Job, ViewJob, WarmJob

if TYPE_CHECKING:
    from mgfusion.images import Array
    from mgfusion.registration import Alignment
    from mgfusion.thermal import Thermal

_READABLE = "PNG, JPEG, TIFF, BMP, WebP, PGM/PPM, JPEG 2000 or GIF"


def start_worker(pixels: int, threads: int) -> None:
    """Make a fresh process ready: fast, deaf to an interrupt of its parent, and bounded in what it decodes.

    Args:
        pixels: the most that a picture may have; pictures inside of pictures, too.
        threads: how many the network may use.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the service ends its workers itself, when all is answered
    os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(pixels)
    import torch

    from mgfusion.engines.tuning import tune_process

    torch.set_num_threads(threads)
    tune_process()


def run_job(job: Job, pixels: int) -> Done:
    """Do a job in a worker process.

    Raises:
        MGFusionError: the request can't be answered as it is.
    """
    if isinstance(job, WarmJob):
        return _warm(job)
    pair = job.fuse if isinstance(job, ViewJob) else job
    uploads = {"ir": pair.ir, "vis": pair.vis, "fused": getattr(pair, "fused", None)}
    for name, data in uploads.items():
        if data is not None:
            _check_head(name, data, pixels)
    if isinstance(job, ViewJob):
        return _view(job)
    if isinstance(job, AlignJob):
        return _align(job)
    return _fuse(job) if isinstance(job, FuseJob) else _evaluate(job)


def job_function(pixels: int) -> "partial[Done]":
    """:func:`run_job` with its bound, for processes."""
    return partial(run_job, pixels=pixels)


def _check_head(name: str, data: bytes, pixels: int) -> None:
    """Refuse what is no picture, or a huge one, by its first bytes: nothing is decoded yet."""
    from PIL import Image

    from mgfusion.images.reading import picture_size

    Image.MAX_IMAGE_PIXELS = None  # the size is wanted of huge ones, too
    size = picture_size(data)
    Image.MAX_IMAGE_PIXELS = pixels // 2  # Pillow refuses twice as many; also those inside of other files
    if size is None:
        got = f"{len(data)} bytes that are no picture" if data else "an empty file"
        raise NotAPictureError(f"{name}: got {got} that can be read here; give {_READABLE}")
    check_pixels(name, size, pixels)


class _Upload(io.BytesIO):
    """An upload, which messages call by its field's name."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


def _fuse(job: FuseJob) -> Done:
    ir: Any = _Upload(job.ir, "ir")
    vis: Any = None if job.vis is None else _Upload(job.vis, "vis")
    options = _parsed(job.options)
    if job.points is not None:
        ir, vis, options["align"] = _placed_by_points(ir, vis, job.points)
    return _fused(ir, vis, job.ending, options)[0]


def _placed_by_points(ir: _Upload, vis: _Upload, points: bytes) -> "tuple[Thermal, Array, Alignment]":
    """A pair opened, and how its pictures lie by the table, whose column ``pair`` may say ir or vis."""
    from mgfusion.images import read_image
    from mgfusion.registration.control_points import parse_points
    from mgfusion.thermal import read_thermal

    table = parse_points(points, "points", "ir", "vis")
    opened, shown = read_thermal(ir), read_image(vis)
    (ir_height, ir_width), (height, width) = opened.array.shape[:2], shown.shape[:2]
    return opened, shown, table.alignment((ir_width, ir_height), (width, height))


def _fused(ir: Any, vis: Any, ending: str, options: dict[str, Any]) -> "tuple[Done, Array]":
    """The answer, and the picture in it."""
    from mgfusion.images.writing import encode_image
    from mgfusion.inference.fuser import Fuser

    start = time.perf_counter()
    fuser = Fuser(**options)
    loaded = time.perf_counter()
    fused = fuser(ir, vis)
    done = time.perf_counter()
    data = encode_image(fused, ending)
    seconds = {"load": loaded - start, "fuse": done - loaded, "encode": time.perf_counter() - done}
    return Done(data, size=(fused.shape[1], fused.shape[0]), seconds=seconds), fused


def _view(job: ViewJob) -> Done:
    from mgfusion.images import read_image, unit_luminance
    from mgfusion.inference.picture_kinds import infrared_batch, opened_infrared
    from mgfusion.inference.radiometric_scene import radiometric_alignment
    from mgfusion.metrics import Triple, evaluate_triple
    from mgfusion.service.picture_views import SHOWN_METRICS, extremes, open_sources, views
    from mgfusion.service.placements import find_placement, placement_views

    start = time.perf_counter()
    pair, options = job.fuse, _parsed(job.fuse.options)
    opened = opened_infrared(_Upload(pair.ir, "ir"))
    vis = None if pair.vis is None else read_image(_Upload(pair.vis, "vis"))
    about: dict[str, Any] = {}
    if vis is None:  # once, for the picture and for what is shown of it
        options["align"] = radiometric_alignment(opened, "ir", options.get("align"))
    else:
        own = infrared_batch(opened, options["ir_range"], invert=options.get("invert", False), name="ir")
        placement = find_placement(own, vis, options.get("align"), job.by_hand, job.known)
        if placement is not None:
            about = {"placement": placement, "placement_views": placement_views(own[0, 0].numpy(), vis)}
            options["align"] = placement.alignment
            if not placement.usable:
                return Done(size=placement.alignment.vis_size, **about)
    laid = time.perf_counter()
    done, fused = _fused(opened, vis, pair.ending, options)
    made = time.perf_counter()
    sources = open_sources(opened, vis, options)
    triple = Triple(unit_luminance(fused), sources.ir, unit_luminance(sources.vis))
    found = evaluate_triple(triple, SHOWN_METRICS)
    scored = time.perf_counter()
    shown = views(sources, fused)
    return replace(
        done,
        views=shown,
        degrees={} if sources.celsius is None else extremes(sources.celsius),
        scores=_answered(found),
        seconds={
            "open": laid - start,
            **done.seconds,
            "score": scored - made,
            "show": time.perf_counter() - scored,
        },
        **about,
    )


def _parsed(options: dict[str, Any]) -> dict[str, Any]:
    from mgfusion.thermal import parse_ir_range

    return {**options, "ir_range": parse_ir_range(options.get("ir_range", "auto"))}


def _answered(scores: Mapping[str, float]) -> dict[str, float | None]:
    """Scores as JSON can say them."""
    return {name: value if math.isfinite(value) else None for name, value in scores.items()}


def _evaluate(job: EvaluateJob) -> Done:
    from mgfusion.data.opened_pair import decode_pair, luminance_of
    from mgfusion.evaluation.score_files import checked_triple
    from mgfusion.images.reading import decode_image
    from mgfusion.metrics import evaluate_triple, select, with_weights
    from mgfusion.thermal import parse_ir_range

    start = time.perf_counter()
    names = with_weights(select(job.metrics, job.convention))
    pair = decode_pair(job.ir, job.vis, parse_ir_range(job.ir_range))
    fused = luminance_of(decode_image(job.fused, "fused"), "fused", job.fused)
    triple = checked_triple(fused, pair)
    opened = time.perf_counter()
    found = evaluate_triple(triple, names, job.convention)
    seconds = {"decode": opened - start, "score": time.perf_counter() - opened}
    return Done(scores=_answered(found), size=(fused.shape[1], fused.shape[0]), seconds=seconds)


def _align(job: AlignJob) -> Done:
    from mgfusion.registration import align
    from mgfusion.registration.alignment import check_model

    start = time.perf_counter()
    pair = _Upload(job.ir, "ir"), _Upload(job.vis, "vis")
    if job.points is None:
        found = align(*pair, check_model(job.model))
    else:
        found = _placed_by_points(*pair, job.points)[2]
    about = {
        "matrix": found.matrix.tolist(),
        "confidence": float(found.confidence),
        "trusted": bool(found.trusted),
        "ir_size": [int(side) for side in found.ir_size],
        "vis_size": [int(side) for side in found.vis_size],
    }
    seconds = {"align": time.perf_counter() - start}
    return Done(alignment=about, size=(about["vis_size"][0], about["vis_size"][1]), seconds=seconds)


def _warm(job: WarmJob) -> Done:
    from mgfusion.images.writing import encode_image
    from mgfusion.synthetic.night_street import night_street

    scene = night_street(0, 64, 64)
    pair = encode_image(scene.ir, ".png"), encode_image(scene.vis, ".png")
    fuse = FuseJob(*pair, ".png", {"model": job.model, "device": job.device})
    return _view(ViewJob(fuse)) if job.views else _fuse(fuse)
