"""The folder of a run: what a run writes there, and that no run is replaced unasked."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mgfusion.errors import OutputError, RecipeError
from mgfusion.files import write_whole

CHECKPOINT, CONFIG, MODEL, BEST = "last.ckpt", "config.json", "model", "best"
_RESULTS = (
    CHECKPOINT, CONFIG, "split.json", "adapters.json", f"{MODEL}/model.safetensors", f"{MODEL}/config.json",
    f"{BEST}/model.safetensors", f"{BEST}/config.json", "sheets/epoch_*.jpg",
)  # fmt: skip
_LOGS = (
    "logs/version_*/metrics.csv", "logs/version_*/hparams.yaml",
    "tensorboard/version_*/events.out.tfevents.*", "tensorboard/version_*/hparams.yaml",
)  # fmt: skip


def claim_folder(out: Path, *, resume: bool, overwrite: bool) -> None:
    """Refuse a folder where a run would destroy something; deletes nothing.

    Raises:
        RecipeError: it holds a run, and neither ``resume`` nor ``overwrite`` is asked for, or both are; or a
            run that can't be gone on with.
        OutputError: it is a file, or holds files of the names that a run writes, but of no run.
    """
    if resume and overwrite:
        raise RecipeError("--resume goes on with the run that --overwrite would delete; give one of them")
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: is a file; give a folder")
    found = next(_written(out, _RESULTS), None)
    if found is None:
        return
    if read_record(out) is None:
        raise OutputError(f"{out}: {found.relative_to(out)} is there, but of no run; choose another folder")
    if not (resume or overwrite):
        raise RecipeError(
            f"{out} holds a run; go on with it (--resume), replace it (--overwrite), or choose another folder"
        )
    if resume and (out / MODEL).exists() and not (out / CHECKPOINT).is_file():
        raise RecipeError(f"{out} holds a model, but no {CHECKPOINT} to go on from; choose another folder")


def read_record(out: Path) -> dict[str, Any] | None:
    """What ``config.json`` says of the run in a folder; None where there is none or it is no run's."""
    try:
        record = json.loads((out / CONFIG).read_text())
    except (OSError, ValueError):
        return None
    is_run = isinstance(record, dict) and ("run" in record or {"crop", "loss", "model"} <= record.keys())
    return record if is_run else None


def write_record(out: Path, record: dict[str, Any]) -> None:
    """Write ``config.json``, first of all files: by it a folder is known to hold a run."""
    write_whole(out / CONFIG, json.dumps(record, indent=1) + "\n", overwrite=True)


def delete_run(out: Path) -> None:
    """Delete what the run in a folder wrote, file by file, and the folders below it that are then empty."""
    if read_record(out) is None:
        return
    files = list(_written(out, (*_RESULTS, *_LOGS)))
    for file in sorted(files, key=lambda file: file == out / CONFIG):  # last: a rest is known by it, too
        file.unlink()
    above = {folder for file in files for folder in file.parents if out in folder.parents}
    above |= {folder for log in ("logs", "tensorboard") for folder in out.glob(f"{log}/version_*")}
    for folder in sorted(above, key=lambda folder: -len(folder.parts)):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _written(out: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    return (file for pattern in patterns for file in sorted(out.glob(pattern)) if file.is_file())
