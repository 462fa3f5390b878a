"""The ablation of section 4.5: the same training with and without CII and CFF, and guidance of each kind."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

from mgfusion.data.layouts import Layout
from mgfusion.data.pairs import find_pairs
from mgfusion.errors import RecipeError
from mgfusion.files import write_whole
from mgfusion.models.grow import Part
from mgfusion.training.decoded_size import where_to_keep
from mgfusion.training.prepared_pictures import Prepared
from mgfusion.training.recipe import TrainConfig
from mgfusion.training.run_folder import delete_run, read_record
from mgfusion.training.run_record import differences, init_name
from mgfusion.training.training_run import train

VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "no-cii": {"cii": False},
    "no-cff": {"cff": False},
    "no-both": {"cii": False, "cff": False},
    "none": {"cii": False, "cff": False},
    "vector": {"guidance": "vector"},
    "map": {"guidance": "map"},
}
PAPER = ("full", "no-cii", "no-cff", "no-both")
"""Table 4."""
SETTINGS = "ablation.json"


def train_variants(
    data: Sequence[str | Path],
    config: TrainConfig,
    out: str | Path,
    seeds: Sequence[int] = (0,),
    variants: Sequence[str] = PAPER,
    *,
    init: str | Path | None = None,
    layout: Layout | None = None,
    overwrite: bool = False,
    decoded: str | Path | None = None,
    report: Callable[[str], None] | None = None,
    progress: bool = True,
) -> dict[tuple[str, int], Path]:
    """Train variants of a model, once a seed; what is finished is kept.

    A seed decides the crops and the random start, so variants of one seed see the same samples. The split is
    that of the first seed throughout, unless the configuration has one.

    Args:
        data: see :func:`mgfusion.training.train`.
        config: of each run, but for ``seed`` and what ``VARIANTS`` says of the model.
        out: gets ``<variant>/`` with the run of the first seed and ``<variant>/seed-<n>/`` with the others.
        variants: of ``VARIANTS``.
        init: a model without guidance that each starts from, grown as far as the variant needs, see
            :func:`mgfusion.models.with_guidance`; else a random one.
        layout: as there.
        overwrite: delete the ablation that ``out`` holds, and nothing else there; else it goes on.
        decoded: as there, but that all runs share what is below ``out``.
        report: called with a line as each run starts, and where decoded pictures go if not to memory.
        progress: show each run's progress bar.

    Returns:
        (variant, seed) -> the model's folder.

    Raises:
        RecipeError: ``out`` holds an ablation of other data or settings, or a run of none, the model's CII or
            CFF is off, or there is no such variant.
        DataError, EncoderError, TrainingError: as :func:`mgfusion.training.train` says.
    """
    if not (config.model.cii and config.model.cff):
        raise RecipeError("an ablation takes CII and CFF away itself; leave model.cii and model.cff true")
    unknown = [variant for variant in variants if variant not in VARIANTS]
    if unknown:
        raise RecipeError(f"no variant {unknown[0]!r}; there are {', '.join(VARIANTS)}")
    out = Path(out)
    if overwrite:
        _delete(out)
    if config.split is None:
        config = replace(config, split=seeds[0])
    _claim(out, data, config, seeds[0], init)
    prepared = Prepared()
    if decoded is None:
        pairs = [pair for root in data for pair in find_pairs(root, layout=layout)]
        decoded = where_to_keep(pairs, out, 1, report or (lambda _: None))
    runs = [(variant, seed) for seed in seeds for variant in variants]
    models = {}
    for done, (variant, seed) in enumerate(runs, 1):
        folder = out / variant if seed == seeds[0] else out / variant / f"seed-{seed}"
        models[variant, seed] = folder / "model"
        if (folder / "model" / "config.json").is_file():  # written last
            continue
        if report:
            report(f"training {variant}, seed {seed} ({done} of {len(runs)})")
        model = replace(config.model, **VARIANTS[variant])
        settings = replace(config, model=model, seed=seed)
        without = [part for part in get_args(Part) if not getattr(model, part)]
        train(
            data, settings, folder, resume=True, init=init, guided=init is not None, without=without,
            layout=layout, prepared=prepared, decoded=decoded, progress=progress,
        )  # fmt: skip
    return models


def _claim(
    out: Path, data: Sequence[str | Path], config: TrainConfig, first_seed: int, init: str | Path | None
) -> None:
    """Write down what this folder's ablation is, or check that it is the same."""
    settings = {
        "data": [str(Path(root).expanduser().resolve()) for root in data],
        "first seed": first_seed,
        "init": None if init is None else init_name(init),
        "config": {key: value for key, value in asdict(config).items() if key != "seed"},
    }
    before = _read(out)
    if before is None:
        held = next((v for v in VARIANTS if read_record(out / v)), None)
        if held:
            raise RecipeError(f"{out / held} holds a run of no ablation; choose another folder")
        write_whole(out / SETTINGS, json.dumps(settings, indent=1) + "\n", overwrite=True)
        return
    now = json.loads(json.dumps(settings))
    other = differences(before.get("config", {}), now["config"])
    other += [
        f"{k} is {before.get(k)}, now {now[k]}"
        for k in ("data", "first seed", "init")
        if before.get(k) != now[k]
    ]
    if other:
        raise RecipeError(
            f"{out} holds another ablation: {'; '.join(other)}; choose another folder, or --overwrite"
        )


def _read(out: Path) -> dict[str, Any] | None:
    file = out / SETTINGS
    if not file.exists():
        return None
    try:
        settings: Any = json.loads(file.read_text())
    except (OSError, ValueError):
        settings = None
    if not isinstance(settings, dict):
        raise RecipeError(f"{file}: can't be read as an ablation's settings; choose another folder")
    return settings


def _delete(out: Path) -> None:
    """The runs of an ablation, and what it was; scores are made anew where models have changed."""
    if _read(out) is None:
        return
    for variant in VARIANTS:
        for folder in (*(out / variant).glob("seed-*"), out / variant):
            delete_run(folder)
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
    for name in ("ablation.md", "ablation.csv", SETTINGS):
        (out / name).unlink(missing_ok=True)
