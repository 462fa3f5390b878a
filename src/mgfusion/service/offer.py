"""Which models a service has, under which names."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mgfusion.errors import OptionError
from mgfusion.inference.infrared_overlay import WORDS
from mgfusion.service.refusals import Refusal

DEFAULT_MODEL = "mgfusion-base"


@dataclass(frozen=True)
class Offer:
    """What the service may be asked for.

    Attributes:
        models: names that a request may give, the default first; a request never names a folder.
        folders: where those of them are that do not come with the package.
        device: that workers compute on.
    """

    models: tuple[str, ...]
    folders: dict[str, str] = field(default_factory=dict)
    device: str = "auto"

    def options(self, model: str | None, **options: Any) -> dict[str, Any]:
        """Arguments of :class:`mgfusion.Fuser`; options that are None are left out.

        Raises:
            Refusal: there is no such model here, or ``align`` is no word.
        """
        name = self.models[0] if model is None else model
        if name not in self.models:
            raise Refusal(
                422, "bad_option", f"no model {name[:60]!r} here; there are {', '.join(self.models)}"
            )
        if options.get("align") not in (None, *WORDS):  # a file's name is nothing that a request may give
            raise Refusal(422, "bad_option", f"align {str(options['align'])[:60]!r}: give {', '.join(WORDS)}")
        given = {key: value for key, value in options.items() if value is not None}
        return {"model": self.folders.get(name, name), "device": self.device, **given}


def offered(models: tuple[str, ...], device: str = "auto") -> Offer:
    """An offer of packaged models and folders, each under its name; all packaged ones where none is given.

    Raises:
        ModelError: one is not there, or can't be read.
        OptionError: two of one name.
    """
    from mgfusion.models import available_models
    from mgfusion.models.model_summary import summarise_model

    packaged = available_models()
    if not models:
        models = (DEFAULT_MODEL, *(name for name in packaged if name != DEFAULT_MODEL))
    found = {name if name in packaged else Path(name).resolve().name: name for name in models}
    if len(found) < len(set(models)):
        raise OptionError(f"models {', '.join(models)}: two have one name; rename a folder")
    for where in found.values():
        summarise_model(where)
    return Offer(tuple(found), {n: w for n, w in found.items() if w not in packaged}, device)
