"""What a misspelt name was probably meant to be."""

from collections.abc import Collection
from difflib import get_close_matches


def did_you_mean(word: str, known: Collection[str]) -> str:
    """``; did you mean crop?`` for a word that is nearly one of ``known``, in any case; else empty.

    Of dotted names the last part may stand for the whole: ``dim`` for ``model.dim``.
    """
    meant = {name.rpartition(".")[2].lower(): name for name in known}
    meant |= {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), meant, n=1, cutoff=0.7)
    return f"; did you mean {meant[near[0]]}?" if near else ""
