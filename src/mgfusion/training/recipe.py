"""What a run may set; a recipe is a YAML file with only what differs from these defaults."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_type_hints

from pydantic import BeforeValidator, Field

from mgfusion.errors import RecipeError
from mgfusion.models import MGFusionConfig
from mgfusion.near_misses import did_you_mean
from mgfusion.thermal import IrRange, parse_ir_range


def _ir_range(value: object) -> IrRange:
    """``auto``, ``full``, ``"7000,9000"`` or ``[7000, 9000]``: as on the command line or in YAML."""
    return parse_ir_range(",".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """Arguments of :class:`mgfusion.FusionLoss`."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    gradient: Literal["magnitude", "signed"] = "magnitude"
    intensity_weight: float = 0.2
    structure_weight: float = 0.0
    edge_weight: float = 0.0
    perception_weight: float = 0.0
    difference_weight: float = 0.0
    hot_weight: float = 0.0
    gain: float = 1.0


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """One training run; the defaults are sections 4.1 and 4.2 of the paper."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    model: MGFusionConfig = field(default_factory=MGFusionConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    weights: dict[str, float] = field(default_factory=dict)  # data set -> weight; else its number of pairs
    difference_counts: dict[str, Annotated[float, Field(ge=0)]] = field(
        default_factory=dict  # data set -> how much its crops count in the loss's difference term; else 1
    )
    ir_range: Annotated[IrRange, BeforeValidator(_ir_range)] = (
        "auto"  # how infrared deeper than 8 bits is scaled, as `fuse --ir-range`; auto, full or [low, high]
    )
    validation: float = 0.05  # share of the training pairs held out
    split: int | None = None  # the seed that decides which; None: `seed`
    validate_every: Annotated[int, Field(ge=0)] = 5  # epochs; 0: never
    validation_pictures: Annotated[int, Field(ge=1)] = 4  # at most, of each data set
    validation_size: Annotated[int, Field(ge=48)] = 512  # pixels; of larger pictures the centre
    hot_crops: Annotated[float, Field(ge=0, le=1)] = 0.0  # share of the crops placed on a hot target
    halved: Annotated[float, Field(ge=0, le=1)] = (
        0.0  # share of the crops that show their picture at a half or quarter
    )
    faults: Annotated[float, Field(ge=0, le=1)] = 0.0  # share of the crops with a sensor's fault in the input
    crop: int = 256
    batch: int = 16  # of all devices together
    epochs: int = 100
    steps_per_epoch: int = 0  # 0: one crop of each pair
    lr_start: float = 1e-4
    lr_peak: float = 1e-3
    lr_end: float = 1e-4
    warmup: float = 0.2  # share of the epochs from lr_start to lr_peak
    freeze_norm: float = 1.0  # after this share of the run batch norm uses its running statistics
    average: float = 0.0  # decay of the weights' exponential moving average; 0: none
    clip: float = 0.0  # gradient norm; 0: none
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    seed: int = 0


def recipes() -> tuple[str, ...]:
    """Names of the packaged recipes."""
    folder = resources.files("mgfusion") / "recipes"
    return tuple(sorted(Path(str(f)).stem for f in folder.iterdir() if f.name.endswith(".yaml")))


def load_recipe(name_or_file: str | Path, settings: Iterable[str] = ()) -> TrainConfig:
    """A recipe with ``key=value`` settings on top; every key and value is checked.

    Args:
        name_or_file: a packaged recipe's name, a YAML file, or a run's ``config.json``.
        settings: such as ``model.dim=16`` or ``crop=128``; values are YAML.

    Raises:
        RecipeError: no such recipe, an unknown key, or a value of the wrong kind.
    """
    import yaml

    file = Path(name_or_file)
    if not file.suffix:
        if str(name_or_file) not in recipes():
            raise RecipeError(
                f"no recipe {str(name_or_file)!r}; there are {', '.join(recipes())}, or give a .yaml"
            )
        file = Path(str(resources.files("mgfusion") / "recipes" / f"{name_or_file}.yaml"))
    try:
        content: Any = yaml.safe_load(file.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(f"{file}: not a readable YAML recipe: {' '.join(str(error).split())}") from error
    values: dict[str, Any] = content or {}
    if not isinstance(values, dict):
        raise RecipeError(f"{file}: a recipe is a list of 'key: value' lines, got {type(values).__name__}")
    values.pop("run", None)  # of a run's config.json, which is a recipe with facts besides
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise RecipeError(f"--set takes key=value, got {setting!r}")
        *parents, last = key.strip().split(".")
        home = values
        for parent in parents:
            home = home.setdefault(parent, {})
            if not isinstance(home, dict):
                raise RecipeError(f"--set {setting}: {parent} is a single value, got {home!r}; set it whole")
        home[last] = yaml.safe_load(text)
    return parse_config(values, str(name_or_file))


def parse_config(values: dict[str, Any], origin: str) -> TrainConfig:
    """Check nested plain values against :class:`TrainConfig`.

    Raises:
        RecipeError: naming ``origin``, the key, and what was got.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(TrainConfig).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
            raise RecipeError(f"{origin}: {key}: no such setting{_instead(key)}") from error
        message = first["msg"].removeprefix("Value error, ")
        raise RecipeError(f"{origin}: {key}: {message}, got {first['input']!r}") from error


def _instead(key: str) -> str:
    """What an unknown key was meant to be, or what there is beside it."""
    known = list(_keys(TrainConfig))
    parent = key.rpartition(".")[0]
    beside = [name.rpartition(".")[2] for name in known if name.rpartition(".")[0] == parent]
    return did_you_mean(key, known) or f"; there are {', '.join(beside)}"


def _keys(config: type) -> Iterator[str]:
    """All settings, those of the nested parts as ``model.dim``."""
    kinds = get_type_hints(config)
    for entry in fields(config):
        kind = kinds[entry.name]
        yield entry.name
        if is_dataclass(kind):
            yield from (f"{entry.name}.{key}" for key in _keys(kind))  # type: ignore[arg-type]
