"""Method specifications: ``[NAME=]METHOD`` as typed on the command line."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from mgfusion.benchmark.methods.callables import is_callable_spec, module_file
from mgfusion.benchmark.methods.classical import CLASSICAL
from mgfusion.errors import BenchmarkError

Kind = Literal["classical", "model", "callable", "folder", "command", "onnx", "torchscript"]

_NAME = re.compile(r"[\w][\w.+ -]*")
_TAKEN = ("figures", "tables")
_FIELDS = ("{ir}", "{vis}", "{out}")


@dataclass(frozen=True)
class Method:
    """What to compare: a name (also that of its folder), what kind it is, and where it comes from.

    Attributes:
        source: a classical method's key, a model's name or folder, module:object, a folder of results, a
        command template, or a file. ablation: shown in the table of the ablation, not among the others.
    """

    name: str
    kind: Kind
    source: str
    ablation: bool = False


def parse_method(spec: str, ablation: bool = False) -> Method:
    """A method from ``[NAME=]SOURCE``.

    SOURCE is a classical method, a packaged model, ``model:FOLDER``, ``folder:PATH`` (results as
    PATH/<set>/<stem>.* or PATH/<stem>.*), ``command:'run {ir} {vis} {out}'``, ``onnx:FILE``,
    ``torchscript:FILE``, or ``module:object``, a Python callable (ir, vis) -> fused.

    Raises:
        BenchmarkError: no such method, file or folder, a command without its three fields, or an unusable
        name.
    """
    name, source = _split(spec)
    kind, colon, rest = source.partition(":")
    if colon and kind in get_args(Kind):
        return _checked(Method(name or _default_name(rest), kind, rest, ablation))  # type: ignore[arg-type]
    if is_callable_spec(source):
        return _checked(Method(name or source.rpartition(":")[2], "callable", source, ablation))
    if source in CLASSICAL:
        return _checked(Method(name or source, "classical", source, ablation))
    return _checked(Method(name or Path(source).name, "model", source, ablation))


def peers(folder: Path) -> list[Method]:
    """A folder of folders of results, ``<method>/<set>/<stem>.*``, as methods.

    Raises:
        BenchmarkError: it is missing or holds no folder.
    """
    if not folder.is_dir():
        raise BenchmarkError(f"{folder}: no such folder; give one with <method>/<set>/<stem>.png in it")
    children = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    if not children:
        raise BenchmarkError(f"{folder}: holds no folder; give one with <method>/<set>/<stem>.png in it")
    return [Method(child.name, "folder", str(child)) for child in children]


def ablations(folder: Path) -> list[Method]:
    """A folder of ablated models or of their results, as methods: subfolders with model.safetensors, with a
    training run's model/, or with pictures; or ``NAME=FOLDER`` for one of them by another name.

    The names ``no-cii``, ``no-cff``, ``no-both`` and ``full`` are the rows of the paper's table 4.

    Raises:
        BenchmarkError: it is missing or holds no folder.
    """
    methods = []
    name, equals, path = str(folder).partition("=")
    if equals and "/" not in name and not folder.exists():
        if not Path(path).is_dir():
            raise BenchmarkError(f"--ablation {folder}: no folder {path}")
        found = [_checked(Method(name, "folder", path))]
    else:
        found = peers(folder)
    for peer in found:
        # A training run keeps its model in a subfolder, beside a config.json of its own.
        folders = (Path(peer.source), Path(peer.source, "model"))
        model = next((folder for folder in folders if (folder / "model.safetensors").is_file()), None)
        source = peer.source if model is None else str(model)
        methods.append(Method(peer.name, "folder" if model is None else "model", source, ablation=True))
    return methods


def unique(methods: Iterable[Method]) -> list[Method]:
    """The same methods; an error where two share a name, an exact repetition counts once."""
    by_name: dict[str, Method] = {}
    for method in methods:
        other = by_name.setdefault(method.name.lower(), method)
        if other != method:
            raise BenchmarkError(
                f"two methods are named {method.name!r}: {other.source} and {method.source}; write NAME=..."
            )
    return list(by_name.values())


def _split(spec: str) -> tuple[str, str]:
    name, equals, source = spec.partition("=")
    if not equals or ":" in name:  # an equals sign of the source's own
        return "", spec.strip()
    return name.strip(), source.strip()


def _default_name(source: str) -> str:
    words = source.split()
    return Path(words[0]).stem if words else ""


def _checked(method: Method) -> Method:
    if method.name.lower() in _TAKEN:
        raise BenchmarkError(f"method name {method.name!r} is a folder of the output; choose another")
    if not _NAME.fullmatch(method.name):
        raise BenchmarkError(f"method name {method.name!r}: use letters, digits, spaces and . _ + -")
    if method.kind == "classical" and method.source not in CLASSICAL:
        raise BenchmarkError(f"no classical method {method.source!r}; there are {', '.join(CLASSICAL)}")
    if method.kind == "folder" and not Path(method.source).is_dir():
        raise BenchmarkError(f"{method.name}: no folder {method.source}")
    if method.kind in ("onnx", "torchscript") and not Path(method.source).is_file():
        raise BenchmarkError(f"{method.name}: no file {method.source}")
    if method.kind == "command":
        missing = [field for field in _FIELDS if field not in method.source]
        if missing:
            raise BenchmarkError(f"{method.name}: the command lacks {' '.join(missing)}: {method.source}")
    if method.kind == "callable":
        module_file(method.source)
    if method.kind == "model":
        _check_model(method)
    return method


def _check_model(method: Method) -> None:
    from mgfusion.errors import ModelError
    from mgfusion.models import available_models, model_folder

    try:
        model_folder(method.source)
    except ModelError as error:
        known = ", ".join((*CLASSICAL, *available_models()))
        kinds = (
            "model:FOLDER, folder:PATH, command:'... {ir} {vis} {out}', onnx:FILE, torchscript:FILE, "
            "module:object"
        )
        raise BenchmarkError(f"no method {method.source!r}; there are {known}; or {kinds}") from error
