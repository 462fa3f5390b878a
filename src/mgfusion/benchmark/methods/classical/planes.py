"""What classical methods share: the array type, the choice of the stronger detail, the window mean."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating[Any]]
"""(H, W), a picture in [0, 1] or a plane of coefficients."""


def stronger(a: Plane, b: Plane, strength_a: Plane | None = None, strength_b: Plane | None = None) -> Plane:
    """Element by element the coefficient whose strength (its magnitude, where not given) is larger.

    Ties take the mean, so that the choice does not depend on which picture comes first.
    """
    sa = np.abs(a) if strength_a is None else strength_a
    sb = np.abs(b) if strength_b is None else strength_b
    chosen = np.where(sa > sb, a, b)
    return np.where(sa == sb, (a + b) / 2, chosen)


def window_mean(x: Plane, size: int) -> Plane:
    """Mean over ``size`` x ``size`` pixels, the border mirrored."""
    import cv2

    mean: Plane = cv2.blur(x, (size, size), borderType=cv2.BORDER_REFLECT)
    return mean
