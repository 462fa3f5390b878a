"""How steady a fused video is where nothing moves: a family of its own, over frames, not pictures."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from mgfusion.errors import ImageError, OptionError
from mgfusion.metrics.picture import as_luminance

Plane = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_SMOOTH = 2.0  # sigma, pixels: noise is no motion
_LEAST_MOTION = 2.0  # grey levels of a smoothed picture
_BEYOND_NOISE = 4.0  # standard deviations of what is left of the noise
_NEAR_MOTION = 7  # pixels around motion that a fused picture may change with it
_NOT_CLIPPED = (3.0, 252.0)  # levels between which a camera's gain shows as a straight line


@dataclass(frozen=True)
class Flicker:
    """Root of the mean squared change from frame to frame, in grey levels 0..255, where no source moves."""

    fused: float
    ir: float
    vis: float
    still: float
    """The share of all pixels that was compared."""
    frames: int

    @property
    def ratio(self) -> float:
        """Of the fused video's to the larger of its sources': at most 1 where fusing adds none."""
        return self.fused / max(self.ir, self.vis) if max(self.ir, self.vis) > 0 else float("nan")


class FlickerMeter:
    """Add the frames of a video one after another; memory is that of two frames.

    A pixel is still between two frames where in neither source, smoothed (Gaussian, sigma 2), it changes by
    more than noise does, nor does any pixel within 7. A straight-line change of brightness of the whole
    source (automatic gain or exposure) is no motion: it is taken out before that is decided, but not from
    what is measured, so it counts as the flicker that it is.

    Args:
        block: changes are averaged over blocks of so many pixels' side first: 1 counts noise too, 16 is the
            pumping of brightness alone. Blocks that are not wholly still are left out.

    Raises:
        OptionError: a block below 1.
    """

    def __init__(self, block: int = 1) -> None:
        if block < 1:
            raise OptionError(f"block {block}: give 1 pixel or more")
        self._block = block
        self._before: tuple[Plane, ...] | None = None
        self._sums, self._compared, self._seen, self._frames = np.zeros(3), 0, 0, 0

    def add(self, fused: ArrayLike, ir: ArrayLike, vis: ArrayLike) -> None:
        """Args:
            fused, ir, vis: as for :func:`mgfusion.evaluate_pair`, one size for all frames.

        Raises:
            ImageError: sizes differ, from each other or from the frame before; a dtype or values that are
                none of a picture.
        """
        named = (("fused", fused), ("ir", ir), ("vis", vis))
        now = tuple(as_luminance(picture, f"{name}, frame {self._frames + 1}") for name, picture in named)
        before = self._before
        sizes = {plane.shape for plane in (*now, *(before or ()))}
        if len(sizes) > 1:
            raise ImageError(f"frame {self._frames + 1}: sizes {sorted(sizes)}; give frames of one size")
        self._before, self._frames = now, self._frames + 1
        if before is None:
            return
        moving = _moves(before[1], now[1]) | _moves(before[2], now[2])
        still = ~moving
        changes = [after - earlier for earlier, after in zip(before, now, strict=True)]
        if self._block > 1:
            whole = _blocks(still.astype(np.float64), self._block) == 1
            changes, still = [_blocks(change, self._block) for change in changes], whole
        self._sums += [float(np.square(change[still]).sum()) for change in changes]
        self._compared += int(still.sum())
        self._seen += still.size

    def result(self) -> Flicker:
        """What was seen so far; NaN where nothing could be compared."""
        if not self._compared:
            return Flicker(float("nan"), float("nan"), float("nan"), 0.0, self._frames)
        fused, ir, vis = np.sqrt(self._sums / self._compared)
        return Flicker(float(fused), float(ir), float(vis), self._compared / self._seen, self._frames)


def flicker(frames: Iterable[tuple[ArrayLike, ArrayLike, ArrayLike]], block: int = 1) -> Flicker:
    """:class:`FlickerMeter` over frames (fused, ir, vis) in their order of time."""
    meter = FlickerMeter(block)
    for fused, ir, vis in frames:
        meter.add(fused, ir, vis)
    return meter.result()


def _moves(before: Plane, after: Plane) -> Mask:
    import cv2

    smooth = [cv2.GaussianBlur(plane.astype(np.float32), (0, 0), _SMOOTH) for plane in (before, after)]
    gain, offset = brightness_change(smooth[0], smooth[1])
    low, high = _NOT_CLIPPED
    rest = np.abs(smooth[1] - np.clip(gain * smooth[0] + offset, 0, 255))
    inside = (smooth[0] > low) & (smooth[0] < high) & (smooth[1] > low) & (smooth[1] < high)
    noise = 1.4826 * float(np.median(rest[inside])) if inside.any() else 0.0
    moving = rest > max(_LEAST_MOTION, _BEYOND_NOISE * noise)
    size = 2 * _NEAR_MOTION + 1
    return np.asarray(cv2.dilate(moving.astype(np.uint8), np.ones((size, size), np.uint8)) > 0)


def brightness_change(before: npt.NDArray[np.float32], after: npt.NDArray[np.float32]) -> tuple[float, float]:
    """(gain, offset) of the line that most pixels follow from one frame to the next; what moves is left out.

    Args:
        before, after: (H, W), grey levels 0..255.
    """
    low, high = _NOT_CLIPPED
    inside = (before > low) & (before < high) & (after > low) & (after < high)
    x, y = before[inside].astype(np.float64), after[inside].astype(np.float64)
    gain, offset = 1.0, 0.0
    for _ in range(4):
        if len(x) < 16 or np.ptp(x) < 1:
            break
        gain, offset = (float(value) for value in np.polyfit(x, y, 1))
        rest = np.abs(y - gain * x - offset)
        kept = rest <= max(0.5, 2.5 * 1.4826 * float(np.median(rest)))
        if kept.all():
            break
        x, y = x[kept], y[kept]
    return gain, offset


def _blocks(plane: Plane, side: int) -> Plane:
    """Means of whole blocks; what is left at the right and below is cut off."""
    rows, columns = plane.shape[0] // side, plane.shape[1] // side
    cut = plane[: rows * side, : columns * side]
    means: Plane = cut.reshape(rows, side, columns, side).mean(axis=(1, 3))
    return means
