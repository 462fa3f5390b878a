"""A researcher's own network as a method: ``module:object``, any callable (ir, vis) -> fused."""

import sys
from pathlib import Path
from typing import Any

from mgfusion.errors import BenchmarkError, OptionError
from mgfusion.own_objects import load_object


def is_callable_spec(source: str) -> bool:
    """Whether this has the form ``module:object``, each of dotted names."""
    module, colon, name = source.partition(":")
    return bool(colon) and all(part.isidentifier() for part in (*module.split("."), *name.split(".")))


def load_callable(source: str) -> Any:
    """The object that ``module:object`` names, see :func:`mgfusion.own_objects.load_object`.

    It meets :class:`mgfusion.models.fusion_network.FusionNetwork`: two tensors in [0, 1] to one.

    Raises:
        BenchmarkError: no such module or object, one whose import fails, or one that can't be called.
    """
    try:
        found = load_object(source, "--method")
    except OptionError as error:
        raise BenchmarkError(error) from error
    if isinstance(found, type) or not callable(found):
        what = "a class" if isinstance(found, type) else type(found).__name__
        raise BenchmarkError(
            f"--method {source}: is {what}; give a callable (ir, vis) -> fused, such as an instance"
        )
    return found


def module_file(source: str) -> Path:
    """The file of a ``module:object``'s module.

    Raises:
        BenchmarkError: as for :func:`load_callable`; or the module has no file.
    """
    load_callable(source)
    file = getattr(sys.modules[source.partition(":")[0]], "__file__", None)
    if file is None:
        raise BenchmarkError(f"--method {source}: the module has no file that tells when it has changed")
    return Path(file)
