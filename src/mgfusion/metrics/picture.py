"""The three pictures of one evaluation, and what several metrics share of them."""

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mgfusion.errors import ImageError
from mgfusion.images.colour import LUMA
from mgfusion.images.unit_range import native
from mgfusion.metrics.filters import Array, round_half_away, sobel

T = TypeVar("T")


def as_luminance(picture: ArrayLike, name: str = "picture") -> Array:
    """A picture as float64 luminance, (H, W), 0..255.

    Takes uint8, uint16 or float in [0, 1]; (H, W) or (H, W, 3) in RGB order. Colour becomes BT.601 luminance,
    rounded to whole levels for uint8, so that a colour picture scores as its 8-bit grey version. A float
    within its own precision of a grey level k / 255 is taken as that level, so that a picture scores the
    same as uint8 and as float32.

    Raises:
        ImageError: wrong shape or dtype, empty, NaN or infinite, or float values outside [0, 1].
    """
    x = native(picture)
    if x.ndim not in (2, 3) or (x.ndim == 3 and x.shape[2] != 3):
        raise ImageError(f"{name}: shape {x.shape} is no picture; give (H, W) or (H, W, 3)")
    if x.size == 0:
        raise ImageError(f"{name}: shape {x.shape} has no pixels")
    if x.dtype == np.uint8:
        y = x.astype(np.float64)
    elif x.dtype == np.uint16:
        y = x / 257.0
    elif np.issubdtype(x.dtype, np.floating):
        if not np.isfinite(x).all():
            raise ImageError(
                f"{name}: {np.count_nonzero(~np.isfinite(x))} values are NaN or infinite; mend them first"
            )
        low, high = float(x.min()), float(x.max())
        if low < 0 or high > 1:
            raise ImageError(
                f"{name}: float values span [{low:g}, {high:g}]; scale them to [0, 1] or give uint8"
            )
        y = x.astype(np.float64) * 255.0
        level = np.rint(y)
        y = np.where(np.abs(y - level) <= 255 * np.finfo(x.dtype).eps, level, y)
    else:
        raise ImageError(f"{name}: dtype {x.dtype}; give uint8, uint16 or float in [0, 1]")
    if y.ndim == 3:
        red, green, blue = y[..., 0], y[..., 1], y[..., 2]
        if np.array_equal(red, green) and np.array_equal(red, blue):
            y = red  # exactly: the weights sum to 1 only up to rounding
        else:
            y = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue  # exact: thousandths are whole numbers
            y = np.floor((y + 500) / 1000) if x.dtype == np.uint8 else y / 1000
    return np.ascontiguousarray(y)


class Picture:
    """One picture, float64 (H, W), 0..255, with what is derived from it computed on first use.

    What is derived refers neither to the picture nor to itself, so that all of it (hundreds of times the
    file's size) is freed with the last reference, not when the cycle collector comes round.
    """

    def __init__(self, x: Array) -> None:
        self.x = x
        self._memo: dict[Hashable, Any] = {}

    def memo(self, key: Hashable, make: Callable[[], T]) -> T:
        """``make()``, computed once for each key."""
        if key not in self._memo:
            self._memo[key] = make()
        value: T = self._memo[key]
        return value

    @property
    def quantised(self) -> "Picture":
        """As an 8-bit picture holds it: rounded to whole grey levels."""
        return self._rounded or self

    @cached_property
    def _rounded(self) -> "Picture | None":
        """None where nothing changes."""
        rounded = round_half_away(self.x)
        return None if np.array_equal(rounded, self.x) else Picture(rounded)

    @cached_property
    def levels(self) -> NDArray[np.intp]:
        """Grey levels 0..255 as integers, flat, for histograms."""
        return self.quantised.x.ravel().astype(np.intp)

    @property
    def stretched(self) -> "Picture":
        """Minimum to 0, maximum to 255, rounded: what the reference code does before Q_CV, Q_CB and MI.

        A constant picture has no stretch and becomes NaN, except all-zero, which stays.
        """
        return self._stretched or self

    @cached_property
    def _stretched(self) -> "Picture | None":
        """None where nothing changes."""
        low, high = self.x.min(), self.x.max()
        if high == 0 and low == 0:
            return None
        if high == low:
            return Picture(np.full_like(self.x, np.nan))
        return Picture(round_half_away((self.x - low) / (high - low) * 255))

    @cached_property
    def sobel(self) -> tuple[Array, Array]:
        """Sobel differences with a zero border: the frame counts as an edge."""
        return sobel(self.x)

    @cached_property
    def edge_strength(self) -> Array:
        """Magnitude of ``sobel``."""
        sx, sy = self.sobel
        return np.sqrt(sx * sx + sy * sy)


class Triple:
    """A fused picture and its two sources, equal in shape."""

    def __init__(self, fused: ArrayLike, ir: ArrayLike, vis: ArrayLike) -> None:
        """Convert and check the pictures, see ``as_luminance``; ImageError where their sizes differ."""
        arrays = {n: as_luminance(p, n) for n, p in (("fused", fused), ("ir", ir), ("vis", vis))}
        if len({a.shape for a in arrays.values()}) > 1:
            sizes = ", ".join(f"{n} {a.shape[0]}x{a.shape[1]}" for n, a in arrays.items())
            raise ImageError(f"pictures differ in size (height x width): {sizes}")
        self.fused, self.ir, self.vis = (Picture(a) for a in arrays.values())
        self._memo: dict[Hashable, Any] = {}

    @classmethod
    def of(cls, fused: Picture, ir: Picture, vis: Picture) -> "Triple":
        """From pictures that are derived from another triple's: unchecked."""
        t = cls.__new__(cls)
        t.fused, t.ir, t.vis = fused, ir, vis
        t._memo = {}
        return t

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        h, w = self.fused.x.shape
        return h, w

    @property
    def sources(self) -> tuple[Picture, Picture]:
        """(ir, vis)."""
        return self.ir, self.vis

    def memo(self, key: Hashable, make: Callable[[], T]) -> T:
        """``make()``, computed once for each key."""
        if key not in self._memo:
            self._memo[key] = make()
        value: T = self._memo[key]
        return value
