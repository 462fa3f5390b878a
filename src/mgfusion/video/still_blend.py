"""The fused picture over time: where neither source moves, it moves less than its sources' noise."""

import numpy as np

from mgfusion.images import Array, FloatArray

_SHARE = 0.5  # of the way to the new picture that a still place goes
_CELL, _WINDOW = 2, 3  # pixels' side, cells' side over which change is averaged: noise is no motion
_MOST_NOISE = 0.015  # of 1: the noise of darker cameras is taken as motion
_STILL, _MOVING = (1.6, 0.004), (3.2, 0.014)  # times the noise, and more, of 1


class StillBlend:
    """Blend each fused frame with the one before where both sources stand still.

    Motion is the change of either source from frame to frame, averaged over 6 x 6 pixels, above what its
    noise makes of that; where it is, the new picture stands as it is. No frame is waited for.
    """

    def __init__(self) -> None:
        self._ir: FloatArray | None = None
        self._vis: FloatArray | None = None
        self._shown: FloatArray | None = None

    def follow(self, fused: FloatArray, ir: FloatArray, vis: FloatArray, cut: bool = False) -> FloatArray:
        """The frame to show; all are (H, W), float32 in [0, 1].

        Args:
            fused: what the network made of the next two.
            ir: the infrared frame in its steady range.
            vis: the visible frame's luminance.
            cut: nothing of the frame before is kept.
        """
        before = self._ir, self._vis, self._shown
        self._ir, self._vis = ir, vis
        if (
            cut
            or before[0] is None
            or before[1] is None
            or before[2] is None
            or before[2].shape != fused.shape
        ):
            self._shown = fused
            return fused
        import cv2

        moves = np.maximum(_motion(before[0], ir), _motion(before[1], vis))
        moves *= 1 - _SHARE
        moves += _SHARE
        moves = cv2.resize(moves, fused.shape[::-1], interpolation=cv2.INTER_LINEAR)
        shown = fused - before[2]
        shown *= moves
        shown += before[2]
        self._shown = shown
        return shown

    def state(self) -> dict[str, Array]:
        """All that the next frame depends on, as arrays."""
        if self._ir is None or self._vis is None or self._shown is None:
            return {}
        return {"blend_ir": self._ir, "blend_vis": self._vis, "blend_shown": self._shown}

    def restore(self, state: dict[str, Array]) -> None:
        """Go on from :meth:`state`."""
        self._ir, self._vis, self._shown = (
            state.get(name) for name in ("blend_ir", "blend_vis", "blend_shown")
        )


def _motion(before: FloatArray, after: FloatArray) -> FloatArray:
    """0 where a source stands still, 1 where it moves, (H / 2, W / 2)."""
    import cv2

    height, width = before.shape
    cells = max(1, width // _CELL), max(1, height // _CELL)
    change = cv2.resize(cv2.absdiff(before, after), cells, interpolation=cv2.INTER_AREA)
    change = cv2.blur(change, (_WINDOW, _WINDOW))
    noise = min(_MOST_NOISE, float(np.median(change[::4, ::4])))
    still, moving = (times * noise + more for times, more in (_STILL, _MOVING))
    change -= np.float32(still)
    change *= np.float32(1 / (moving - still))
    clipped: FloatArray = np.clip(change, 0, 1, out=change)
    return clipped
