"""The ablation of section 4.5: the same training with and without CII and CFF."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from mgfusion.errors import RecipeError
from mgfusion.training.prepared_pictures import Prepared
from mgfusion.training.recipe import TrainConfig
from mgfusion.training.training_run import train

VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "no-cii": {"cii": False},
    "no-cff": {"cff": False},
    "no-both": {"cii": False, "cff": False},
}
SETTINGS = "ablation.json"


def train_variants(
    data: Sequence[str | Path],
    config: TrainConfig,
    out: str | Path,
    seeds: Sequence[int] = (0,),
    *,
    report: Callable[[str], None] | None = None,
    progress: bool = True,
) -> dict[tuple[str, int], Path]:
    """Train the full model and the three ablated ones, once a seed; what is finished is kept.

    A seed decides the split, the crops and the random start, so variants of one seed see the same samples.

    Args:
        data: see :func:`mgfusion.training.train`.
        config: of each run, but for ``seed`` and the model's ``cii`` and ``cff``.
        out: gets ``<variant>/`` with the run of the first seed and ``<variant>/seed-<n>/`` with the others.
        report: called with a line as each run starts.
        progress: show each run's progress bar.

    Returns:
        (variant, seed) -> the model's folder.

    Raises:
        RecipeError: ``out`` holds an ablation of other data or settings, or the model's CII or CFF is off.
        DataError, EncoderError, TrainingError: as :func:`mgfusion.training.train` says.
    """
    if not (config.model.cii and config.model.cff):
        raise RecipeError("an ablation takes CII and CFF away itself; leave model.cii and model.cff true")
    out = Path(out)
    _claim(out, data, config, seeds[0])
    prepared = Prepared()
    runs = [(variant, seed) for seed in seeds for variant in VARIANTS]
    models = {}
    for done, (variant, seed) in enumerate(runs, 1):
        folder = out / variant if seed == seeds[0] else out / variant / f"seed-{seed}"
        models[variant, seed] = folder / "model"
        if (folder / "model" / "config.json").is_file():  # written last
            continue
        if report:
            report(f"{variant}, seed {seed} ({done} of {len(runs)})")
        model = replace(config.model, **VARIANTS[variant])
        settings = replace(config, model=model, seed=seed)
        train(data, settings, folder, resume=True, prepared=prepared, progress=progress)
    return models


def _claim(out: Path, data: Sequence[str | Path], config: TrainConfig, first_seed: int) -> None:
    """Write down what this folder's ablation is, or check that it is the same."""
    settings = {
        "data": [str(Path(root).expanduser().resolve()) for root in data],
        "first seed": first_seed,
        "config": {key: value for key, value in asdict(config).items() if key != "seed"},
    }
    text = json.dumps(settings, indent=1)
    file = out / SETTINGS
    if file.is_file() and file.read_text() != text:
        raise RecipeError(f"{out} holds another ablation, see {file}; give another --out")
    out.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
