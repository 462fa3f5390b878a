"""Infrared repaired over time: faults are the camera's own, so they stay, and sound infrared stays sound."""

import numpy as np

from mgfusion.images import Array, FloatArray
from mgfusion.thermal import repair_infrared


class SteadyRepair:
    """:func:`mgfusion.thermal.repair_infrared` for each frame while there are faults, else now and then.

    Args:
        every: frames from one look at sound infrared to the next.
    """

    def __init__(self, every: int) -> None:
        self._every, self._age, self._faulty = every, 0, False

    def follow(self, ir: FloatArray, cut: bool = False) -> tuple[FloatArray, FloatArray | None]:
        """The next frame repaired, and how much of each fused pixel is to be the visible picture.

        Args:
            ir: (H, W), float32 in [0, 1].
            cut: the scene is another one.

        Returns:
            (H, W) float32 in [0, 1], and the same or None, as of :func:`mgfusion.thermal.repair_infrared`.
        """
        due, self._age = cut or self._faulty or self._age % self._every == 0, self._age + 1
        if not due:
            return ir, None
        repaired, share = repair_infrared(ir)
        self._faulty = share is not None or not np.array_equal(repaired, ir)
        return repaired, share

    def state(self) -> dict[str, Array]:
        """All that the next frame depends on, as arrays."""
        return {"repair": np.array([self._age, self._faulty])}

    def restore(self, state: dict[str, Array]) -> None:
        """Go on from :meth:`state`."""
        if "repair" in state:
            self._age, self._faulty = int(state["repair"][0]), bool(state["repair"][1])
