"""HTC: how much of a hot target's contrast in the infrared picture the fused picture keeps."""

from typing import Literal

import numpy as np

from mgfusion.metrics.picture import Triple
from mgfusion.thermal.hot_spots import contrast, hot_spots

LOST = 0.25
"""A target that keeps less than this of its contrast is lost."""


def hot_target_contrast(t: Triple, *, of: Literal["kept", "lost", "inverted", "spots"] = "kept") -> float:
    """Hot-target contrast, see :func:`mgfusion.thermal.hot_spots.hot_spots`.

    With C a target's contrast to its ring, (mean of the target - mean of the ring) / (standard deviation of
    the ring + 8 grey levels), in 8-bit luminance:

    * ``kept``: mean of C(fused) / C(ir), each clipped to [0, 1];
    * ``lost``: share of targets that keep less than a quarter;
    * ``inverted``: share of those that are darker than their surroundings, C(fused) < 0;
    * ``spots``: how many there are.

    NaN, but for ``spots``, where the infrared picture has no hot target. The mean over a set of pictures is
    one over its targets: it is weighted by ``spots``.
    """

    def measure() -> tuple[float, float, float, float]:
        ir, fused = (p.quantised.x.astype(np.uint8) for p in (t.ir, t.fused))
        spots = hot_spots(ir)
        if not spots:
            return (float("nan"),) * 3 + (0.0,)
        of_fused = np.array([contrast(fused[s.window], s.blob, s.ring) for s in spots])
        ratio = of_fused / np.array([s.contrast for s in spots])
        return (
            float(np.clip(ratio, 0, 1).mean()),
            float((ratio < LOST).mean()),
            float((of_fused < 0).mean()),
            float(len(spots)),
        )

    kept, lost, inverted, spots = t.memo("hot targets", measure)
    return {"kept": kept, "lost": lost, "inverted": inverted, "spots": spots}[of]
