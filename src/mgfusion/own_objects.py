"""A user's own Python object by the name of its module: ``my_data:read_pairs``."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from mgfusion.errors import OptionError


def load_object(spec: str, option: str) -> Any:
    """Import ``module:object``; modules in the working directory are found, too.

    The object may lie inside another one, ``module:Class.method``.

    Args:
        spec: module and object.
        option: what messages call it, such as ``--layout``.

    Raises:
        OptionError: not of this form, no such module or object, or a module that raises when it is imported.
    """
    module, colon, path = spec.partition(":")
    if not (colon and path and all(part.isidentifier() for part in (*module.split("."), *path.split(".")))):
        raise OptionError(
            f"{option} {spec}: give MODULE:OBJECT, as my_data:read_pairs for read_pairs in my_data.py"
        )
    with _working_directory_first():
        try:
            found: Any = import_module(module)
        except ModuleNotFoundError as error:
            raise OptionError(
                f"{option} {spec}: no module {error.name!r}, installed or in {Path.cwd()}"
            ) from error
        except Exception as error:  # somebody else's code raises anything
            raise OptionError(
                f"{option} {spec}: importing {module} raised {type(error).__name__}: {error}"
            ) from error
    for name in path.split("."):
        if not hasattr(found, name):
            raise OptionError(f"{option} {spec}: {module} has no {path}")
        found = getattr(found, name)
    return found


@contextmanager
def _working_directory_first() -> Iterator[None]:
    """Without it an installed command sees only what is installed, unlike ``python -m``."""
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        yield
    finally:
        sys.path.remove(here)
