"""What a run's ``config.json`` records, and what differs where a run is resumed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from mgfusion.data.layouts import Layout
from mgfusion.data.pairs import Pair, name_of_layout
from mgfusion.models import available_models
from mgfusion.training.code_version import code_version
from mgfusion.training.recipe import TrainConfig

_DECIDING = ("init", "guided", "trainable", "layout")
_PARTS = ("model", "loss")


def record_run(
    config: TrainConfig,
    data: Sequence[str | Path],
    train: Sequence[Pair],
    validation: Sequence[Pair],
    *,
    init: str | Path | None,
    guided: bool,
    trainable: str,
    layout: Layout | None = None,
    devices: int = 1,
    nodes: int = 1,
) -> dict[str, Any]:
    """All settings at the top, as a recipe has them, and under ``run`` what else made the model.

    Args:
        config: with the configuration of the network that is trained.
        train: the pairs.
        validation: the held-out pairs.
    """
    run = {
        "init": None if init is None else init_name(init),
        "guided": guided,
        "trainable": trainable,
        **data_facts(data, train, validation, layout),
        "devices": devices,
        "nodes": nodes,
        **code_version(),
    }
    return {**asdict(config), "run": run}


def data_facts(
    data: Sequence[str | Path],
    train: Sequence[Pair],
    validation: Sequence[Pair],
    layout: Layout | None = None,
) -> dict[str, Any]:
    """The folders, and what tells whether they hold the same pairs: numbers, and a digest of names and sizes.

    A moved data set has the same digest; one whose files were exchanged has hardly.
    """
    digest = sha256()
    for pair in (*train, None, *validation):
        sizes = pair and (pair.ir.stat().st_size, pair.vis.stat().st_size)
        digest.update(f"{pair and (pair.source, pair.name)} {sizes}\n".encode())
    return {
        "data": [str(Path(root).expanduser().resolve()) for root in data],
        "layout": layout and name_of_layout(layout),
        "pairs": {"train": len(train), "validation": len(validation), "digest": digest.hexdigest()[:16]},
    }


def init_name(init: str | Path) -> str:
    """A packaged model's name, or the folder's full path."""
    packaged = str(init) in available_models()
    return str(init) if packaged else str(Path(init).expanduser().resolve())


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """``crop is 96, now 128`` for each setting that a resumed run may not change; what one lacks is left out.

    The data's folders may differ where their pairs do not, and so may devices and versions.
    """
    was, now = _flat(old), _flat(new)
    found = [
        f"{key} is {was[key]}, now {now[key]}"
        for key in now
        if key in was and _plain(was[key]) != _plain(now[key])
    ]
    before, after = old.get("run", {}), new.get("run", {})
    found += [
        f"{key} is {before[key]}, now {after[key]}"
        for key in _DECIDING
        if key in before and before[key] != after[key]
    ]
    if "pairs" in before and before["pairs"] != after["pairs"]:
        found.append(_other_data(before, after))
    return found


def continued(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a resumed run; ``earlier`` has what was otherwise before: code, devices, folders."""
    was, now = old.get("run", {}), new["run"]
    changed = {key: was[key] for key in now if key in was and was[key] != now[key]}
    earlier = [*was.get("earlier", []), *([changed] if changed else [])]
    return {**new, "run": {**now, "earlier": earlier} if earlier else dict(now)}


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    flat = {key: value for key, value in record.items() if key not in (*_PARTS, "run")}
    for part in _PARTS:
        flat |= {f"{part}.{key}": value for key, value in record.get(part, {}).items()}
    return flat


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _other_data(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if before["data"] != after["data"]:
        return f"data is {' '.join(before['data'])}, now {' '.join(after['data'])}"
    was, now = (f"{facts['pairs']['train']} + {facts['pairs']['validation']}" for facts in (before, after))
    if was != now:
        return f"data has {was} pairs for training and validation, now {now}"
    return "data has pairs of other names or files than then"
