"""Which pairs are trained on, which held out, and how often each data set is drawn."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from mgfusion.data.pairs import Pair
from mgfusion.errors import DataError
from mgfusion.near_misses import did_you_mean


def split_pairs(pairs: Iterable[Pair], fraction: float, seed: int = 0) -> tuple[list[Pair], list[Pair]]:
    """Training and validation pairs, a function of names and seed alone: adding a pair moves no other.

    Args:
        pairs: of any data sets.
        fraction: about this share of each data set goes to validation, in [0, 1).
        seed: another seed, another split.
    """
    train: list[Pair] = []
    validation: list[Pair] = []
    for pair in pairs:
        digest = sha256(f"{seed}/{pair.source}/{pair.name}".encode()).digest()
        share = int.from_bytes(digest[:8], "big") / 2**64
        (validation if share < fraction else train).append(pair)
    return train, validation


def draw_shares(counts: Mapping[str, int], weights: Mapping[str, float]) -> dict[str, float]:
    """Data set -> the share of the training crops that it gives; the shares add up to 1.

    Args:
        counts: data set -> number of its training pairs.
        weights: data set -> weight; one that is not named counts with its number of pairs.

    Raises:
        DataError: a weight for a data set that is not there, one below 0, or none above 0.
    """
    unknown = sorted(set(weights) - set(counts))
    if unknown:
        raise DataError(
            f"weights name {', '.join(unknown)}, but the data sets are {', '.join(sorted(counts))}"
            f"{did_you_mean(unknown[0], counts) or '; set weights={} to draw by number of pairs'}"
        )
    drawn = {source: float(weights.get(source, count)) for source, count in sorted(counts.items())}
    if min(drawn.values()) < 0 or not sum(drawn.values()):
        raise DataError(f"weights {dict(weights)} for {', '.join(drawn)}: give none below 0 and one above")
    return {source: weight / sum(drawn.values()) for source, weight in drawn.items()}


def describe_split(
    train: Sequence[Pair], validation: Sequence[Pair], weights: Mapping[str, float]
) -> list[str]:
    """One line a data set: its pairs for training and validation, and its share of the training crops.

    Raises:
        DataError: as :func:`draw_shares`.
    """
    counts, held = (Counter(pair.source for pair in pairs) for pairs in (train, validation))
    return [
        f"{source}: {counts[source]} training pairs, {held[source]} for validation, {share:.1%} of the crops"
        for source, share in draw_shares(counts, weights).items()
    ]
