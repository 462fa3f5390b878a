"""What was found, and done by hand, for the pair that a page shows; both come back with its next request."""

import hashlib
import json
import math
from dataclasses import dataclass

from mgfusion.errors import OptionError
from mgfusion.registration import Alignment
from mgfusion.service.placements import ByHand

_LONGEST = 2000  # characters of what a page sends


@dataclass(frozen=True)
class FoundBefore:
    """What a search found, so that turning the dial doesn't search again.

    Attributes:
        key: of the pair.
        how: the options that decide about it.
        alignment: what was found.
    """

    key: str
    how: tuple[object, ...]
    alignment: Alignment


def pair_key(ir: bytes, vis: bytes | None) -> str:
    """By which a page's matrix is known to be of these files."""
    return hashlib.sha256(b"%d:%b%b" % (len(ir), ir, vis or b"")).hexdigest()


def placed_by_hand(text: str, key: str) -> ByHand | None:
    """What a page sends of its stage; None where it is empty, or of another pair.

    Raises:
        OptionError: it is no matrix.
    """
    if not text:
        return None
    try:
        sent = json.loads(text[:_LONGEST])
        matrix = tuple(float(value) for value in sent["matrix"])
        if sent["key"] != key:
            return None
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise OptionError("the matrix by hand can't be read; reload the page and lay it anew") from error
    if len(matrix) != 9 or not all(map(math.isfinite, matrix)):
        raise OptionError("the matrix by hand is none; go back to the start and lay it anew")
    return ByHand(matrix)
