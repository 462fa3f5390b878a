"""Scores of a run that may be killed: a line each in a manifest, from which it goes on."""

import json
import math
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from mgfusion.addresses import list_names
from mgfusion.inference.batch_manifest import Manifest, goes_on, read_manifests


class KeptScores:
    """The manifest of a run of ``evaluate``, that of :mod:`mgfusion.inference.batch_manifest`.

    A line's ``scores`` are what the metrics gave, in full precision; null is NaN, and "inf" infinity.
    """

    def __init__(
        self,
        folder: str,
        settings: Mapping[str, Any],
        metrics: Sequence[str],
        *,
        overwrite: bool,
        skip_existing: bool,
    ) -> None:
        """Begin, or go on with what is in a folder or at an address.

        Raises:
            OptionError: what is there is a run of other settings, or of these, and neither
                ``skip_existing`` (go on) nor ``overwrite`` (anew) was said.
        """
        self.metrics = metrics
        plain: dict[str, Any] = json.loads(json.dumps(settings))
        earlier = read_manifests(folder, list_names(folder, missing=True), self._values)
        resumed = goes_on(folder, earlier, plain, overwrite=overwrite, skip_existing=skip_existing)
        self._done: dict[str, array[float]] = earlier.done if resumed else {}
        self._manifest = Manifest(folder, earlier, plain, replacing=False, anew=not resumed)

    def _values(self, line: Mapping[str, Any]) -> "array[float] | None":
        """Compact: a million pictures' are kept until their turn. None of what a run of other metrics had."""
        scores = line.get("scores", {})
        try:
            return array("d", (math.nan if scores[m] is None else float(scores[m]) for m in self.metrics))
        except KeyError:
            return None

    def take(self, picture: str) -> "array[float] | None":
        """The values of a picture, in the order of the metrics, once; None where it is to be measured."""
        return self._done.pop(picture, None)

    def scored(self, picture: str, scores: Mapping[str, float], seconds: float, machine: str) -> None:
        """A line for a picture that was measured."""
        plain = {metric: json_number(value) for metric, value in scores.items()}
        self._manifest.add(picture, "done", scores=plain, seconds=round(seconds, 3), machine=machine)

    def failed(self, picture: str, why: str) -> None:
        """A line for one that could not be."""
        self._manifest.add(picture, "failed", error=why)

    def close(self) -> None:
        """Write what is left."""
        self._manifest.close()


def json_number(value: float) -> float | str | None:
    """JSON has neither NaN (null here) nor infinity (a string)."""
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else str(value)
