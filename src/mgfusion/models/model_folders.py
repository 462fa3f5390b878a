"""Where models on disk are; knows nothing of networks, so that asking costs nothing."""

from importlib import resources
from pathlib import Path

from mgfusion.errors import ModelError

WEIGHTS, CONFIG = "model.safetensors", "config.json"


def _packaged() -> Path:
    return Path(str(resources.files("mgfusion"))) / "weights"


def available_models() -> tuple[str, ...]:
    """Names of the models that come with the package."""
    return tuple(sorted(path.parent.name for path in _packaged().glob(f"*/{WEIGHTS}")))


def model_folder(name_or_folder: str | Path) -> Path:
    """Where the files of a packaged or saved model are.

    Raises:
        ModelError: there is no such model.
    """
    packaged = _packaged() / str(name_or_folder)
    for folder in (packaged, Path(name_or_folder).expanduser()):
        if (folder / WEIGHTS).is_file() and (folder / CONFIG).is_file():
            return folder
    names = ", ".join(available_models()) or "none"
    if Path(name_or_folder).is_dir():
        raise ModelError(f"{name_or_folder} is no model folder: it needs {WEIGHTS} and {CONFIG}")
    raise ModelError(
        f"no model {str(name_or_folder)!r}; packaged: {names}; or a folder with {WEIGHTS} and {CONFIG}"
    )
