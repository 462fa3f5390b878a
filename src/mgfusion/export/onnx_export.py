"""Models as ONNX files that need no PyTorch, checked against PyTorch before they are written."""

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mgfusion import __version__
from mgfusion.errors import ExportError, MissingExtraError, OptionError, OutputError
from mgfusion.export.onnx_check import compare
from mgfusion.files import write_whole

if TYPE_CHECKING:
    from mgfusion.models import MGFusion

_EXACT = 0.1 / 255  # float32 that differs by more is a wrong graph


@dataclass(frozen=True)
class Exported:
    """What :func:`export_onnx` wrote."""

    path: Path
    size: int
    """In bytes."""
    largest: float
    """Largest difference from PyTorch of any pixel of the scenes ``CHECKED``, in grey levels of 255."""
    mean: float
    """Mean difference, likewise."""


def export_onnx(
    model: "str | os.PathLike[str] | MGFusion",
    path: str | os.PathLike[str],
    *,
    half: bool = False,
    int8: bool = False,
    overwrite: bool = False,
) -> Exported:
    """Write one ONNX graph with the semantic encoder inside, for any height, width and batch.

    It takes ``ir`` (B, 1, H, W) and ``vis`` (B, 3, H, W) RGB, and gives luminance ``fused`` (B, 1, H, W),
    all float32 in [0, 1]. The file carries name, version, licence and this convention as metadata. It is run
    by ONNX Runtime and compared with PyTorch first, then appears whole or not at all.

    Args:
        model: a packaged model's name, a folder, or a model.
        path: ends in .onnx.
        half: float16 inside, half the size.
        int8: convolutions in 8 bits, calibrated on synthetic scenes; the picture changes visibly.
        overwrite: replace a file that exists.

    Raises:
        OptionError: ``half`` with ``int8``, or a name that doesn't end in .onnx.
        ExportError: the file exists, can't be written, or differs from PyTorch.
        MissingExtraError: packages of the extra ``export`` are not installed.
        ModelError, EncoderError: the model or its encoder can't be read.
    """
    path = Path(path)
    _check_request(path, half, int8, overwrite)
    name, licence, network = _open(model)
    from mgfusion.export.onnx_graph import finish, trace
    from mgfusion.export.onnx_precision import to_half, to_int8

    graph = trace(network)
    graph = to_half(graph) if half else to_int8(graph) if int8 else graph
    about = {
        "name": name,
        "version": __version__,
        "licence": licence,
        "paper": "10.3389/fnbot.2024.1521603",
        "encoder": network.config.encoder if network.config.guided else "none",
        "precision": "float16" if half else "int8" if int8 else "float32",
        "input": "ir (B, 1, H, W) white for hot, vis (B, 3, H, W) RGB; float32 in [0, 1]",
        "output": "fused (B, 1, H, W), luminance (full-range BT.601 Y); float32 in [0, 1]",
    }
    data = finish(graph, about).SerializeToString()
    largest, mean = compare(network, data)
    if not half and not int8 and not largest <= 255 * _EXACT:
        raise ExportError(f"{path}: not written; it differs from PyTorch by {largest:.2f} grey levels")
    try:
        write_whole(path, data, overwrite)
    except OutputError as error:
        raise ExportError(str(error)) from error
    return Exported(path, len(data), largest, mean)


def _check_request(path: Path, half: bool, int8: bool, overwrite: bool) -> None:
    """Before the work, which takes a minute."""
    if half and int8:
        raise OptionError("half and int8 exclude each other; choose one")
    if path.suffix.lower() != ".onnx":
        raise OptionError(f"{path}: the name must end in .onnx")
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise ExportError(f"{path}: {above} is a file; choose another folder")
    if path.is_dir():
        raise ExportError(f"{path}: is a folder; give a file name")
    if not overwrite and os.path.lexists(path):
        raise ExportError(f"{path}: exists already; choose another name or allow overwriting (--overwrite)")
    missing = [package for package in ("onnx", "onnxscript", "onnxruntime") if not find_spec(package)]
    if missing:
        raise MissingExtraError(f"export needs {', '.join(missing)}: pip install 'mgfusion[export]'")


def _open(model: Any) -> "tuple[str, str, MGFusion]":
    from mgfusion.models import load_model
    from mgfusion.models.model_summary import summarise_model

    if isinstance(model, str | os.PathLike):
        return Path(model).name, summarise_model(Path(model)).licence, load_model(os.fspath(model))
    return "MGFusion", "not stated", model
