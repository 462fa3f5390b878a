"""A stream of pairs through the network: read ahead, several frames at once, out again in order of time."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgfusion.images import Array, FloatArray, to_tensor
from mgfusion.video.frame_building import rgb_of
from mgfusion.video.frame_planes import Frame, Levels
from mgfusion.video.fused_planes import with_luminance, with_palette
from mgfusion.video.running_ahead import ahead
from mgfusion.video.time_pairing import Pair
from mgfusion.video.video_fuser import Prepared, VideoFuser

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Checkpoint:
    """Between two frames: all before it are out; going on from its state gives the same after it."""

    state: dict[str, Array]


def infrared_of(frame: Frame) -> Array:
    """A frame as infrared: 8 bits in full range, counts in the full range of 16 bits, or floats.

    What has colour comes as RGB, since a palette's luminance says little of temperatures.
    Grey streams deeper than 8 bits hold counts; luminance with colour of 10 bits is a picture, so it comes as
    floats in [0, 1], which are never stretched.
    """
    levels, y = frame.levels, frame.y
    if frame.chroma is not None and _is_coloured(frame.chroma, levels):
        return rgb_of(frame)
    if y.dtype.kind == "f" or (levels.full and levels.bits in (8, 16)):
        return y
    if levels.bits == 8 or frame.chroma is not None:
        return levels.to_unit(y)
    import numpy as np

    counts: Array = (levels.to_unit(y) * np.float32(65535) + np.float32(0.5)).astype(np.uint16)
    return counts


def _is_coloured(chroma: tuple[Array, Array], levels: Levels) -> bool:
    """Whether one in a thousand pixels is further from grey than what encoders leave of it."""
    import numpy as np

    far = [abs(plane[::4, ::4].astype(np.int32) - levels.grey) > levels.reach // 32 for plane in chroma]
    return bool((far[0] | far[1]).mean() > 0.001)


def prepare_pair(fuser: VideoFuser, ir: Frame, vis: Frame) -> Prepared:
    """:meth:`VideoFuser.prepare` for frames of streams; RGB is made only where the network sees it."""

    def rgb() -> "Tensor":
        return to_tensor(rgb_of(vis))

    y = vis.y if vis.y.dtype.kind == "f" else vis.levels.to_unit(vis.y)
    return fuser.prepare(infrared_of(ir), y, rgb, float(vis.time))


def finish_frame(fuser: VideoFuser, vis: Frame, prepared: Prepared, fused: FloatArray) -> Frame:
    """:meth:`VideoFuser.finish`, and its picture as a frame like ``vis``, in the colours asked for."""
    return _drawn(fuser, vis, prepared, fuser.finish(prepared, fused))


def _drawn(fuser: VideoFuser, vis: Frame, prepared: Prepared, shown: FloatArray) -> Frame:
    """Remembers nothing: threads may share it."""
    palette = fuser.fuser.palette
    if palette is None:
        return with_luminance(vis, shown, fuser.fuser.gray)
    return with_palette(vis, prepared.in_palette(shown, palette))


def fused_stream(
    pairs: Iterator[Pair],
    fuser: VideoFuser,
    *,
    workers: int | None = None,
    checkpoint_before: Callable[[Frame], bool] | None = None,
) -> Generator[Frame | Checkpoint]:
    """The fused frames, each the visible one with its luminance replaced, or in a palette's colours.

    Reading, what must go in order of time, and what need not have threads of their own, each with one of
    PyTorch's: those that wait for each other would keep the cores from the others.

    Args:
        pairs: in order of time.
        fuser: one VideoFuser, used by nobody else meanwhile.
        workers: frames in the network at once, each on its share of PyTorch's threads; by default as many as
            there are threads and memory for, on a GPU one. A thread of its own for each frame keeps a core
            busier than a frame spread over all cores.
        checkpoint_before: asked for each visible frame whether a :class:`Checkpoint` goes before it.
    """
    import torch

    return ahead(_in_order(pairs, fuser, workers, checkpoint_before, torch.get_num_threads()))


def _in_order(
    pairs: Iterator[Pair],
    fuser: VideoFuser,
    workers: int | None,
    checkpoint_before: Callable[[Frame], bool] | None,
    threads: int,
) -> Generator[Frame | Checkpoint]:
    import torch

    reading = ahead(pairs)
    pool: ThreadPoolExecutor | None = None
    in_network: deque[tuple[Frame, Prepared, Future[FloatArray]]] = deque()
    drawing: deque[Future[Frame]] = deque()

    def draw_oldest(pool: ThreadPoolExecutor) -> None:
        vis, prepared, coming = in_network.popleft()
        shown = fuser.finish(prepared, coming.result())
        drawing.append(pool.submit(_drawn, fuser, vis, prepared, shown))

    def rest(pool: ThreadPoolExecutor) -> Iterator[Frame]:
        while in_network:
            draw_oldest(pool)
        while drawing:
            yield drawing.popleft().result()

    try:
        torch.set_num_threads(1)
        for ir, vis in reading:
            if pool is None:
                if workers is None:
                    at_once = fuser.fuser.at_once(vis.y.size)
                    workers = min(threads, at_once) if fuser.fuser.device.type == "cpu" else 1
                pool = ThreadPoolExecutor(
                    workers, "mgfusion-fuse", initializer=_start, initargs=(max(1, threads // workers),)
                )
            if checkpoint_before is not None and checkpoint_before(vis):
                yield from rest(pool)
                yield Checkpoint(fuser.state())
            prepared = prepare_pair(fuser, ir, vis)
            in_network.append((vis, prepared, pool.submit(fuser.fuse_prepared, prepared)))
            if len(in_network) > (workers or 1):
                draw_oldest(pool)
            if len(drawing) > 1:
                yield drawing.popleft().result()
        if pool is not None:
            yield from rest(pool)
    finally:
        reading.close()
        if pool is not None:
            pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # what was set last in any thread is what new ones begin with


def _start(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # holds for one thread alone
