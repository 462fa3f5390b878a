"""How likely a match is right: a logistic regression on what the match says of itself.

``scripts/registration_table.py --fit`` fitted it on 57 answers for pairs held out of the training sets, seen
through known homographies, and on 95 for pictures that do not belong together.
"""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mgfusion.registration.matching import Match

TRUSTED_FROM = 0.8
"""The least confidence with which an alignment is used unasked."""

WEIGHTS = (-15.158, 2.206, 1.815, 7.947)
"""Of a one, and of each of :func:`features`."""


def features(match: "Match") -> tuple[float, ...]:
    """What tells right matches from wrong ones, each about 1 in size: gain, how well two halves agree, and
    how narrow the likelihood is.
    """
    return match.gain, -math.log(match.halves + 1e-4) - 5, -math.log(match.spread + 1e-4) - 5


def confidence_of(match: "Match") -> float:
    """The probability that the corners are right to 1 % of the visible width."""
    total = sum(weight * value for weight, value in zip(WEIGHTS, (1.0, *features(match)), strict=True))
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, total))))
